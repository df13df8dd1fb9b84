/* fold - text made comparable, by utf8proc. */
#include <utf8proc.h>

#include "base/ascii.h"
#include "base/utf8.h"
#include "mail/fold.h"

static int add(struct span, utf8proc_option_t, struct buf *);
static void add_ascii(struct span, utf8proc_option_t, struct buf *);
static void add_small(struct span, struct buf *);
static void capitals(unsigned char *, size_t);
static size_t run_length(struct span);
static int add_run(struct span, utf8proc_option_t, struct buf *);
static int add_piece(struct span, utf8proc_option_t, struct buf *);
static utf8proc_int32_t title(utf8proc_int32_t, void *);

int
fold_utf8(struct span in, struct buf *out)
{
	return add(in, UTF8PROC_CASEFOLD | UTF8PROC_COMPOSE |
	    UTF8PROC_STABLE, out);
}

int
fold_sort(struct span in, struct buf *out)
{
	return add(in, UTF8PROC_COMPAT | UTF8PROC_DECOMPOSE | UTF8PROC_STABLE,
	    out);
}

int
fold_nfc(struct span in, struct buf *out)
{
	return add(in, UTF8PROC_COMPOSE | UTF8PROC_STABLE, out);
}

/*
 * ASCII goes by itself.  Of other text, a run begins with the ASCII character
 * before it, with which it may combine.
 */
static int
add(struct span in, utf8proc_option_t how, struct buf *out)
{
	size_t i = 0, n;

	if (buf_room(out, in.n) < 0)
		return -1;
	while (i < in.n) {
		n = utf8_ascii(span_from(in, i));
		if (buf_room(out, n) < 0)
			return -1;
		add_ascii(span_sub(in, i, i + n), how, out);
		i += n;
		if (i == in.n)
			break;
		if (i > 0 && in.p[i - 1] < 0x80) {
			i--;
			out->n--;
		}
		n = 1 + run_length(span_from(in, i + 1));
		if (add_run(span_sub(in, i, i + n), how, out) < 0)
			return -1;
		i += n;
	}
	return 0;
}

/* There is room. */
static void
add_ascii(struct span s, utf8proc_option_t how, struct buf *out)
{
	if (how & (UTF8PROC_CASEFOLD | UTF8PROC_COMPAT))
		add_small(s, out);
	else
		buf_addspan(out, s);
	if (how & UTF8PROC_COMPAT)
		capitals(out->p + out->n - s.n, s.n);
}

/* Eight at a time; the high bit of a byte tells that it is at least 'A', or
 * above 'Z'. */
static void
add_small(struct span s, struct buf *out)
{
	const uint64_t each = UINT64_C(0x0101010101010101);
	unsigned char *q = out->p + out->n;
	uint64_t w, capital;
	size_t i;

	for (i = 0; s.n - i >= sizeof w; i += sizeof w) {
		memcpy(&w, s.p + i, sizeof w);
		capital = (w + (0x80 - 'A') * each) &
		    ~(w + (0x7f - 'Z') * each) & 0x80 * each;
		w |= capital >> 2;
		memcpy(q + i, &w, sizeof w);
	}
	for (; i < s.n; i++)
		q[i] = ascii_lower(s.p[i]);
	out->n += s.n;
}

static void
capitals(unsigned char *p, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (p[i] >= 'a' && p[i] <= 'z')
			p[i] = (unsigned char)(p[i] - 'a' + 'A');
}

static size_t
run_length(struct span s)
{
	size_t i;

	for (i = 0; i < s.n && s.p[i] >= 0x80; i++)
		;
	return i;
}

/* In pieces of whole characters, what is not UTF-8 replaced. */
static int
add_run(struct span in, utf8proc_option_t how, struct buf *out)
{
	unsigned char piece[FOLD_RUN];
	size_t n = 0, c;

	for (; in.n; in = span_from(in, c ? c : 1)) {
		c = utf8_length(in);
		if (n + 4 > sizeof piece) {
			if (add_piece(span_mem(piece, n), how, out) < 0)
				return -1;
			n = 0;
		}
		memcpy(piece + n, c ? in.p : (const unsigned char *)
		    "\357\277\275", c ? c : 3);
		n += c ? c : 3;
	}
	return add_piece(span_mem(piece, n), how, out);
}

/* No character of three bytes becomes more than 18, none of two more than 4
 * (UnicodeData.txt). */
static int
add_piece(struct span s, utf8proc_option_t how, struct buf *out)
{
	utf8proc_int32_t v[6 * FOLD_RUN];
	utf8proc_ssize_t n;

	n = utf8proc_decompose_custom(s.p, (utf8proc_ssize_t)s.n, v,
	    sizeof v / sizeof *v - 1, how, how & UTF8PROC_COMPAT ? title :
	    NULL, NULL);
	if (n >= 0 && n < (utf8proc_ssize_t)(sizeof v / sizeof *v))
		n = utf8proc_reencode(v, n, how);
	if (n < 0)
		return buf_addspan(out, s);
	return buf_add(out, v, (size_t)n);
}

/* RFC 5051 2 (2) (a): as UnicodeData.txt has it, where U+00DF has none. */
static utf8proc_int32_t
title(utf8proc_int32_t c, void *arg)
{
	(void)arg;
	return c == 0xdf ? c : utf8proc_totitle(c);
}
