/*
 * stream - a blocking byte stream (socket or channel end) read through one
 * buffer, with a deadline on each read and write.
 *
 * The buffer is the caller's (a static array: pages not touched cost nothing).
 * What has been read and not consumed is `stream_have`.
 */
#ifndef SYS_STREAM_H
#define SYS_STREAM_H

#include <sys/uio.h>
#include <stddef.h>
#include <stdint.h>

#include "base/span.h"

struct stream {
	int fd;
	unsigned timeout_s;		/* for one read or write */
	unsigned set_s;			/* what the socket has; 0: unknown */
	uint64_t deadline_ms;		/* clock_mono_ms; 0: none */
	unsigned char *b;
	size_t size, r, w;		/* bytes r..w are unread */
};

/* Accepted sockets have this timeout from their listening socket. */
enum { STREAM_ACCEPTED_S = 300 };
enum { STREAM_EOF = 0, STREAM_TIMEOUT = -2, STREAM_SIGNAL = -3 };

struct span stream_have(const struct stream *);
void	stream_eat(struct stream *, size_t n);
/* Reads once more, behind what is there (moved to the front when the end is
 * reached).  > 0 bytes read; STREAM_EOF; STREAM_TIMEOUT; STREAM_SIGNAL (the
 * process was asked to end); -1 with errno (ENOBUFS: the buffer is full). */
long	stream_fill(struct stream *);
/* The same, but no byte behind the next c is read: it stays in the kernel, for
 * the process that takes the connection over (sockets only). */
long	stream_fill_to(struct stream *, unsigned char c);
/* Writes all of it, in as few calls as it takes.  0, or as stream_fill. */
int	stream_write(struct stream *, struct span);
int	stream_writev(struct stream *, struct iovec *, int n);

/* The end of a connection whose client does not expect it: what it still sends
 * is read for a moment.  Closing a socket with unread input would reset the
 * connection, and the client might never see why it ended. */
void	stream_linger(struct stream *);

/* Set by the SIGTERM handler that stream_init installs (no SA_RESTART). */
extern volatile int stream_ended;
void	stream_init(void);		/* SIGTERM handler, SIGPIPE ignored */

#endif
