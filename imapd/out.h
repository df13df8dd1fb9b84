/*
 * out - replies on their way to the client: gathered, written when the buffer
 * is full and before the client is waited for.
 */
#ifndef IMAPD_OUT_H
#define IMAPD_OUT_H

#include <stdint.h>

#include "sys/deflate.h"
#include "sys/stream.h"

enum { OUT_REPLY = 512 };		/* longest line of out_line */

struct out {
	struct stream *stream;
	struct deflate *deflate;	/* NULL: not compressed */
	unsigned char *b;
	size_t size, n;			/* size: at least 2 * OUT_REPLY */
	int lost;			/* a write failed: nothing more goes */
};

/* "* OK text": a line of ours, CR LF is added.  Longer ones are cut. */
void	out_line(struct out *, const char *fmt, ...)
	    __attribute__((format(printf, 2, 3)));
/* "tag OK [code] text"; tag "" is "*", code "" none. */
void	out_tagged(struct out *, struct span tag, const char *word,
	    struct span code, const char *text);
/* Bytes, of any length; text; decimal numbers. */
void	out_span(struct out *, struct span);
void	out_str(struct out *, const char *);
void	out_number(struct out *, uint64_t);
/* At least n bytes at b + n, to which the caller adds; n <= size.  0, or -1:
 * the client is lost. */
int	out_room(struct out *, size_t n);
int	out_flush(struct out *);

#endif
