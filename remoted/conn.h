/* conn - a connection to another server, in the clear or by TLS, read through
 * one buffer; a deadline (clock_mono_ms) on each read and write. */
#ifndef REMOTED_CONN_H
#define REMOTED_CONN_H

#include "base/ip.h"
#include "base/span.h"
#include "sys/stream.h"
#include "sys/tls_client.h"

struct conn {				/* begin with { .fd = -1 } */
	int fd;
	struct tls_client *tls;
	size_t r, w;			/* b[r..w) is unread */
	unsigned char b[8192];
};

/* source NULL: the system's choice.  0, or -1 with errno. */
int	conn_open(struct conn *, const struct ip *, unsigned port,
	    const struct ip *source, uint64_t deadline_ms);
int	conn_open_unix(struct conn *, const char *path, uint64_t deadline_ms);
void	conn_close(struct conn *);

struct span conn_have(const struct conn *);
void	conn_eat(struct conn *, size_t);
/* Reads once more: > 0; 0 at its end; -1 with errno, or STREAM_TIMEOUT. */
long	conn_fill(struct conn *, uint64_t deadline_ms);
/* All of it: 0; -1, STREAM_TIMEOUT. */
int	conn_write(struct conn *, struct span, uint64_t deadline_ms);
/* Is it open, and the other side silent?  Else it cannot be used again. */
int	conn_quiet(const struct conn *);

#endif
