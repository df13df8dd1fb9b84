/* pop3_command - a POP3 command line. */
#include "base/scan.h"
#include "base/utf8.h"
#include "wire/pop3_command.h"

enum form {
	FORM_NONE,			/* no argument */
	FORM_REST,			/* all that follows: may hold spaces */
	FORM_WORD,			/* [word] */
	FORM_AUTH,			/* [mechanism [initial]] */
	FORM_OPTIONAL,			/* [number] */
	FORM_NUMBER,
	FORM_TOP			/* number lines */
};

static const struct {
	const char *name;
	enum form form;
} verb[POP3_VERBS] = {
	[POP3_NONE] = { "?", FORM_NONE },
	[POP3_APOP] = { "APOP", FORM_REST },
	[POP3_AUTH] = { "AUTH", FORM_AUTH },
	[POP3_CAPA] = { "CAPA", FORM_NONE },
	[POP3_DELE] = { "DELE", FORM_NUMBER },
	[POP3_LANG] = { "LANG", FORM_WORD },
	[POP3_LIST] = { "LIST", FORM_OPTIONAL },
	[POP3_NOOP] = { "NOOP", FORM_NONE },
	[POP3_PASS] = { "PASS", FORM_REST },
	[POP3_QUIT] = { "QUIT", FORM_NONE },
	[POP3_RETR] = { "RETR", FORM_NUMBER },
	[POP3_RSET] = { "RSET", FORM_NONE },
	[POP3_STAT] = { "STAT", FORM_NONE },
	[POP3_STLS] = { "STLS", FORM_NONE },
	[POP3_TOP] = { "TOP", FORM_TOP },
	[POP3_UIDL] = { "UIDL", FORM_OPTIONAL },
	[POP3_USER] = { "USER", FORM_REST },
	[POP3_UTF8] = { "UTF8", FORM_NONE }
};

static int parse_arguments(struct span, enum form, struct pop3_command *,
    const char **);
static int parse_rest(struct span, struct pop3_command *, const char **);
static int parse_number(struct span *, uint32_t *, const char **);

/* RFC 2449 4: command = keyword *(SP param) CRLF; RFC 1939 3: not
 * case-sensitive. */
int
pop3_command_parse(struct span line, struct pop3_command *c, const char **why)
{
	struct span word;
	unsigned i;

	*c = (struct pop3_command){ .verb = POP3_NONE };
	span_cut(&line, ' ', &word);
	for (i = POP3_NONE + 1; i < POP3_VERBS; i++)
		if (span_case_eq(word, span_of(verb[i].name))) {
			c->verb = (enum pop3_verb)i;
			return parse_arguments(line, verb[i].form, c, why);
		}
	*why = "unknown command";
	return -1;
}

static int
parse_arguments(struct span in, enum form form, struct pop3_command *c,
    const char **why)
{
	if (form == FORM_REST)
		return parse_rest(in, c, why);
	in = span_trim(in);
	switch (form) {
	case FORM_WORD:
		span_word(&in, &c->text);
		break;
	case FORM_AUTH:
		if (span_word(&in, &c->text))
			c->has_initial = span_word(&in, &c->initial);
		break;
	case FORM_OPTIONAL:
		if (in.n == 0)
			return 0;
		/* FALLTHROUGH */
	case FORM_NUMBER:
	case FORM_TOP:
		if (parse_number(&in, &c->number, why) < 0 ||
		    (form == FORM_TOP && parse_number(&in, &c->lines, why) < 0))
			return -1;
		c->has_number = 1;
		break;
	default:
		break;
	}
	*why = "too many arguments";
	return span_trim(in).n == 0 ? 0 : -1;
}

/* A name or password: RFC 1939 7 lets PASS hold spaces; UTF-8 by RFC 6856
 * 2.2.  What cannot be in one is refused here. */
static int
parse_rest(struct span in, struct pop3_command *c, const char **why)
{
	*why = "an argument is wanted";
	if (in.n == 0)
		return -1;
	*why = "a name or password is UTF-8 without NUL (RFC 6856 2.2)";
	c->text = in;
	return utf8_valid(in) && span_find(in, '\0') == in.n ? 0 : -1;
}

/* RFC 1939 5: message numbers are decimal. */
static int
parse_number(struct span *in, uint32_t *out, const char **why)
{
	struct span word;
	unsigned n;

	*why = "a number is wanted";
	if (!span_word(in, &word) || scan_uint(word, UINT32_MAX, &n) < 0)
		return -1;
	*out = n;
	return 0;
}
