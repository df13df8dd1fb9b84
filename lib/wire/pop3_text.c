/* pop3_text - a stored message as POP3 sends it. */
#include "wire/pop3_text.h"

/* What has gone out of the line that we are in. */
enum { LINE_EMPTY, LINE_CR, LINE_MORE };

static void line_ended(struct pop3_text *);

/*
 * A line at a time: its bytes are copied in one go, and only what stands at
 * its two ends is looked at.  A CR LF in the file stays as it is.
 */
size_t
pop3_text_add(struct pop3_text *t, struct span *in, unsigned char *out,
    size_t room)
{
	const unsigned char *p = in->p, *end = in->p + in->n, *lf;
	unsigned char *o = out, *stop = out + room;
	size_t n;

	while (p < end && !t->over && stop - o >= 4) {
		if (t->line == LINE_EMPTY && *p == '.')
			*o++ = '.';
		/* room for the CR and the LF, in any case */
		n = (size_t)(stop - o) - 2;
		if (n > (size_t)(end - p))
			n = (size_t)(end - p);
		lf = memchr(p, '\n', n);
		n = lf ? (size_t)(lf - p) : n;
		memcpy(o, p, n);
		if (n > 0) {
			t->cr = p[n - 1] == '\r';
			t->line = t->line == LINE_EMPTY && n == 1 && t->cr ?
			    LINE_CR : LINE_MORE;
		}
		o += n;
		p += n;
		if (lf == NULL)
			continue;
		if (!t->cr)
			*o++ = '\r';
		*o++ = '\n';
		p++;
		line_ended(t);
	}
	*in = t->over ? SPAN("") : span_mem(p, (size_t)(end - p));
	return (size_t)(o - out);
}

size_t
pop3_text_end(const struct pop3_text *t, unsigned char *out)
{
	struct span s = t->line == LINE_EMPTY ? SPAN(".\r\n") : t->cr ?
	    SPAN("\n.\r\n") : SPAN("\r\n.\r\n");

	memcpy(out, s.p, s.n);
	return s.n;
}

/* RFC 1939 7, TOP: the header, the empty line, and so many lines more. */
static void
line_ended(struct pop3_text *t)
{
	if (t->top && t->body)
		t->lines--;
	if (t->line != LINE_MORE)
		t->body = 1;
	t->line = LINE_EMPTY;
	t->cr = 0;
	t->over = t->top && t->body && t->lines == 0;
}
