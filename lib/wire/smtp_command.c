/* smtp_command - one command line of SMTP. */
#include "base/ascii.h"
#include "base/scan.h"
#include "base/utf8.h"
#include "wire/smtp_command.h"

/* A refusal on its way out: what a parser below says is wrong. */
struct fault {
	unsigned code;
	const char *enhanced, *text;
};

struct word {
	const char *name;
	enum smtp_verb verb;		/* or of which it is a parameter */
	int (*take)(struct span, struct smtp_command *, struct fault *);
};

static int find_word(struct span, const struct word **, struct fault *);
static int take_nothing(struct span, struct smtp_command *, struct fault *);
static int take_anything(struct span, struct smtp_command *, struct fault *);
static int take_name(struct span, struct smtp_command *, struct fault *);
static int take_text(struct span, struct smtp_command *, struct fault *);
static int take_mail(struct span, struct smtp_command *, struct fault *);
static int take_rcpt(struct span, struct smtp_command *, struct fault *);
static int take_bdat(struct span, struct smtp_command *, struct fault *);
static int take_auth(struct span, struct smtp_command *, struct fault *);
static int take_path(struct span *, const char *, unsigned,
    struct smtp_command *, const char **);
static int take_params(struct span, struct smtp_command *, struct fault *);
static int take_param(struct span, struct smtp_command *, unsigned *,
    struct fault *);
static int take_size(struct span, struct smtp_command *, struct fault *);
static int take_body(struct span, struct smtp_command *, struct fault *);
static int take_utf8(struct span, struct smtp_command *, struct fault *);
static int take_ret(struct span, struct smtp_command *, struct fault *);
static int take_envid(struct span, struct smtp_command *, struct fault *);
static int take_notify(struct span, struct smtp_command *, struct fault *);
static int take_orcpt(struct span, struct smtp_command *, struct fault *);
static int take_login(struct span, struct smtp_command *, struct fault *);
static int bytes_count(struct span, uint64_t *);
static int is_xtext(struct span, int utf8);
static int no(struct fault *, unsigned, const char *, const char *);

static const struct word words[] = {
	{ "RCPT", SMTP_RCPT, take_rcpt },
	{ "MAIL", SMTP_MAIL, take_mail },
	{ "DATA", SMTP_DATA, take_nothing },
	{ "BDAT", SMTP_BDAT, take_bdat },
	{ "EHLO", SMTP_EHLO, take_name },
	{ "HELO", SMTP_HELO, take_name },
	{ "QUIT", SMTP_QUIT, take_nothing },
	{ "RSET", SMTP_RSET, take_nothing },
	{ "NOOP", SMTP_NOOP, take_anything },
	{ "VRFY", SMTP_VRFY, take_text },
	{ "HELP", SMTP_HELP, take_anything },
	{ "EXPN", SMTP_OTHER, take_anything },
	{ "TURN", SMTP_OTHER, take_anything },
	{ "ETRN", SMTP_OTHER, take_anything },
	{ "AUTH", SMTP_AUTH, take_auth },
	{ "STARTTLS", SMTP_STARTTLS, take_nothing }
};

static const struct word params[] = {
	{ "SIZE", SMTP_MAIL, take_size },
	{ "BODY", SMTP_MAIL, take_body },
	{ "SMTPUTF8", SMTP_MAIL, take_utf8 },
	{ "RET", SMTP_MAIL, take_ret },
	{ "ENVID", SMTP_MAIL, take_envid },
	{ "AUTH", SMTP_MAIL, take_login },
	{ "NOTIFY", SMTP_RCPT, take_notify },
	{ "ORCPT", SMTP_RCPT, take_orcpt }
};

int
smtp_command_parse(struct span line, struct smtp_command *c,
    struct verdict *v)
{
	const struct word *w;
	struct fault f;
	size_t n;

	*c = (struct smtp_command){ .verb = SMTP_NONE };
	line = span_trim(line);
	for (n = 0; n < line.n && !ascii_blank(line.p[n]); n++)
		;
	if (find_word(span_sub(line, 0, n), &w, &f) == 0) {
		c->verb = w->verb;
		if (w->take(span_trim(span_from(line, n)), c, &f) == 0)
			return 0;
	}
	*v = verdict_make(f.code, f.enhanced, "%s", f.text);
	return -1;
}

