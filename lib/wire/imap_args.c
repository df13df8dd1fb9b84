/* imap_args - arguments: none, login and words. */
#include "wire/imap_args.h"

static int is_flag(struct span);
static int is_nil(const struct imap_token *);

int
imap_args_none(struct imap_command *c, struct imap_cursor *in)
{
	(void)c;
	(void)in;
	return 0;
}

/* "AUTHENTICATE" SP auth-type [SP initial-resp] */
int
imap_args_authenticate(struct imap_command *c, struct imap_cursor *in)
{
	if (imap_take_atom(in, &c->mechanism,
	    "AUTHENTICATE wants a mechanism (RFC 9051 6.2.2)") < 0)
		return -1;
	return imap_peek(in) == NULL ? 0 : imap_take_atom(in, &c->initial,
	    "the initial response is base64 or = (RFC 4959 3)");
}

/* "LOGIN" SP userid SP password */
int
imap_args_login(struct imap_command *c, struct imap_cursor *in)
{
	return imap_take_astring(in, &c->user,
	    "LOGIN wants a user name (RFC 9051 6.2.3)") < 0 ? -1 :
	    imap_take_astring(in, &c->password,
	    "LOGIN wants a password (RFC 9051 6.2.3)");
}

/* "ENABLE" 1*(SP capability) */
int
imap_args_enable(struct imap_command *c, struct imap_cursor *in)
{
	if (imap_peek(in) == NULL)
		return imap_bad(in->why,
		    "ENABLE wants capabilities (RFC 9051 6.3.1)");
	return imap_args_words(in, &c->words, 0);
}

/* RFC 2971 3.1: "ID" SP ("(" [string SP nstring *(…)] ")" / NIL) */
int
imap_args_id(struct imap_command *c, struct imap_cursor *in)
{
	static const char bad[] = "ID wants NIL or a list of names and values "
	    "(RFC 2971 3.1)";
	struct imap_cursor list;
	const struct imap_token *t;
	uint32_t n;

	if (imap_take_word(in, "NIL"))
		return 0;
	if (imap_take_list(in, &list, bad) < 0)
		return -1;
	c->words.v = imap_peek(&list);
	for (n = 0; list.at < list.end; n++) {
		if (imap_take(&list, &t, bad) < 0 ||
		    (t->kind != IMAP_QUOTED && t->kind != IMAP_LITERAL &&
		    !(n % 2 == 1 && is_nil(t))))
			return imap_bad(in->why, bad);
	}
	c->words.n = n;
	*in->why = bad;
	return n % 2 == 0 && n <= 60 ? 0 : -1;
}

/* RFC 9208 4.1.3: "SETQUOTA" SP quota-root-name SP "(" [name SP number] ")" */
int
imap_args_quota(struct imap_command *c, struct imap_cursor *in)
{
	static const char bad[] = "SETQUOTA wants a quota root and a list of "
	    "resources and limits (RFC 9208 4.1.3)";
	struct imap_cursor list;
	struct span name;
	uint64_t limit;

	if (imap_take_astring(in, &c->mailbox, bad) < 0 ||
	    imap_take_list(in, &list, bad) < 0)
		return -1;
	c->words.v = imap_peek(&list);
	while (list.at < list.end) {
		if (imap_take_atom(&list, &name, bad) < 0 ||
		    imap_take_number(&list, INT64_MAX, &limit, bad) < 0)
			return -1;
		c->words.n += 2;
	}
	return 0;
}

/* RFC 4978 4: "COMPRESS" SP algorithm */
int
imap_args_compress(struct imap_command *c, struct imap_cursor *in)
{
	return imap_take_atom(in, &c->mechanism,
	    "COMPRESS wants an algorithm (RFC 4978 3)");
}

int
imap_args_words(struct imap_cursor *in, struct imap_words *w, int flag)
{
	struct span word;

	w->v = imap_peek(in);
	for (w->n = 0; in->at < in->end; w->n++) {
		if (imap_take_atom(in, &word, flag ?
		    "not a flag (RFC 9051 9)" : "not an atom (RFC 9051 9)") < 0)
			return -1;
		if (flag && !is_flag(word))
			return imap_bad(in->why, "not a flag (RFC 9051 9)");
	}
	return 0;
}

int
imap_args_set(struct imap_cursor *in, struct imap_set *set, const char *what)
{
	struct span text;

	return imap_take_atom(in, &text, what) < 0 ? -1 :
	    imap_set_parse(set, text, in->why);
}

int
imap_args_bits(struct imap_cursor *in, const struct imap_bit *table,
    unsigned *out, const char *bad)
{
	const struct imap_bit *b;

	do {
		for (b = table; b->name && !imap_take_word(in, b->name); b++)
			;
		if (b->name == NULL)
			return imap_bad(in->why, bad);
		*out |= b->bit;
	} while (in->at < in->end);
	return 0;
}

unsigned
imap_args_one(struct imap_cursor *in, const char *const *word, unsigned n)
{
	unsigned i;

	for (i = 0; i < n && !imap_take_word(in, word[i]); i++)
		;
	return i;
}

/* flag = "\" atom / atom */
static int
is_flag(struct span s)
{
	return imap_is_atom(span_starts(s, SPAN("\\")) ? span_from(s, 1) : s,
	    ']');
}

static int
is_nil(const struct imap_token *t)
{
	return t->kind == IMAP_ATOM && span_case_eq(t->text, SPAN("NIL"));
}
