/*
 * out - replies on their way to the client: gathered, written when the buffer
 * is full and before the client is waited for (RFC 2449 6.6).
 */
#ifndef POP3D_OUT_H
#define POP3D_OUT_H

#include <stdint.h>

#include "sys/stream.h"

enum { OUT_REPLY = 512 };		/* longest line, with its CR LF */

struct out {
	struct stream *stream;
	unsigned char *b;
	size_t size, n;			/* size: at least 2 * OUT_REPLY */
	int lost;			/* a write failed: nothing more goes */
};

/* "+OK text".  Longer texts are cut at OUT_REPLY. */
void	out_ok(struct out *, const char *fmt, ...)
	    __attribute__((format(printf, 2, 3)));
/* "-ERR [code] text"; code "" where there is none (RFC 2449 8, RFC 3206). */
void	out_err(struct out *, const char *code, const char *fmt, ...)
	    __attribute__((format(printf, 3, 4)));
/* A line of a list: the text and CR LF. */
void	out_line(struct out *, const char *text);
/* The same in parts, for long lists: bytes, decimal numbers. */
void	out_span(struct out *, struct span);
void	out_number(struct out *, uint64_t);
/* At least n bytes at b + n, to which the caller adds; n <= size.  0, or -1:
 * the client is lost. */
int	out_room(struct out *, size_t n);
int	out_flush(struct out *);

#endif
