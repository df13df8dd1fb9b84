/* decode - transfer encodings undone, piece by piece. */
#include "base/ascii.h"
#include "mail/decode.h"
#include "mail/param.h"

static void add_plain(struct decode *, struct span, struct buf *);
static void add_base64(struct decode *, struct span, struct buf *);
static int value64(unsigned char);
static void add_qp(struct decode *, struct span, struct buf *);
static int qp_line(struct span, struct buf *);
static size_t hold(struct decode *, unsigned char, struct buf *);
static void flush(struct decode *, struct buf *);

enum decode_kind
decode_kind(struct span encoding)
{
	struct span word;

	if (!param_word(&encoding, &word) || span_case_eq(word, SPAN("7bit")) ||
	    span_case_eq(word, SPAN("8bit")) ||
	    span_case_eq(word, SPAN("binary")))
		return DECODE_NONE;
	if (span_case_eq(word, SPAN("base64")))
		return DECODE_BASE64;
	return span_case_eq(word, SPAN("quoted-printable")) ? DECODE_QP :
	    DECODE_UNKNOWN;
}

int
decode_add(struct decode *d, struct span in, struct buf *out)
{
	if (d->kind == DECODE_BASE64)
		add_base64(d, in, out);
	else if (d->kind == DECODE_QP)
		add_qp(d, in, out);
	else
		add_plain(d, in, out);
	return buf_ok(out) ? 0 : -1;
}

int
decode_end(struct decode *d, struct buf *out)
{
	if (d->kind == DECODE_QP && d->nheld) {
		/* white space at the end goes, a soft line break too */
		if (d->held[0] == '=')
			d->bad |= d->nheld > 1;
		while (d->nheld && ascii_space(d->held[d->nheld - 1]))
			d->nheld--;
		if (!(d->nheld == 1 && d->held[0] == '='))
			flush(d, out);
		d->nheld = 0;
	}
	d->bad |= d->kind == DECODE_BASE64 && d->nbits >= 6;
	return buf_ok(out) ? 0 : -1;
}

static void
add_plain(struct decode *d, struct span in, struct buf *out)
{
	size_t n;

	while (in.n) {
		n = span_find(in, '\n');
		if (n > 0)
			d->cr = in.p[n - 1] == '\r';
		buf_addspan(out, span_sub(in, 0, n));
		if (n == in.n)
			return;
		buf_adds(out, d->cr ? "\n" : "\r\n");
		d->cr = 0;
		in = span_from(in, n + 1);
	}
}

/* RFC 2045 6.8.  Groups of four where they stand side by side, else a
 * character at a time. */
static void
add_base64(struct decode *d, struct span in, struct buf *out)
{
	unsigned char *q;
	size_t i = 0;
	int v, w, x, y;

	if (buf_room(out, in.n / 4 * 3 + 3) < 0)
		return;
	q = out->p + out->n;
	while (i < in.n) {
		if (d->nbits == 0 && in.n - i >= 4 &&
		    (v = value64(in.p[i])) >= 0 &&
		    (w = value64(in.p[i + 1])) >= 0 &&
		    (x = value64(in.p[i + 2])) >= 0 &&
		    (y = value64(in.p[i + 3])) >= 0) {
			*q++ = (unsigned char)(v << 2 | w >> 4);
			*q++ = (unsigned char)(w << 4 | x >> 2);
			*q++ = (unsigned char)(x << 6 | y);
			i += 4;
			continue;
		}
		if ((v = value64(in.p[i])) < 0) {
			if (in.p[i] == '=')
				d->nbits = 0;
			else if (!ascii_space(in.p[i]))
				d->bad = 1;
			i++;
			continue;
		}
		d->bits = d->bits << 6 | (uint32_t)v;
		if ((d->nbits += 6) >= 8) {
			d->nbits -= 8;
			*q++ = (unsigned char)(d->bits >> d->nbits);
		}
		i++;
	}
	out->n = (size_t)(q - out->p);
}

