/* conn - a connection to another server. */
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/un.h>
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "remoted/conn.h"
#include "sys/clock.h"
#include "sys/file.h"
#include "sys/net.h"

static int  begin(struct conn *, int, const struct sockaddr *, socklen_t,
	    uint64_t);
static int  wait_for(int, short, uint64_t);

int
conn_open(struct conn *c, const struct ip *ip, unsigned port,
    const struct ip *source, uint64_t deadline_ms)
{
	struct sockaddr_storage to, from;
	socklen_t n = net_sockaddr(ip, port, &to), m;
	int on = 1;
	int fd = socket(to.ss_family, SOCK_STREAM | SOCK_CLOEXEC |
	    SOCK_NONBLOCK, 0);

	if (fd < 0)
		return -1;
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
	if (source) {
		m = net_sockaddr(source, 0, &from);
		if (bind(fd, (struct sockaddr *)&from, m) < 0)
			return file_close_failed(fd);
	}
	return begin(c, fd, (struct sockaddr *)&to, n, deadline_ms);
}

int
conn_open_unix(struct conn *c, const char *path, uint64_t deadline_ms)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	int fd;

	if (span_str(span_of(path), to.sun_path, sizeof to.sun_path) < 0) {
		errno = ENAMETOOLONG;
		return -1;
	}
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -1;
	return begin(c, fd, (struct sockaddr *)&to, sizeof to, deadline_ms);
}

void
conn_close(struct conn *c)
{
	if (c->tls)
		tls_client_end(c->tls);
	if (c->fd >= 0)
		close(c->fd);
	c->tls = NULL;
	c->fd = -1;
	c->r = c->w = 0;
}

struct span
conn_have(const struct conn *c)
{
	return span_mem(c->b + c->r, c->w - c->r);
}

void
conn_eat(struct conn *c, size_t n)
{
	c->r += n;
	if (c->r == c->w)
		c->r = c->w = 0;
}

/* Callers eat all that is there before they ask for more. */
long
conn_fill(struct conn *c, uint64_t deadline_ms)
{
	long r;

	if (c->w == sizeof c->b) {
		errno = ENOBUFS;
		return -1;
	}
	for (;;) {
		if (c->tls)
			r = tls_client_read(c->tls, c->b + c->w,
			    sizeof c->b - c->w, deadline_ms);
		else
			r = read(c->fd, c->b + c->w, sizeof c->b - c->w);
		if (r > 0)
			c->w += (size_t)r;
		if (r >= 0 || c->tls)
			return r;
		if (errno == ECONNRESET)
			return STREAM_EOF;
		if (errno != EAGAIN && errno != EINTR)
			return -1;
		if ((r = wait_for(c->fd, POLLIN, deadline_ms)) < 0)
			return r;
	}
}

int
conn_write(struct conn *c, struct span s, uint64_t deadline_ms)
{
	ssize_t r;
	int w;

	if (c->tls)
		return tls_client_write(c->tls, s, deadline_ms);
	while (s.n) {
		r = send(c->fd, s.p, s.n, MSG_NOSIGNAL);
		if (r > 0)
			s = span_from(s, (size_t)r);
		else if (errno != EAGAIN && errno != EINTR)
			return -1;
		else if ((w = wait_for(c->fd, POLLOUT, deadline_ms)) < 0)
			return w;
	}
	return 0;
}

int
conn_quiet(const struct conn *c)
{
	struct pollfd p = { .fd = c->fd, .events = POLLIN };

	return c->fd >= 0 && c->r == c->w && poll(&p, 1, 0) == 0;
}

static int
begin(struct conn *c, int fd, const struct sockaddr *to, socklen_t n,
    uint64_t deadline_ms)
{
	socklen_t size = sizeof errno;
	int e = 0;

	*c = (struct conn){ .fd = fd };
	if (connect(fd, to, n) < 0) {
		e = errno;
		if (e == EINPROGRESS) {
			e = 0;
			if (wait_for(fd, POLLOUT, deadline_ms) < 0)
				e = ETIMEDOUT;
			else if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &e,
			    &size) < 0)
				e = errno;
		}
	}
	if (e == 0)
		return 0;
	conn_close(c);
	errno = e;
	return -1;
}

static int
wait_for(int fd, short events, uint64_t deadline_ms)
{
	struct pollfd p = { .fd = fd, .events = events };
	uint64_t now = clock_mono_ms();
	int r;

	if (now >= deadline_ms)
		return STREAM_TIMEOUT;
	r = poll(&p, 1, (int)(deadline_ms - now));
	return r == 0 ? STREAM_TIMEOUT : r < 0 && errno != EINTR ? -1 : 0;
}
