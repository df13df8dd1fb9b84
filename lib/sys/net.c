/* net - sockets and addresses. */
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "sys/file.h"
#include "sys/net.h"
#include "sys/stream.h"

enum { BACKLOG = 1024 };

static int address_of(const struct sockaddr_storage *, struct ip *,
	    uint16_t *);

socklen_t
net_sockaddr(const struct ip *ip, unsigned port, struct sockaddr_storage *ss)
{
	struct sockaddr_in *v4 = (struct sockaddr_in *)ss;
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)ss;

	memset(ss, 0, sizeof *ss);
	if (ip_is_v4(ip)) {
		v4->sin_family = AF_INET;
		v4->sin_port = htons((uint16_t)port);
		memcpy(&v4->sin_addr, ip->b + 12, 4);
		return sizeof *v4;
	}
	v6->sin6_family = AF_INET6;
	v6->sin6_port = htons((uint16_t)port);
	memcpy(&v6->sin6_addr, ip->b, 16);
	return sizeof *v6;
}

int
net_listen(const struct ip *ip, unsigned port)
{
	struct sockaddr_storage ss;
	socklen_t n = net_sockaddr(ip, port, &ss);
	int fd, on = 1;

	fd = socket(ss.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -1;
	if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == 0 &&
	    (ss.ss_family == AF_INET || setsockopt(fd, IPPROTO_IPV6,
	    IPV6_V6ONLY, &on, sizeof on) == 0) &&
	    bind(fd, (struct sockaddr *)&ss, n) == 0 &&
	    listen(fd, BACKLOG) == 0 && net_listen_options(fd) == 0)
		return fd;
	return file_close_failed(fd);
}

int
net_listen_options(int fd)
{
	struct timeval t = { .tv_sec = STREAM_ACCEPTED_S };
	int on = 1, flags = fcntl(fd, F_GETFL);

	if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0 ||
	    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) < 0 ||
	    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &t, sizeof t) < 0 ||
	    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &t, sizeof t) < 0)
		return -1;
	return 0;
}

int
net_accept(int fd, struct ip *client, uint16_t *port)
{
	struct sockaddr_storage ss;
	socklen_t n = sizeof ss;
	int c = accept4(fd, (struct sockaddr *)&ss, &n, SOCK_CLOEXEC);

	if (c >= 0 && address_of(&ss, client, port) < 0) {
		close(c);
		errno = EAFNOSUPPORT;
		return -1;
	}
	return c;
}

int
net_local(int fd, struct ip *ip)
{
	uint16_t port;
	struct sockaddr_storage ss;
	socklen_t n = sizeof ss;

	if (getsockname(fd, (struct sockaddr *)&ss, &n) < 0)
		return -1;
	return address_of(&ss, ip, &port);
}

int
net_connect(const struct ip *ip, unsigned port, unsigned timeout_s)
{
	struct sockaddr_storage ss;
	socklen_t n = net_sockaddr(ip, port, &ss);
	struct timeval t = { .tv_sec = timeout_s };
	int fd = socket(ss.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -1;
	/* SO_SNDTIMEO bounds connect as well (Linux, the BSDs) */
	if (setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &t, sizeof t) == 0 &&
	    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &t, sizeof t) == 0 &&
	    connect(fd, (struct sockaddr *)&ss, n) == 0)
		return fd;
	if (errno == EINPROGRESS || errno == EAGAIN)
		errno = ETIMEDOUT;
	return file_close_failed(fd);
}

/* 0, or -1: neither IPv4 nor IPv6. */
static int
address_of(const struct sockaddr_storage *ss, struct ip *ip, uint16_t *port)
{
	const struct sockaddr_in *v4 = (const struct sockaddr_in *)ss;
	const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)ss;

	switch (ss->ss_family) {
	case AF_INET:
		*ip = ip_from_v4(&v4->sin_addr);
		*port = ntohs(v4->sin_port);
		return 0;
	case AF_INET6:
		memcpy(ip->b, &v6->sin6_addr, 16);
		*port = ntohs(v6->sin6_port);
		return 0;
	}
	return -1;
}