static int
value64(unsigned char c)
{
	static const signed char value[256] = {
		['A'] = 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16,
		17, 18, 19, 20, 21, 22, 23, 24, 25, 26,
		['a'] = 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40,
		41, 42, 43, 44, 45, 46, 47, 48, 49, 50, 51, 52,
		['0'] = 53, 54, 55, 56, 57, 58, 59, 60, 61, 62,
		['+'] = 63, ['/'] = 64
	};

	return value[c] - 1;
}

/*
 * RFC 2045 6.7.  Whole lines at once where nothing is unusual.  Else what is
 * held is white space that may end its line, or a `=` with what follows it,
 * until it is decided.
 */
static void
add_qp(struct decode *d, struct span in, struct buf *out)
{
	size_t i = 0, from = 0, n;

	while (i < in.n) {
		unsigned char c = in.p[i];

		if (d->nheld == 0 && (i == 0 || in.p[i - 1] == '\n')) {
			n = span_find(span_from(in, i), '\n') + 1;
			if (n <= in.n - i && qp_line(span_sub(in, i, i + n),
			    out)) {
				from = i += n;
				continue;
			}
		}
		if (d->nheld == 0 && c != '=' && !ascii_space(c)) {
			i++;
			continue;
		}
		buf_addspan(out, span_sub(in, from, i));
		i += hold(d, c, out);
		from = i;
	}
	buf_addspan(out, span_sub(in, from, i));
}

/* A line with its LF.  1; 0: it is not as lines should be, nothing was done. */
static int
qp_line(struct span in, struct buf *out)
{
	size_t before = out->n, end = in.n - 1, at;
	int soft;

	while (end && ascii_space(in.p[end - 1]))
		end--;
	if (in.n - end > DECODE_HELD)
		return 0;
	soft = end && in.p[end - 1] == '=';
	in.n = end - (size_t)soft;
	while ((at = span_find(in, '=')) < in.n) {
		if (in.n - at < 3 || ascii_hex(in.p[at + 1]) < 0 ||
		    ascii_hex(in.p[at + 2]) < 0) {
			out->n = before;
			return 0;
		}
		buf_addspan(out, span_sub(in, 0, at));
		buf_addc(out, (unsigned char)(ascii_hex(in.p[at + 1]) << 4 |
		    ascii_hex(in.p[at + 2])));
		in = span_from(in, at + 3);
	}
	buf_addspan(out, in);
	if (!soft)
		buf_adds(out, "\r\n");
	return 1;
}

/* Takes c, with what is held: 1; 0: c is to be looked at again. */
static size_t
hold(struct decode *d, unsigned char c, struct buf *out)
{
	int soft = d->nheld && d->held[0] == '=';

	if (c == '\n') {
		if (soft && d->nheld > 1 && !ascii_space(d->held[1])) {
			d->bad = 1;
			while (ascii_space(d->held[d->nheld - 1]))
				d->nheld--;
			flush(d, out);
			soft = 0;
		}
		d->nheld = 0;
		if (!soft)
			buf_adds(out, "\r\n");
		return 1;
	}
	if (soft && d->nheld == 1 && !ascii_space(c) && ascii_hex(c) < 0) {
		d->bad = 1;
		flush(d, out);
		return 0;
	}
	if (soft && d->nheld == 2 && ascii_hex(d->held[1]) >= 0) {
		if (ascii_hex(c) >= 0) {
			buf_addc(out, (unsigned char)(ascii_hex(d->held[1]) <<
			    4 | ascii_hex(c)));
			d->nheld = 0;
			return 1;
		}
		d->bad = 1;
		flush(d, out);
		return 0;
	}
	if (d->nheld == DECODE_HELD || (d->nheld && c == '=') ||
	    (d->nheld && !soft && !ascii_space(c)) ||
	    (soft && d->nheld > 1 && !ascii_space(c))) {
		d->bad |= soft;
		flush(d, out);
		return 0;
	}
	d->held[d->nheld++] = c;
	return 1;
}

static void
flush(struct decode *d, struct buf *out)
{
	buf_add(out, d->held, d->nheld);
	d->nheld = 0;
}