int
smtp_xtext(struct buf *b, struct span s)
{
	size_t i;

	for (i = 0; i < s.n; i++) {
		unsigned char c = s.p[i];

		if (c == '+') {
			c = (unsigned char)(ascii_hex(s.p[i + 1]) << 4 |
			    ascii_hex(s.p[i + 2]));
			i += 2;
		}
		buf_addc(b, c);
	}
	return buf_ok(b) ? 0 : -1;
}

static int
find_word(struct span name, const struct word **w, struct fault *f)
{
	size_t i;

	for (i = 0; i < sizeof words / sizeof *words; i++)
		if (span_case_eq(name, span_of(words[i].name))) {
			*w = &words[i];
			return 0;
		}
	return no(f, 500, "5.5.2", "unknown command (RFC 5321 4.2.4)");
}

static int
take_nothing(struct span s, struct smtp_command *c, struct fault *f)
{
	(void)c;
	if (s.n)
		return no(f, 501, "5.5.4",
		    "this command takes no argument (RFC 5321 4.1.1)");
	return 0;
}

static int
take_anything(struct span s, struct smtp_command *c, struct fault *f)
{
	(void)f;
	c->arg = s;
	return 0;
}

/* Domain / address-literal; read as any one word of UTF-8 without control
 * characters: a wrong name is no ground to refuse mail (RFC 5321 4.1.4). */
static int
take_name(struct span s, struct smtp_command *c, struct fault *f)
{
	size_t i;

	if (s.n == 0)
		return no(f, 501, "5.5.4",
		    "your domain must follow (RFC 5321 4.1.1.1)");
	if (s.n > SMTP_HELO_NAME)
		return no(f, 501, "5.5.4",
		    "domain longer than 255 octets (RFC 5321 4.5.3.1.2)");
	for (i = 0; i < s.n; i++)
		if (ascii_control(s.p[i]) || s.p[i] == ' ')
			return no(f, 501, "5.5.4",
			    "one domain, one word (RFC 5321 4.1.1.1)");
	if (!utf8_valid(s))
		return no(f, 501, "5.5.4",
		    "domain is not UTF-8 (RFC 6531 3.7.1)");
	c->arg = s;
	return 0;
}

static int
take_text(struct span s, struct smtp_command *c, struct fault *f)
{
	if (s.n == 0)
		return no(f, 501, "5.5.4",
		    "a user must be named (RFC 5321 4.1.1.6)");
	c->arg = s;
	return 0;
}

/* mail = "MAIL FROM:" Reverse-path [SP Mail-parameters] */
static int
take_mail(struct span s, struct smtp_command *c, struct fault *f)
{
	const char *why;

	switch (take_path(&s, "FROM:", ADDRESS_NULL, c, &why)) {
	case 0:
		return no(f, 501, "5.5.2",
		    "MAIL FROM:<address> is the form (RFC 5321 4.1.1.2)");
	case -1:
		return no(f, 553, "5.1.7", why);
	}
	return take_params(s, c, f);
}

/* rcpt = "RCPT TO:" ( "<Postmaster>" / Forward-path ) [SP Rcpt-parameters] */
static int
take_rcpt(struct span s, struct smtp_command *c, struct fault *f)
{
	const char *why;

	switch (take_path(&s, "TO:", ADDRESS_POSTMASTER, c, &why)) {
	case 0:
		return no(f, 501, "5.5.2",
		    "RCPT TO:<address> is the form (RFC 5321 4.1.1.3)");
	case -1:
		return no(f, 553, "5.1.3", why);
	}
	return take_params(s, c, f);
}

/* bdat-cmd = "BDAT" SP chunk-size [ SP "LAST" ] */
static int
take_bdat(struct span s, struct smtp_command *c, struct fault *f)
{
	struct span size, last;

	if (!span_word(&s, &size))
		return no(f, 501, "5.5.4", "BDAT without a size (RFC 3030 2)");
	if (bytes_count(size, &c->size) < 0)
		return no(f, 501, "5.5.4",
		    "BDAT size is 1 to 20 digits (RFC 3030 2)");
	if (span_word(&s, &last)) {
		if (!span_case_eq(last, SPAN("LAST")) || s.n)
			return no(f, 501, "5.5.4",
			    "only LAST may follow (RFC 3030 2)");
		c->last = 1;
	}
	return 0;
}

