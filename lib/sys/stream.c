/* stream - a blocking byte stream with a deadline on each read and write. */
#include <sys/socket.h>
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "sys/clock.h"
#include "sys/stream.h"

enum { LINGER_S = 10, LINGER_QUIET_S = 2 };

static long fill(struct stream *, int);
static ssize_t receive_to(struct stream *, int);
static int  set_timeout(struct stream *);
static void on_term(int);

volatile int stream_ended;

void
stream_init(void)
{
	struct sigaction a = { .sa_handler = on_term };

	sigaction(SIGTERM, &a, NULL);
	signal(SIGPIPE, SIG_IGN);
}

struct span
stream_have(const struct stream *s)
{
	return span_mem(s->b + s->r, s->w - s->r);
}

void
stream_eat(struct stream *s, size_t n)
{
	s->r += n;
	if (s->r == s->w)
		s->r = s->w = 0;
}

long
stream_fill(struct stream *s)
{
	return fill(s, -1);
}

long
stream_fill_to(struct stream *s, unsigned char c)
{
	return fill(s, c);
}

/* to: not a byte behind the first of these; -1: whatever comes. */
static long
fill(struct stream *s, int to)
{
	ssize_t r;

	if (s->w == s->size && s->r > 0) {
		memmove(s->b, s->b + s->r, s->w - s->r);
		s->w -= s->r;
		s->r = 0;
	}
	if (s->w == s->size) {
		errno = ENOBUFS;
		return -1;
	}
	for (;;) {
		if (stream_ended)
			return STREAM_SIGNAL;
		if ((r = set_timeout(s)) < 0)
			return r;
		r = to < 0 ? read(s->fd, s->b + s->w, s->size - s->w) :
		    receive_to(s, to);
		if (r > 0)
			s->w += (size_t)r;
		if (r >= 0)
			return r;
		if (errno == EAGAIN || errno == EWOULDBLOCK)
			return STREAM_TIMEOUT;
		if (errno == ECONNRESET)
			return STREAM_EOF;
		if (errno != EINTR)
			return -1;
	}
}

int
stream_write(struct stream *s, struct span data)
{
	struct iovec v = { (void *)(size_t)data.p, data.n };

	return stream_writev(s, &v, 1);
}

int
stream_writev(struct stream *s, struct iovec *v, int n)
{
	struct msghdr m = { 0 };
	ssize_t r;

	for (;;) {
		while (n > 0 && v->iov_len == 0)
			v++, n--;
		if (n == 0)
			return 0;
		if ((r = set_timeout(s)) < 0)
			return (int)r;
		m.msg_iov = v;
		m.msg_iovlen = (size_t)n;
		r = sendmsg(s->fd, &m, MSG_NOSIGNAL);
		if (r < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
			return STREAM_TIMEOUT;
		if (r < 0 && errno != EINTR)
			return -1;
		for (; r > 0 && (size_t)r >= v->iov_len; v++, n--)
			r -= (ssize_t)v->iov_len;
		if (r > 0) {
			v->iov_base = (char *)v->iov_base + r;
			v->iov_len -= (size_t)r;
		}
	}
}

void
stream_linger(struct stream *s)
{
	if (shutdown(s->fd, SHUT_WR) < 0)
		return;
	s->timeout_s = LINGER_QUIET_S;
	s->deadline_ms = clock_mono_ms() + LINGER_S * 1000;
	do
		stream_eat(s, stream_have(s).n);
	while (stream_fill(s) > 0);
}

/* A look first: how much may be taken. */
static ssize_t
receive_to(struct stream *s, int to)
{
	unsigned char *b = s->b + s->w, *at;
	ssize_t n = recv(s->fd, b, s->size - s->w, MSG_PEEK);

	if (n <= 0)
		return n;
	at = memchr(b, to, (size_t)n);
	return recv(s->fd, b, at ? (size_t)(at - b) + 1 : (size_t)n, 0);
}

/* What is left of the deadline, or the time for one call; the socket is told
 * only when that changed. */
static int
set_timeout(struct stream *s)
{
	struct timeval t = { .tv_sec = s->timeout_s };
	uint64_t now, left;

	if (s->deadline_ms) {
		now = clock_mono_ms();
		if (now >= s->deadline_ms)
			return STREAM_TIMEOUT;
		left = (s->deadline_ms - now + 999) / 1000;
		if (left < s->timeout_s)
			t.tv_sec = (time_t)left;
	}
	if (t.tv_sec == (time_t)s->set_s)
		return 0;
	if (setsockopt(s->fd, SOL_SOCKET, SO_RCVTIMEO, &t, sizeof t) < 0 ||
	    setsockopt(s->fd, SOL_SOCKET, SO_SNDTIMEO, &t, sizeof t) < 0)
		return -1;
	s->set_s = (unsigned)t.tv_sec;
	return 0;
}

static void
on_term(int sig)
{
	(void)sig;
	stream_ended = 1;
}
