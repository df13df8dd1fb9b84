/* out - replies on their way to the client. */
#include <stdarg.h>
#include <stdio.h>

#include "pop3d/out.h"

static void text(struct out *, const char *, const char *, va_list)
	    __attribute__((format(printf, 3, 0)));

void
out_ok(struct out *o, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	text(o, "+OK ", fmt, ap);
	va_end(ap);
}

void
out_err(struct out *o, const char *code, const char *fmt, ...)
{
	char head[40];
	va_list ap;

	snprintf(head, sizeof head, code[0] ? "-ERR [%s] " : "-ERR %s", code);
	va_start(ap, fmt);
	text(o, head, fmt, ap);
	va_end(ap);
}

static void
text(struct out *o, const char *head, const char *fmt, va_list ap)
{
	char line[OUT_REPLY - 2];
	size_t n = strlen(head);

	memcpy(line, head, n);
	if (vsnprintf(line + n, sizeof line - n, fmt, ap) < 0)
		line[n] = '\0';
	out_line(o, line);
}

void
out_line(struct out *o, const char *line)
{
	out_span(o, span_of(line));
	out_span(o, SPAN("\r\n"));
}

void
out_span(struct out *o, struct span s)
{
	if (out_room(o, s.n) < 0)
		return;
	memcpy(o->b + o->n, s.p, s.n);
	o->n += s.n;
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
	if (s.n && !o->lost && stream_write(o->stream, s) < 0)
		o->lost = 1;
	return o->lost ? -1 : 0;
}