/* "AUTH" SP mechanism [ SP initial-response ] (RFC 4954 8) */
static int
take_auth(struct span s, struct smtp_command *c, struct fault *f)
{
	size_t i;

	if (!span_word(&s, &c->arg) || c->arg.n > SMTP_MECHANISM)
		return no(f, 501, "5.5.4",
		    "AUTH and a mechanism is the form (RFC 4954 4)");
	for (i = 0; i < c->arg.n; i++)
		if (!ascii_alnum(c->arg.p[i]) && c->arg.p[i] != '-' &&
		    c->arg.p[i] != '_')
			return no(f, 501, "5.5.4",
			    "no name of a mechanism (RFC 4422 3.1)");
	(void)span_word(&s, &c->response);
	if (s.n)
		return no(f, 501, "5.5.4",
		    "words behind the response (RFC 4954 4)");
	return 0;
}

/* keyword and <path>, which must end there or at white space.  1; 0: there is
 * none; -1: it is not valid. */
static int
take_path(struct span *s, const char *keyword, unsigned flags,
    struct smtp_command *c, const char **why)
{
	struct span in;

	if (!span_case_starts(*s, span_of(keyword)))
		return 0;
	in = *s = span_trim(span_from(*s, strlen(keyword)));
	if (in.n == 0 || in.p[0] != '<')
		return 0;
	if (address_parse(&in, flags, &c->address, why) < 0)
		return -1;
	c->path = c->address.text;
	*s = in;
	return in.n == 0 || ascii_blank(in.p[0]);
}

/* Mail-parameters = esmtp-param *(SP esmtp-param), likewise of RCPT */
static int
take_params(struct span s, struct smtp_command *c, struct fault *f)
{
	unsigned seen = 0;
	struct span p;

	while (span_word(&s, &p))
		if (take_param(p, c, &seen, f) < 0)
			return -1;
	return 0;
}

/* esmtp-param = esmtp-keyword ["=" esmtp-value] */
static int
take_param(struct span p, struct smtp_command *c, unsigned *seen,
    struct fault *f)
{
	struct span name, value = p;
	unsigned i;

	if (span_cut(&value, '=', &name) && value.n == 0)
		return no(f, 501, "5.5.4",
		    "parameter has = and no value (RFC 5321 4.1.2)");
	for (i = 0; i < sizeof params / sizeof *params; i++) {
		if (params[i].verb != c->verb ||
		    !span_case_eq(name, span_of(params[i].name)))
			continue;
		if (*seen & 1u << i)
			return no(f, 501, "5.5.4",
			    "parameter given twice (RFC 5321 4.1.1.11)");
		*seen |= 1u << i;
		return params[i].take(value, c, f);
	}
	return no(f, 555, "5.5.4",
	    "parameter not known here (RFC 5321 4.1.1.11)");
}

/* size-value = 1*20DIGIT; more than 64 bits is more than we take anyway */
static int
take_size(struct span s, struct smtp_command *c, struct fault *f)
{
	if (bytes_count(s, &c->size) < 0)
		return no(f, 501, "5.5.4",
		    "SIZE is 1 to 20 digits (RFC 1870 3)");
	return 0;
}

/* BINARYMIME is not offered: mail goes on by DATA as well (RFC 3030 3). */
static int
take_body(struct span s, struct smtp_command *c, struct fault *f)
{
	if (!span_case_eq(s, SPAN("7BIT")) &&
	    !span_case_eq(s, SPAN("8BITMIME")))
		return no(f, 501, "5.5.4",
		    "BODY is 7BIT or 8BITMIME (RFC 6152 3)");
	c->body = s;
	return 0;
}

static int
take_utf8(struct span s, struct smtp_command *c, struct fault *f)
{
	if (s.n)
		return no(f, 501, "5.5.4",
		    "SMTPUTF8 takes no value (RFC 6531 3.4)");
	c->utf8 = 1;
	return 0;
}

static int
take_ret(struct span s, struct smtp_command *c, struct fault *f)
{
	if (!span_case_eq(s, SPAN("FULL")) && !span_case_eq(s, SPAN("HDRS")))
		return no(f, 501, "5.5.4",
		    "RET is FULL or HDRS (RFC 3461 4.3)");
	c->ret = s;
	return 0;
}

