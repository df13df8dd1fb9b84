/*
 * out - bytes on their way to a client: gathered, written when the buffer is
 * full and before the client is waited for.
 */
#ifndef SYS_OUT_H
#define SYS_OUT_H

#include <stdint.h>

#include "sys/stream.h"

struct out {
	struct stream *stream;
	/* As stream_write, with `with` in front, in its place; NULL: that. */
	int (*write)(void *with, struct stream *, struct span);
	void *with;
	unsigned char *b;
	size_t size, n;
	int lost;			/* a write failed: nothing more goes */
	uint64_t refused;		/* replies, as their writer counts */
};

/* Bytes, of any length; text; decimal numbers. */
void	out_span(struct out *, struct span);
void	out_str(struct out *, const char *);
void	out_number(struct out *, uint64_t);
/* Text with a number behind it. */
void	out_named(struct out *, const char *, uint64_t);
/* At least n bytes at b + n, to which the caller adds; n <= size.  0, or -1:
 * the client is lost. */
int	out_room(struct out *, size_t n);
int	out_flush(struct out *);

#endif
