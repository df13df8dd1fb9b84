/* out - replies on their way to the client. */
#include <stdarg.h>
#include <stdio.h>

#include "imapd/out.h"

static int  put(struct out *, struct span);

void
out_line(struct out *o, const char *fmt, ...)
{
	char line[OUT_REPLY - 2];
	va_list ap;

	va_start(ap, fmt);
	if (vsnprintf(line, sizeof line, fmt, ap) < 0)
		line[0] = '\0';
	va_end(ap);
	out_str(o, line);
	out_str(o, "\r\n");
}

void
out_tagged(struct out *o, struct span tag, const char *word,
    struct span code, const char *text)
{
	out_span(o, tag.n ? tag : SPAN("*"));
	out_str(o, " ");
	out_str(o, word);
	if (code.n) {
		out_str(o, " [");
		out_span(o, code);
		out_str(o, "]");
	}
	out_str(o, " ");
	out_str(o, text);
	out_str(o, "\r\n");
}

void
out_span(struct out *o, struct span s)
{
	if (s.n > o->size - o->n) {
		if (out_flush(o) < 0)
			return;
		if (s.n > o->size) {
			if (put(o, s) < 0)
				o->lost = 1;
			return;
		}
	}
	if (s.n)
		memcpy(o->b + o->n, s.p, s.n);
	o->n += s.n;
}

void
out_str(struct out *o, const char *s)
{
	out_span(o, span_of(s));
}

void
out_number(struct out *o, uint64_t v)
{
	unsigned char b[20];
	size_t n = sizeof b;

	do
		b[--n] = (unsigned char)('0' + v % 10);
	while (v /= 10);
	out_span(o, span_mem(b + n, sizeof b - n));
}

int
out_room(struct out *o, size_t n)
{
	return o->size - o->n >= n ? 0 : out_flush(o);
}

int
out_flush(struct out *o)
{
	struct span s = span_mem(o->b, o->n);

	o->n = 0;
	if (s.n && !o->lost && put(o, s) < 0)
		o->lost = 1;
	return o->lost ? -1 : 0;
}

static int
put(struct out *o, struct span s)
{
	return o->deflate ? deflate_write(o->deflate, o->stream, s) :
	    stream_write(o->stream, s);
}
