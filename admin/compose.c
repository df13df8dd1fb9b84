/* compose - the header section of a message that a program gave to sendmail. */
#include "admin/compose.h"
#include "mail/header_list.h"
#include "admin/source.h"
#include "base/ascii.h"
#include "base/encode.h"
#include "base/utf8.h"
#include "mail/date.h"
#include "mail/header.h"

enum {
	ADDRESSES = 1,			/* bare names get our domain */
	RECIPIENTS = 2,			/* of -t */
	RESENT = 4,
	LEFT_OUT = 8,
	FROM = 16, DATE = 32, MESSAGE_ID = 64,	/* one of these is there */
	SENDER = 128			/* at localhost: at our domain */
};

enum { WORD = 45 };			/* bytes in an encoded word */

static const struct {
	const char *name;
	unsigned flags;
} known[] = {
	{ "from", ADDRESSES | SENDER | FROM },
	{ "sender", ADDRESSES | SENDER },
	{ "reply-to", ADDRESSES | SENDER },
	{ "to", ADDRESSES | RECIPIENTS },
	{ "cc", ADDRESSES | RECIPIENTS },
	{ "bcc", RECIPIENTS | LEFT_OUT },
	{ "resent-from", ADDRESSES | SENDER | RESENT },
	{ "resent-sender", ADDRESSES | SENDER | RESENT },
	{ "resent-to", ADDRESSES | RECIPIENTS | RESENT },
	{ "resent-cc", ADDRESSES | RECIPIENTS | RESENT },
	{ "resent-bcc", RECIPIENTS | RESENT | LEFT_OUT },
	{ "date", DATE },
	{ "message-id", MESSAGE_ID },
	{ "return-path", LEFT_OUT }
};

static unsigned flags_of(const struct header *);
static unsigned flags_of_all(struct span);
static size_t local_part(struct span, const char *);
static int add_field(const struct header *, unsigned, const struct compose *,
    struct buf *, const char **);
static void add_missing(const struct compose *, unsigned, struct buf *);
static void add_name(struct span, struct buf *);

int
compose_header(struct span in, const struct compose *c, struct buf *out,
    struct buf *rcpts, size_t *used, const char **why)
{
	struct span s = in, line;
	struct header h;
	unsigned flags, seen = 0, resent;

	if (span_starts(s, SPAN("From ")))	/* a line of an mbox */
		(void)span_cut(&s, '\n', &line);
	resent = flags_of_all(s) & RESENT;
	while (header_next(&s, &h) == 1) {
		flags = flags_of(&h);
		seen |= flags;
		if (c->take_recipients && (flags & RECIPIENTS) &&
		    (flags & RESENT) == resent &&
		    compose_recipients(h.value, c->hostname, rcpts, why) < 0)
			return -1;
		if (flags & LEFT_OUT)
			continue;
		if ((flags & ADDRESSES) == 0)
			buf_addspan(out, h.whole);
		else if (add_field(&h, flags, c, out, why) < 0)
			return -1;
	}
	add_missing(c, seen, out);
	buf_adds(out, "\r\n");
	*used = in.n - s.n;
	if (buf_ok(out) && buf_ok(rcpts))
		return 0;
	*why = "the header is too long";
	buf_reset(rcpts);
	return -1;
}

int
compose_recipients(struct span list, const char *hostname, struct buf *rcpts,
    const char **why)
{
	struct span a;

	while (header_list_next(&list, &a)) {
		if (compose_qualify(a, hostname, rcpts, why) < 0) {
			buf_reset(rcpts);
			buf_addspan(rcpts, a);
			return -1;
		}
		buf_addc(rcpts, '\n');
	}
	return 0;
}

int
compose_sender(struct span s, const char *hostname, const char *nodename,
    struct buf *out, const char **why)
{
	struct span a, more;

	if (!header_list_next(&s, &a))
		return 0;			/* "<>" */
	*why = "one address is wanted";
	if (header_list_next(&s, &more))
		return -1;
	return compose_return(a, hostname, nodename, out, why);
}

int
compose_return(struct span a, const char *hostname, const char *nodename,
    struct buf *out, const char **why)
{
	char normal[ADDRESS_MAX + 1];
	size_t n;

