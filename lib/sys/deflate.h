/*
 * deflate - a stream whose bytes are compressed both ways (RFC 4978, raw
 * deflate of RFC 1951 by zlib).
 *
 * What is read goes to the plain stream's own buffer, so that nobody gets more
 * at once than that holds, however small it was.  What is written is flushed
 * at the end of each call.  About 240 KiB.
 */
#ifndef SYS_DEFLATE_H
#define SYS_DEFLATE_H

#include "sys/stream.h"

struct deflate;

/* From the next byte on; what the stream has read and nobody taken is taken
 * for compressed.  NULL: no memory. */
struct deflate *deflate_new(struct stream *);
void	deflate_free(struct deflate *);

/* As stream_fill; EBADMSG: not deflate. */
long	deflate_fill(struct deflate *, struct stream *);
/* 1: deflate_fill would not wait.  To be asked before a poll, which knows only
 * what the kernel has. */
int	deflate_ready(struct deflate *, struct stream *);
/* As stream_write. */
int	deflate_write(struct deflate *, struct stream *, struct span);

#endif
