/* fold - text made comparable, by utf8proc. */
#include <utf8proc.h>

#include "base/ascii.h"
#include "base/utf8.h"
#include "mail/fold.h"

static size_t run_length(struct span);
static int add_run(struct span, struct buf *);
static int add_piece(struct span, struct buf *);

/*
 * ASCII goes by itself.  Of other text, a run begins with the ASCII character
 * before it, with which it may combine.
 */
int
fold_utf8(struct span in, struct buf *out)
{
	size_t i = 0, n;

	if (buf_room(out, in.n) < 0)
		return -1;
	while (i < in.n) {
		unsigned char *q;

		/* room for all of this was made, or is made below */
		if (buf_room(out, in.n - i) < 0)
			return -1;
		for (q = out->p + out->n; i < in.n && in.p[i] < 0x80; i++)
			*q++ = ascii_lower(in.p[i]);
		out->n = (size_t)(q - out->p);
		if (i == in.n)
			break;
		if (i > 0 && in.p[i - 1] < 0x80) {
			i--;
			out->n--;
		}
		n = 1 + run_length(span_from(in, i + 1));
		if (add_run(span_sub(in, i, i + n), out) < 0)
			return -1;
		i += n;
	}
	return 0;
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
add_run(struct span in, struct buf *out)
{
	unsigned char piece[FOLD_RUN];
	size_t n = 0, c;

	for (; in.n; in = span_from(in, c ? c : 1)) {
		c = utf8_length(in);
		if (n + 4 > sizeof piece) {
			if (add_piece(span_mem(piece, n), out) < 0)
				return -1;
			n = 0;
		}
		memcpy(piece + n, c ? in.p : (const unsigned char *)
		    "\357\277\275", c ? c : 3);
		n += c ? c : 3;
	}
	return add_piece(span_mem(piece, n), out);
}

/* No character becomes more than three (CaseFolding.txt), so no byte more than
 * four. */
static int
add_piece(struct span s, struct buf *out)
{
	utf8proc_int32_t v[4 * FOLD_RUN];
	utf8proc_option_t how = UTF8PROC_CASEFOLD | UTF8PROC_COMPOSE |
	    UTF8PROC_STABLE;
	utf8proc_ssize_t n;

	n = utf8proc_decompose(s.p, (utf8proc_ssize_t)s.n, v,
	    sizeof v / sizeof *v - 1, how);
	if (n >= 0 && n < (utf8proc_ssize_t)(sizeof v / sizeof *v))
		n = utf8proc_reencode(v, n, how);
	if (n < 0)
		return buf_addspan(out, s);
	return buf_add(out, v, (size_t)n);
}
