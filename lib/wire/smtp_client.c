/* smtp_client - replies as a client reads them. */
#include "base/ascii.h"
#include "base/scan.h"
#include "wire/smtp_client.h"

static int  take(struct reply *, unsigned char, const char **);
static int  line_ended(struct reply *, const char **);
static void keep(struct reply *, unsigned char);
static size_t enhanced_length(struct span, unsigned);
static void capability(struct span, struct smtp_caps *);
static void mechanisms(struct span, struct smtp_caps *);

int
reply_next(struct reply *r, struct span *in, const char **why)
{
	int done = 0;

	while (in->n && done == 0) {
		if (++r->bytes > REPLY_BYTES) {
			*why = "a reply longer than 64 KiB";
			return -1;
		}
		done = take(r, in->p[0], why);
		*in = span_from(*in, 1);
	}
	return done;
}

struct verdict
reply_verdict(const struct reply *r)
{
	struct span in = span_mem(r->text, r->n), line, code = SPAN("");
	char text[VERDICT_TEXT], fallback[6] = "0.0.0";
	struct verdict v;
	size_t n = 0, k;

	while (in.n) {
		span_cut(&in, '\n', &line);
		k = enhanced_length(line, r->code / 100);
		if (k && code.n == 0)
			code = span_sub(line, 0, k);
		line = span_trim(span_from(line, k));
		if (n && n < sizeof text)
			text[n++] = ' ';
		if (line.n > sizeof text - n)
			line.n = sizeof text - n;
		if (line.n)
			memcpy(text + n, line.p, line.n);
		n += line.n;
	}
	if (code.n == 0) {
		fallback[0] = (char)('0' + (r->code < 400 ? 2 :
		    r->code / 100));
		code = span_of(fallback);
	}
	v = verdict_words(r->code, code, span_mem(text, n));
	v.quoted = 1;
	return v;
}

void
smtp_caps_read(const struct reply *r, struct smtp_caps *c)
{
	struct span in = span_mem(r->text, r->n), line;
	int first = 1;

	*c = (struct smtp_caps){ 0 };
	while (in.n) {
		span_cut(&in, '\n', &line);
		if (!first)		/* that one is the name */
			capability(line, c);
		first = 0;
	}
}

struct span
reply_name(const struct reply *r)
{
	struct span in = span_mem(r->text, r->n), line, word = SPAN("");

	span_cut(&in, '\n', &line);
	(void)span_word(&line, &word);
	return word;
}

/* 1: that was the last byte; 0; -1. */
static int
take(struct reply *r, unsigned char c, const char **why)
{
	if (c == '\n')
		return line_ended(r, why);
	if (r->cr && r->column == 4)
		keep(r, '\r');		/* a CR within a line */
	r->cr = c == '\r';
	if (r->cr)
		return 0;
	if (r->column < 3) {
		if (!ascii_digit(c) || (r->column == 0 && (c < '2' ||
		    c > '5'))) {
			*why = "a reply that begins with no code";
			return -1;
		}
		r->line_code = r->column ? r->line_code * 10 : 0;
		r->line_code += (unsigned)(c - '0');
		r->column++;
	} else if (r->column == 3) {
		if (c != ' ' && c != '-') {
			*why = "a reply without space behind its code";
			return -1;
		}
		r->more = c == '-';
		r->column++;
	} else
		keep(r, c);
	return 0;
}

static int
line_ended(struct reply *r, const char **why)
{
	int more = r->more;

	if (r->column < 3) {
		*why = "a reply line without a code";
		return -1;
	}
	/* RFC 5321 4.2.1: the same code on every line */
	if (r->lines && r->code != r->line_code) {
		*why = "a reply of several codes";
		return -1;
	}
	r->code = r->line_code;
	r->column = r->more = r->cr = 0;
	if (!more)
		return 1;
	if (++r->lines >= REPLY_LINES) {
		*why = "a reply of more than 100 lines";
		return -1;
	}
	if (r->n < REPLY_KEEP)
		r->text[r->n++] = '\n';
	return 0;
}

static void
keep(struct reply *r, unsigned char c)
{
	if (r->n < REPLY_KEEP)
		r->text[r->n++] = ascii_control(c) && c != '\t' ? '?' :
		    (char)c;
}

/* RFC 2034: class "." subject "." detail, of this class; 0: none. */
static size_t
enhanced_length(struct span s, unsigned class)
{
	struct span in = s;
	uint64_t a, b, c;
	size_t n;

	if (scan_front(&in, 5, &a) != 1 || a != class || in.n == 0 ||
	    in.p[0] != '.')
		return 0;
	in = span_from(in, 1);
	if (scan_front(&in, 999, &b) != 1 || in.n == 0 || in.p[0] != '.')
		return 0;
	in = span_from(in, 1);
	if (scan_front(&in, 999, &c) != 1 || (in.n && in.p[0] != ' '))
		return 0;
	n = s.n - in.n;
	return n <= 9 ? n : 0;
}

static void
capability(struct span line, struct smtp_caps *c)
{
	static const struct {
		const char *word;
		unsigned cap;
	} known[] = {
		{ "PIPELINING", CAP_PIPELINING }, { "SIZE", CAP_SIZE },
		{ "8BITMIME", CAP_8BITMIME }, { "SMTPUTF8", CAP_SMTPUTF8 },
		{ "DSN", CAP_DSN }, { "STARTTLS", CAP_STARTTLS },
		{ "CHUNKING", CAP_CHUNKING }
	};
	struct span word;
	size_t i;

	/* "AUTH=LOGIN" of old servers */
	if (span_case_starts(line, SPAN("AUTH="))) {
		mechanisms(span_from(line, 5), c);
		return;
	}
	if (!span_word(&line, &word))
		return;
	for (i = 0; i < sizeof known / sizeof *known; i++)
		if (span_case_eq(word, span_of(known[i].word)))
			c->has |= known[i].cap;
	if (span_case_eq(word, SPAN("SIZE")) &&
	    scan_u64(span_trim(line), UINT64_MAX, &c->size) < 0)
		c->size = 0;
	if (span_case_eq(word, SPAN("AUTH")))
		mechanisms(line, c);
}

static void
mechanisms(struct span in, struct smtp_caps *c)
{
	static const struct {
		const char *word;
		unsigned mech;
	} known[] = {
		{ "PLAIN", MECH_PLAIN }, { "LOGIN", MECH_LOGIN },
		{ "SCRAM-SHA-256", MECH_SCRAM }, { "XOAUTH2", MECH_XOAUTH2 },
		{ "OAUTHBEARER", MECH_OAUTHBEARER }
	};
	struct span word;
	size_t i;

	while (span_word(&in, &word))
		for (i = 0; i < sizeof known / sizeof *known; i++)
			if (span_case_eq(word, span_of(known[i].word)))
				c->mechs |= known[i].mech;
}
