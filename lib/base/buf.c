/* buf - bytes that we own, with a ceiling. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"

int
buf_room(struct buf *b, size_t more)
{
	size_t want, size;
	unsigned char *p;

	if (b->failed || __builtin_add_overflow(b->n, more, &want) ||
	    want > b->max) {
		b->failed = 1;
		return -1;
	}
	if (want <= b->size)
		return 0;
	size = b->size < 64 ? 64 : b->size;
	while (size < want)
		if (__builtin_mul_overflow(size, 2, &size))
			size = want;
	if (size > b->max)
		size = b->max;
	if ((p = realloc(b->p, size)) == NULL) {
		b->failed = 1;
		return -1;
	}
	b->p = p;
	b->size = size;
	return 0;
}

int
buf_addu(struct buf *b, uint64_t v)
{
	char d[20];
	size_t i = sizeof d;

	do
		d[--i] = (char)('0' + v % 10);
	while (v /= 10);
	return buf_add(b, d + i, sizeof d - i);
}

int
buf_addf(struct buf *b, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	/* one more for the NUL that vsnprintf writes and we do not keep */
	if (n < 0 || buf_room(b, (size_t)n + 1) < 0) {
		b->failed = 1;
		return -1;
	}
	va_start(ap, fmt);
	vsnprintf((char *)b->p + b->n, (size_t)n + 1, fmt, ap);
	va_end(ap);
	b->n += (size_t)n;
	return 0;
}

void
buf_cut(struct buf *b, size_t n)
{
	if (n > b->n)
		n = b->n;
	if (n == 0)
		return;
	memmove(b->p, b->p + n, b->n - n);
	b->n -= n;
}

void
buf_free(struct buf *b)
{
	free(b->p);
	*b = (struct buf){ .max = b->max };
}
