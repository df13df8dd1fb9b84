/* convert - a message of 8-bit text as one of 7-bit lines. */
#include "base/ascii.h"
#include "base/buf.h"
#include "base/encode.h"
#include "base/utf8.h"
#include "mail/convert.h"
#include "mail/decode.h"
#include "mail/header.h"
#include "mail/mime.h"

enum { QP_LINE = 76, BASE64_LINE = 57, LINE_MOST = 998, ROOM = 8192 };

enum coding { AS_IS, TO_QP, TO_BASE64, MEND_QP, MEND_BASE64 };

struct conversion {
	int (*put)(void *, struct span);
	void *arg;
	struct buf out;
	unsigned column;		/* QP: of the line being made */
	int failed;
};

static int  look(void *, struct span);
static enum coding coding_of(const struct mime *, const struct mime_part *);
static int  is_7bit(struct span);
static int  is_sealed(const struct mime *, const struct mime_part *);
static int  is_plain_message(const struct mime_part *);
static void header_out(struct conversion *, const struct mime *,
    const struct mime_part *, enum coding);
static void body_out(struct conversion *, struct span, enum coding);
static void qp_line(struct conversion *, struct span, int);
static void qp_byte(struct conversion *, unsigned char, int);
static void base64_out(struct conversion *, struct span);
static void mend(struct conversion *, struct span, enum coding);
static void give(struct conversion *, struct span);
static void give_c(struct conversion *, unsigned char);
static void flush(struct conversion *);

int
convert_to7(struct span message, int (*put)(void *, struct span), void *arg)
{
	struct conversion c = { .put = put, .arg = arg,
	    .out = { .max = 2 * ROOM } };
	struct mime m = { 0 };
	size_t at = 0;
	uint32_t i;

	if (mime_parse(&m, message) < 0) {
		mime_free(&m);
		return -1;
	}
	for (i = 0; i < m.n && !c.failed; i++) {
		const struct mime_part *p = &m.part[i];
		enum coding how = coding_of(&m, p);

		if (p->header.at < at)
			continue;
		give(&c, span_sub(message, at, p->header.at));
		header_out(&c, &m, p, how);
		at = p->body.at;
		if (p->kind == MIME_LEAF) {
			body_out(&c, mime_body(&m, p), how);
			at = p->end.at;
		}
	}
	give(&c, span_from(message, at));
	flush(&c);
	buf_free(&c.out);
	mime_free(&m);
	return c.failed ? -1 : 0;
}

int
convert_can(struct span message, const char **why)
{
	struct mime m = { 0 };
	int high = 0, r;
	uint32_t i;

	if (convert_to7(message, look, &high) < 0)
		return -1;
	if (!high)
		return 1;
	*why = "the header of a part, or between parts";
	r = mime_parse(&m, message);
	for (i = 0; r == 0 && i < m.n; i++)
		if (m.part[i].kind == MIME_LEAF &&
		    !utf8_is_ascii(mime_body(&m, &m.part[i]))) {
			if (is_sealed(&m, &m.part[i]))
				*why = "a signed or encrypted part (RFC 1847)";
			else if (is_plain_message(&m.part[i]))
				*why = "a part of type message (RFC 2046 5.2)";
		}
	mime_free(&m);
	return r;
}

static int
look(void *high, struct span s)
{
	*(int *)high |= !utf8_is_ascii(s);
	return 0;
}

static enum coding
coding_of(const struct mime *m, const struct mime_part *p)
{
	struct span encoding = SPAN("");

	if (p->kind != MIME_LEAF || is_7bit(mime_body(m, p)) ||
	    is_sealed(m, p) || is_plain_message(p))
		return AS_IS;
	(void)mime_value(m, p, MIME_ENCODING, &encoding);
	switch (decode_kind(encoding)) {
	case DECODE_QP:
		return MEND_QP;
	case DECODE_BASE64:
		return MEND_BASE64;
	default:
		return span_case_eq(p->type, SPAN("text")) ? TO_QP :
		    TO_BASE64;
	}
}

static int
is_7bit(struct span s)
{
	size_t i, line = 0;

	for (i = 0; i < s.n; i++) {
		if (s.p[i] & 0x80 || s.p[i] == 0)
			return 0;
		line = s.p[i] == '\n' ? 0 : line + 1;
		if (line > LINE_MOST + 1)
			return 0;
	}
	return 1;
}

/* RFC 1847 2.1: of a part of multipart/signed the header counts too. */
static int
is_sealed(const struct mime *m, const struct mime_part *p)
{
	while (p != m->part) {		/* MIME_DEPTH levels at most */
		p = &m->part[p->parent];
		if (span_case_eq(p->type, SPAN("multipart")) &&
		    (span_case_eq(p->subtype, SPAN("signed")) ||
		    span_case_eq(p->subtype, SPAN("encrypted"))))
			return 1;
	}
	return 0;
}