static int
take_envid(struct span s, struct smtp_command *c, struct fault *f)
{
	if (s.n == 0 || s.n > SMTP_ENVID || !is_xtext(s, 0))
		return no(f, 501, "5.5.4",
		    "ENVID is 1 to 100 octets of xtext (RFC 3461 4.4)");
	c->envid = s;
	return 0;
}

/* RFC 4954 5: who wrote it, says a client whom nobody need believe; it is
 * looked at and goes no further. */
static int
take_login(struct span s, struct smtp_command *c, struct fault *f)
{
	(void)c;
	if (s.n == 0 || (!span_eq(s, SPAN("<>")) && !is_xtext(s, 0)))
		return no(f, 501, "5.5.4", "AUTH is xtext or <> (RFC 4954 5)");
	return 0;
}

/* notify-esmtp-value = "NEVER" / 1#( "SUCCESS" / "FAILURE" / "DELAY" ) */
static int
take_notify(struct span s, struct smtp_command *c, struct fault *f)
{
	static const char *const kind[] = { "SUCCESS", "FAILURE", "DELAY" };
	struct span rest = s, one;
	unsigned seen = 0, i, more;

	if (!span_case_eq(s, SPAN("NEVER")))
		do {
			more = (unsigned)span_cut(&rest, ',', &one);
			for (i = 0; i < 3; i++)
				if (span_case_eq(one, span_of(kind[i])))
					break;
			if (i == 3 || seen & 1u << i)
				return no(f, 501, "5.5.4",
				    "NOTIFY is NEVER or of "
				    "SUCCESS,FAILURE,DELAY (RFC 3461 4.1)");
			seen |= 1u << i;
		} while (more);
	c->notify = s;
	return 0;
}

/* original-recipient-address = addr-type ";" xtext; RFC 6533 3: with the type
 * utf-8 it may hold UTF-8 as it is */
static int
take_orcpt(struct span s, struct smtp_command *c, struct fault *f)
{
	struct span text = s, type;
	size_t i;

	if (s.n > SMTP_ORCPT)
		return no(f, 501, "5.5.4",
		    "ORCPT longer than 500 octets (RFC 3461 4.2)");
	if (!span_cut(&text, ';', &type) || type.n == 0 || text.n == 0 ||
	    !is_xtext(text, span_case_eq(type, SPAN("utf-8"))))
		return no(f, 501, "5.5.4",
		    "ORCPT is type;xtext (RFC 3461 4.2)");
	for (i = 0; i < type.n; i++)
		if (!ascii_alnum(type.p[i]) && type.p[i] != '-')
			return no(f, 501, "5.5.4",
			    "ORCPT type is an atom (RFC 3461 4.2)");
	c->orcpt = s;
	return 0;
}

/* 1*20DIGIT, UINT64_MAX for what is more.  0, or -1. */
static int
bytes_count(struct span s, uint64_t *out)
{
	size_t i;

	for (i = 0; i < s.n; i++)
		if (!ascii_digit(s.p[i]))
			return -1;
	if (s.n == 0 || s.n > 20)
		return -1;
	if (scan_u64(s, UINT64_MAX, out) < 0)
		*out = UINT64_MAX;
	return 0;
}

/*
 * xtext = *( xchar / hexchar ); hexchar = "+" 2( upper-case HEX ), read in
 * either case.  What it decodes to must be printable ASCII (RFC 3461 4.4).
 */
static int
is_xtext(struct span s, int utf8)
{
	size_t i;
	int hi, lo;

	for (i = 0; i < s.n; i++) {
		if (s.p[i] >= 0x80 && utf8)
			continue;
		if (s.p[i] <= ' ' || s.p[i] > '~' || s.p[i] == '=')
			return 0;
		if (s.p[i] != '+')
			continue;
		if (s.n - i < 3 || (hi = ascii_hex(s.p[i + 1])) < 0 ||
		    (lo = ascii_hex(s.p[i + 2])) < 0 ||
		    hi < 2 || (hi << 4 | lo) > '~')
			return 0;
		i += 2;
	}
	return !utf8 || utf8_valid(s);
}

static int
no(struct fault *f, unsigned code, const char *enhanced, const char *text)
{
	*f = (struct fault){ code, enhanced, text };
	return -1;
}
