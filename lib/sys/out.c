/* out - bytes on their way to a client. */
#include <string.h>

#include "sys/out.h"

static int  put(struct out *, struct span);

void
out_span(struct out *o, struct span s)
{
	if (s.n > o->size - o->n) {
		if (out_flush(o) < 0)
			return;
		if (s.n > o->size) {
			(void)put(o, s);
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

void
out_named(struct out *o, const char *name, uint64_t v)
{
	out_str(o, name);
	out_number(o, v);
}

int
out_room(struct out *o, size_t n)
{
	return o->size - o->n >= n ? 0 : out_flush(o);
}

int
out_flush(struct out *o)
{
	size_t n = o->n;

	o->n = 0;
	return put(o, span_mem(o->b, n));
}

static int
put(struct out *o, struct span s)
{
	if (s.n && !o->lost && (o->write ? o->write(o->with, o->stream, s) :
	    stream_write(o->stream, s)) < 0)
		o->lost = 1;
	return o->lost ? -1 : 0;
}