	if (source_address(a, normal, why) < 0)
		return -1;
	n = local_part(span_of(normal), nodename);
	return compose_qualify(n < strlen(normal) ?
	    span_sub(span_of(normal), 0, n) : a, hostname, out, why);
}

int
compose_qualify(struct span s, const char *hostname, struct buf *out,
    const char **why)
{
	char normal[ADDRESS_MAX + 1];

	if (source_address(s, normal, why) < 0)
		return -1;
	buf_addspan(out, s);
	if (span_find(span_of(normal), '@') == strlen(normal))
		buf_addf(out, "@%s", hostname);
	return buf_ok(out) ? 0 : -1;
}

static unsigned
flags_of(const struct header *h)
{
	size_t i;

	for (i = 0; i < sizeof known / sizeof *known; i++)
		if (header_is(h, known[i].name))
			return known[i].flags;
	return 0;
}

static unsigned
flags_of_all(struct span s)
{
	struct header h;
	unsigned flags = 0;

	while (header_next(&s, &h) == 1)
		flags |= flags_of(&h);
	return flags;
}

/* How much of an address at this machine is its local part; all of another. */
static size_t
local_part(struct span a, const char *nodename)
{
	size_t at = span_rfind(a, '@');
	struct span domain = span_from(a, at < a.n ? at + 1 : a.n);

	return span_case_eq(domain, SPAN("localhost")) || (domain.n &&
	    span_case_eq(domain, span_of(nodename))) ? at : a.n;
}

/* The field as it is, with our domain behind each bare name, and behind a
 * sender's that is at this machine. */
static int
add_field(const struct header *h, unsigned flags, const struct compose *c,
    struct buf *out, const char **why)
{
	char normal[ADDRESS_MAX + 1];
	struct span list = h->value, a;
	const unsigned char *from = h->whole.p;

	while (header_list_next(&list, &a)) {
		const unsigned char *end = a.p + a.n;

		if (flags & SENDER)
			a.n = local_part(a, c->nodename);
		if (span_find(a, '@') < a.n ||
		    source_address(a, normal, why) < 0)
			continue;	/* whole, or not ours to mend */
		buf_add(out, from, (size_t)(a.p + a.n - from));
		buf_addf(out, "@%s", c->hostname);
		from = end;
	}
	return buf_add(out, from, (size_t)(h->whole.p + h->whole.n - from));
}

/* RFC 5322 3.6: Date and From must be there, Message-ID should. */
static void
add_missing(const struct compose *c, unsigned seen, struct buf *out)
{
	char date[DATE_TEXT];

	if ((seen & FROM) == 0) {
		buf_adds(out, "From: ");
		add_name(span_of(c->name), out);
		buf_addf(out, "<%s>\r\n", c->from);
	}
	if ((seen & DATE) == 0) {
		date_format(c->now, date);
		buf_addf(out, "Date: %s\r\n", date);
	}
	if ((seen & MESSAGE_ID) == 0)
		buf_addf(out, "Message-ID: <%s@%s>\r\n", c->id, c->hostname);
}

/* A quoted string, or where that cannot be encoded words (RFC 2047 2), which
 * have at most 75 characters each and no part of one of UTF-8. */
static void
add_name(struct span name, struct buf *out)
{
	size_t i, n;

	if (utf8_is_ascii(name) && name.n) {
		buf_addc(out, '"');
		for (i = 0; i < name.n; i++) {
			if (name.p[i] == '"' || name.p[i] == '\\')
				buf_addc(out, '\\');
			if (!ascii_control(name.p[i]))
				buf_addc(out, name.p[i]);
		}
		buf_adds(out, "\" ");
	} else if (utf8_valid(name))
		for (; name.n; name = span_from(name, n)) {
			n = name.n < WORD ? name.n : WORD;
			while (n < name.n && (name.p[n] & 0xc0) == 0x80)
				n--;
			buf_adds(out, "=?utf-8?b?");
			encode_base64(out, span_sub(name, 0, n));
			buf_adds(out, n < name.n ? "?=\r\n " : "?= ");
		}
}
