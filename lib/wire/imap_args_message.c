/* imap_args - arguments of the commands about messages. */
#include <stdlib.h>

#include "wire/imap_args.h"
#include "wire/imap_date.h"

static int append_one(struct imap_command *, struct imap_cursor *);
static int append_data(struct imap_append *, struct imap_cursor *);
static int is_message(const struct imap_token *);
static int results(struct imap_find *, struct imap_cursor *);
static int sort_keys(struct imap_find *, struct imap_cursor *);

static const char bad_set[] = "a sequence-set is missing (RFC 9051 9)";
static const char bad_name[] = "a mailbox name is missing (RFC 9051 9)";
static const char bad_append[] =
    "APPEND wants [flags] [date-time] literal (RFC 9051 6.3.12)";

/* "APPEND" SP mailbox 1*append-message (RFC 3502 6.3.11) */
int
imap_args_append(struct imap_command *c, struct imap_cursor *in)
{
	if (imap_take_astring(in, &c->mailbox, bad_name) < 0)
		return -1;
	do
		if (append_one(c, in) < 0)
			return -1;
	while (in->at < in->end);
	return 0;
}

/* RFC 8508 7: "REPLACE" SP seq-number SP mailbox append-message */
int
imap_args_replace(struct imap_command *c, struct imap_cursor *in)
{
	static const char bad[] = "REPLACE wants one number (RFC 8508 3.1)";

	if (imap_args_set(in, &c->set, bad) < 0)
		return -1;
	*in->why = bad;
	if (c->set.saved || c->set.n != 1 ||
	    c->set.v[0].first != c->set.v[0].last)
		return -1;
	return imap_take_astring(in, &c->target, bad_name) < 0 ? -1 :
	    append_one(c, in);
}

/* "EXPUNGE", or "UID EXPUNGE" SP sequence-set (RFC 4315 2.1) */
int
imap_args_expunge(struct imap_command *c, struct imap_cursor *in)
{
	return c->uid ? imap_args_set(in, &c->set, bad_set) : 0;
}

int
imap_args_copy(struct imap_command *c, struct imap_cursor *in)
{
	return imap_args_set(in, &c->set, bad_set) < 0 ? -1 :
	    imap_take_astring(in, &c->target, bad_name);
}

/* "STORE" SP sequence-set [SP "(" "UNCHANGEDSINCE" SP number ")"] SP
 * store-att-flags (RFC 7162 3.1.3) */
int
imap_args_store(struct imap_command *c, struct imap_cursor *in)
{
	static const char bad[] = "STORE wants [+-]FLAGS[.SILENT] and flags "
	    "(RFC 9051 6.4.6)";
	static const char bad_since[] = "STORE takes (UNCHANGEDSINCE number) "
	    "(RFC 7162 3.1.3)";
	struct imap_store *s = &c->store;
	const struct imap_token *t;
	struct imap_cursor list;
	struct span word;

	if (imap_args_set(in, &c->set, bad_set) < 0)
		return -1;
	if ((t = imap_peek(in)) != NULL && t->kind == IMAP_PARENS) {
		*in->why = bad_since;
		s->unchanged = 1;
		if (imap_take_list(in, &list, bad_since) < 0 ||
		    !imap_take_word(&list, "UNCHANGEDSINCE") ||
		    imap_take_number(&list, INT64_MAX, &s->unchanged_since,
		    bad_since) < 0 || imap_take_end(&list) < 0)
			return -1;
	}
	if (imap_take_atom(in, &word, bad) < 0)
		return -1;
	*in->why = bad;
	if (word.n && (word.p[0] == '+' || word.p[0] == '-')) {
		s->how = word.p[0] == '+' ? IMAP_STORE_ADD : IMAP_STORE_REMOVE;
		word = span_from(word, 1);
	}
	s->silent = span_case_eq(word, SPAN("FLAGS.SILENT"));
	if ((!s->silent && !span_case_eq(word, SPAN("FLAGS"))) ||
	    (t = imap_peek(in)) == NULL)
		return -1;
	if (t->kind != IMAP_PARENS)
		return imap_args_words(in, &s->flags, 1);
	return imap_take_list(in, &list, bad) < 0 ? -1 :
	    imap_args_words(&list, &s->flags, 1);
}

/* "SEARCH" [SP "RETURN" SP "(" … ")"] SP ["CHARSET" SP charset SP]
 * search-key *(SP search-key) */
int
imap_args_search(struct imap_command *c, struct imap_cursor *in)
{
	if (results(&c->find, in) < 0)
		return -1;
	if (imap_take_word(in, "CHARSET") && imap_take_astring(in,
	    &c->find.charset, "CHARSET wants a name (RFC 9051 6.4.4)") < 0)
		return -1;
	return imap_search_parse(in, &c->find.search);
}

/* RFC 5256 5, RFC 5267 4.2: sort = "SORT" [RETURN …] SP sort-criteria SP
 * charset 1*(SP search-key) */
