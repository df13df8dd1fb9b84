/*
 * buf - bytes that we own, with a ceiling.
 *
 * A buf is born with the most it may ever hold; what would pass that, or what
 * memory refuses, fails and makes the buf remember it: add many things, then
 * ask once with buf_ok.  A failed buf keeps what it held before and takes
 * nothing more until buf_reset.  `struct buf b = { .max = 4096 };` is an empty
 * buf; it is freed with buf_free.
 */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "base/span.h"

struct buf {
	unsigned char *p;
	size_t n;		/* bytes in use */
	size_t size;		/* bytes allocated */
	size_t max;		/* n never passes this */
	int failed;
};

/* Room for at least n more bytes at p + n; the caller adds to n itself. */
int	buf_room(struct buf *, size_t n);

/* Each returns 0, or -1 when the buf has failed, now or before. */
static inline int
buf_add(struct buf *b, const void *p, size_t n)
{
	if ((b->failed || n > b->size - b->n || b->n + n > b->max) &&
	    buf_room(b, n) < 0)
		return -1;
	if (n)
		memcpy(b->p + b->n, p, n);
	b->n += n;
	return 0;
}

static inline int
buf_addspan(struct buf *b, struct span s)
{
	return buf_add(b, s.p, s.n);
}

static inline int
buf_adds(struct buf *b, const char *s)
{
	return buf_add(b, s, strlen(s));
}

static inline int
buf_addc(struct buf *b, unsigned char c)
{
	return buf_add(b, &c, 1);
}

int	buf_addu(struct buf *, uint64_t);		/* decimal */
/* Wants room for one byte more than it adds. */
int	buf_addf(struct buf *, const char *fmt, ...)
	    __attribute__((format(printf, 2, 3)));

static inline int
buf_ok(const struct buf *b)
{
	return !b->failed;
}

static inline struct span
buf_span(const struct buf *b)
{
	return span_mem(b->p, b->n);
}

/* Empty; keeps its memory. */
static inline void
buf_reset(struct buf *b)
{
	b->n = 0;
	b->failed = 0;
}

void	buf_cut(struct buf *, size_t n);	/* drops n bytes at the front */
void	buf_free(struct buf *);			/* empty; keeps its ceiling */

#endif
