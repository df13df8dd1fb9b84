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

/* Each returns 0, or -1 when the buf has failed, now or before. */
int	buf_add(struct buf *, const void *, size_t);
int	buf_addspan(struct buf *, struct span);
int	buf_adds(struct buf *, const char *);
int	buf_addc(struct buf *, unsigned char);
int	buf_addu(struct buf *, uint64_t);		/* decimal */
/* Wants room for one byte more than it adds. */
int	buf_addf(struct buf *, const char *fmt, ...)
	    __attribute__((format(printf, 2, 3)));

/* Room for at least n more bytes at p + n; the caller adds to n itself. */
int	buf_room(struct buf *, size_t n);

int	buf_ok(const struct buf *);
struct span buf_span(const struct buf *);
void	buf_cut(struct buf *, size_t n);	/* drops n bytes at the front */
void	buf_reset(struct buf *);		/* empty; keeps its memory */
void	buf_free(struct buf *);			/* empty; keeps its ceiling */

#endif
