/* net - sockets and addresses; no names are resolved here. */
#ifndef SYS_NET_H
#define SYS_NET_H

#include <sys/socket.h>

#include "base/ip.h"

/* Fills *ss; returns its length. */
socklen_t net_sockaddr(const struct ip *, unsigned port,
	    struct sockaddr_storage *ss);

/* A listening stream socket (IPv6 ones for IPv6 only), non-blocking, with
 * TCP_NODELAY and timeouts of STREAM_ACCEPTED_S, which accepted sockets
 * inherit on Linux.  Descriptor, or -1 with errno. */
int	net_listen(const struct ip *, unsigned port);
/* The options of net_listen, for a socket that somebody else bound. */
int	net_listen_options(int fd);
/* One connection: descriptor (blocking, close-on-exec), or -1 with errno. */
int	net_accept(int fd, struct ip *client, uint16_t *port);
int	net_local(int fd, struct ip *);		/* 0, or -1 with errno */

/* Blocking, at most timeout_s.  Descriptor, or -1 with errno. */
int	net_connect(const struct ip *, unsigned port, unsigned timeout_s);

#endif