int
imap_args_sort(struct imap_command *c, struct imap_cursor *in)
{
	if (results(&c->find, in) < 0 || sort_keys(&c->find, in) < 0 ||
	    imap_take_astring(in, &c->find.charset,
	    "SORT wants a charset (RFC 5256 3)") < 0)
		return -1;
	return imap_search_parse(in, &c->find.search);
}

/* thread = "THREAD" SP thread-alg SP charset 1*(SP search-key) */
int
imap_args_thread(struct imap_command *c, struct imap_cursor *in)
{
	*in->why = "THREAD wants ORDEREDSUBJECT or REFERENCES (RFC 5256 3)";
	if (imap_take_word(in, "REFERENCES"))
		c->find.thread = IMAP_THREAD_REFERENCES;
	else if (!imap_take_word(in, "ORDEREDSUBJECT"))
		return -1;
	if (imap_take_astring(in, &c->find.charset,
	    "THREAD wants a charset (RFC 5256 3)") < 0)
		return -1;
	return imap_search_parse(in, &c->find.search);
}

/* append-message = [SP flag-list] [SP date-time] SP literal */
static int
append_one(struct imap_command *c, struct imap_cursor *in)
{
	struct imap_append *v, *a;
	struct imap_cursor flags;
	const struct imap_token *t;

	if ((c->nappend & (c->nappend - 1)) == 0) {
		v = reallocarray(c->append, c->nappend ? c->nappend * 2 : 1,
		    sizeof *v);
		if (v == NULL)
			return imap_bad(in->why, "no memory");
		c->append = v;
	}
	a = &c->append[c->nappend++];
	*a = (struct imap_append){ 0 };
	if ((t = imap_peek(in)) != NULL && t->kind == IMAP_PARENS &&
	    (imap_take_list(in, &flags, bad_append) < 0 ||
	    imap_args_words(&flags, &a->flags, 1) < 0))
		return -1;
	if ((t = imap_peek(in)) != NULL && t->kind == IMAP_QUOTED) {
		if (imap_date_time_parse(t->text, &a->date, in->why) < 0)
			return -1;
		a->dated = 1;
		in->at = t->next;
	}
	return append_data(a, in);
}

/* literal / literal8 / "UTF8" SP "(" literal8 ")" (RFC 6855 4) */
static int
append_data(struct imap_append *a, struct imap_cursor *in)
{
	const struct imap_token *t;
	struct imap_cursor list;

	if (imap_take_word(in, "UTF8")) {
		a->utf8 = 1;
		if (imap_take_list(in, &list, bad_append) < 0 ||
		    imap_take(&list, &t, bad_append) < 0 ||
		    imap_take_end(&list) < 0)
			return -1;
	} else if (imap_take(in, &t, bad_append) < 0)
		return -1;
	*in->why = bad_append;
	if (!is_message(t))
		return -1;
	a->message = t;
	return 0;
}

static int
is_message(const struct imap_token *t)
{
	return t->kind == IMAP_MESSAGE || t->kind == IMAP_LITERAL ||
	    t->kind == IMAP_LITERAL8;
}

/* RFC 4731 3.1, RFC 5182 2.1; "RETURN ()" is ALL */
static int
results(struct imap_find *f, struct imap_cursor *in)
{
	static const char bad[] =
	    "RETURN takes MIN, MAX, ALL, COUNT and SAVE (RFC 9051 6.4.4)";
	static const struct imap_bit words[] = {
		{ "MIN", IMAP_RESULT_MIN }, { "MAX", IMAP_RESULT_MAX },
		{ "ALL", IMAP_RESULT_ALL }, { "COUNT", IMAP_RESULT_COUNT },
		{ "SAVE", IMAP_RESULT_SAVE }, { NULL, 0 }
	};
	struct imap_cursor list;

	if (!imap_take_word(in, "RETURN"))
		return 0;
	if (imap_take_list(in, &list, bad) < 0)
		return -1;
	f->result = IMAP_RESULT;
	if (list.at < list.end)
		return imap_args_bits(&list, words, &f->result, bad);
	f->result |= IMAP_RESULT_ALL;
	return 0;
}

/* sort-criteria = "(" sort-criterion *(SP sort-criterion) ")", RFC 5957 3 */
static int
sort_keys(struct imap_find *f, struct imap_cursor *in)
{
	static const char bad[] =
	    "not a list of sort criteria (RFC 5256 3, RFC 5957 3)";
	static const char *const name[] = {
		"ARRIVAL", "CC", "DATE", "FROM", "SIZE", "SUBJECT", "TO",
		"DISPLAYFROM", "DISPLAYTO"
	};
	struct imap_cursor list;
	unsigned i;

	if (imap_take_list(in, &list, bad) < 0)
		return -1;
	do {
		*in->why = bad;
		if (f->nsort == IMAP_SORT_KEYS)
			return -1;
		f->sort[f->nsort].reverse = imap_take_word(&list, "REVERSE");
		i = imap_args_one(&list, name, sizeof name / sizeof *name);
		if (i == sizeof name / sizeof *name)
			return -1;
		f->sort[f->nsort++].key = i;
	} while (list.at < list.end);
	return 0;
}