/* RFC 2046 5.2: no encoding of these; RFC 6532 3.7 has them for global ones. */
static int
is_plain_message(const struct mime_part *p)
{
	return span_case_eq(p->type, SPAN("message")) &&
	    !span_case_starts(p->subtype, SPAN("global"));
}

/* Its own encoding goes, ours comes; one that was 8bit or binary in name only
 * is 7bit now, unless it is signed with that name. */
static void
header_out(struct conversion *c, const struct mime *m,
    const struct mime_part *p, enum coding how)
{
	static const char *const name[] = { "7bit", "quoted-printable",
	    "base64" };
	struct span in = mime_header(m, p), encoding, type;
	struct header h;
	int mends = how == MEND_QP || how == MEND_BASE64, r;
	int said = mime_value(m, p, MIME_ENCODING, &encoding);

	if (mends || (how == AS_IS && (!said || is_sealed(m, p) ||
	    decode_kind(encoding) != DECODE_NONE))) {
		give(c, in);
		return;
	}
	while ((r = header_next(&in, &h)) == 1)
		if (!header_is(&h, "Content-Transfer-Encoding"))
			give(c, h.whole);
	if (how == TO_QP && p->parent == 0 && p == m->part &&
	    !mime_value(m, p, MIME_TYPE, &type))
		/* RFC 1428: what nobody has said */
		give(c, SPAN("MIME-Version: 1.0\r\n"
		    "Content-Type: text/plain; charset=unknown-8bit\r\n"));
	give(c, SPAN("Content-Transfer-Encoding: "));
	give(c, span_of(name[how]));
	give(c, SPAN("\r\n"));
	if (r == 0)
		give(c, SPAN("\r\n"));
}

static void
body_out(struct conversion *c, struct span in, enum coding how)
{
	struct span line;
	int ended;

	switch (how) {
	case AS_IS:
		give(c, in);
		break;
	case TO_QP:
		while (in.n) {
			ended = span_cut(&in, '\n', &line);
			if (ended && line.n && line.p[line.n - 1] == '\r')
				line.n--;
			qp_line(c, line, ended);
		}
		break;
	case TO_BASE64:
		base64_out(c, in);
		break;
	default:
		mend(c, in, how);
	}
}

/* RFC 2045 6.7 */
static void
qp_line(struct conversion *c, struct span s, int ended)
{
	size_t i;

	c->column = 0;
	for (i = 0; i < s.n; i++)
		qp_byte(c, s.p[i], i + 1 == s.n);
	if (ended)
		give(c, SPAN("\r\n"));
}

static void
qp_byte(struct conversion *c, unsigned char b, int last)
{
	static const char hex[] = "0123456789ABCDEF";
	int plain = (b > ' ' && b < 0x7f && b != '=') ||
	    (ascii_blank(b) && !last);
	unsigned wide = plain ? 1 : 3;

	if (c->column + wide > QP_LINE - 1) {
		give(c, SPAN("=\r\n"));
		c->column = 0;
	}
	c->column += wide;
	if (plain) {
		give_c(c, b);
		return;
	}
	give_c(c, '=');
	give_c(c, (unsigned char)hex[b >> 4]);
	give_c(c, (unsigned char)hex[b & 15]);
}

static void
base64_out(struct conversion *c, struct span in)
{
	int more = 0;

	while (in.n) {
		if (more)
			give(c, SPAN("\r\n"));
		if (encode_base64(&c->out, span_sub(in, 0, BASE64_LINE)) < 0)
			c->failed = 1;
		in = span_from(in, BASE64_LINE);
		more = 1;
	}
}

/* Said to be encoded, and yet with bytes that no encoding makes: these are
 * encoded (quoted-printable), or were never part of it (base64). */
static void
mend(struct conversion *c, struct span in, enum coding how)
{
	size_t i;

	for (i = 0; i < in.n; i++) {
		c->column = 0;
		if (!(in.p[i] & 0x80) && in.p[i])
			give_c(c, in.p[i]);
		else if (how == MEND_QP)
			qp_byte(c, in.p[i], 0);
	}
}

static void
give(struct conversion *c, struct span s)
{
	if (c->out.n + s.n > ROOM)
		flush(c);
	if (s.n > ROOM)
		c->failed |= !c->failed && c->put(c->arg, s) != 0;
	else if (buf_addspan(&c->out, s) < 0)
		c->failed = 1;
}

static void
give_c(struct conversion *c, unsigned char b)
{
	give(c, span_mem(&b, 1));
}

static void
flush(struct conversion *c)
{
	if (c->out.n && !c->failed && c->put(c->arg, buf_span(&c->out)) != 0)
		c->failed = 1;
	buf_reset(&c->out);
}
