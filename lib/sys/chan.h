/*
 * chan - a channel: a socketpair between two processes of ours, on which
 * records and descriptors travel.
 *
 * CHAN_PACKETS keeps the bounds of each send (SOCK_SEQPACKET) and may carry
 * descriptors; CHAN_STREAM is for bodies.  Both ends are close-on-exec.  A
 * peer's end of channel is an ordinary event: nobody gets SIGPIPE.
 */
#ifndef SYS_CHAN_H
#define SYS_CHAN_H

#include <sys/types.h>
#include <stddef.h>

#include "base/span.h"

enum chan_type { CHAN_PACKETS, CHAN_STREAM };
enum { CHAN_FDS = 8, CHAN_PACKET_MAX = 65536 };

/* 0, or -1 with errno. */
int	chan_pair(enum chan_type, int end[2]);

/* One packet, with nfd descriptors (0..CHAN_FDS; they stay open here).
 * Blocks unless the descriptor is non-blocking; where as many of the user's
 * descriptors are under way as RLIMIT_NOFILE allows (unix(7), ETOOMANYREFS)
 * 10 s at most.  0, or -1 with errno. */
int	chan_send(int ch, struct span, const int *fd, size_t nfd);

/*
 * One packet into p.  fd[0..CHAN_FDS) get the descriptors that came with it
 * (close-on-exec), the rest -1; fd may be NULL: then those that come are
 * closed.  Returns its length, 0 at end of channel, -1 with errno (EMSGSIZE:
 * it did not fit, or more descriptors came than a packet may carry; all are
 * closed).  wait 0: EAGAIN when there is nothing.
 */
ssize_t	chan_recv(int ch, void *p, size_t size, int *fd, int wait);

/* Closes a descriptor that came from a process which is not trusted, and may be
 * the last of it: a socket that lingers would hold us here as long as that
 * process has said. */
void	chan_close(int fd);

#endif
