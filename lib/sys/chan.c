/* chan - a channel between two processes of ours. */
#include <sys/socket.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "sys/chan.h"

enum { CROWD_MS = 10, CROWD_TRIES = 1000 };

static int crowded(int, unsigned *);

union control {
	struct cmsghdr h;
	char b[CMSG_SPACE(CHAN_FDS * sizeof(int))];
};

int
chan_pair(enum chan_type type, int end[2])
{
	return socketpair(AF_UNIX, SOCK_CLOEXEC |
	    (type == CHAN_STREAM ? SOCK_STREAM : SOCK_SEQPACKET), 0, end);
}

int
chan_send(int ch, struct span s, const int *fd, size_t nfd)
{
	union control c;
	struct iovec v = { (void *)(size_t)s.p, s.n };
	struct msghdr m = { .msg_iov = &v, .msg_iovlen = 1 };
	unsigned tries = 0;
	ssize_t r;

	if (nfd > CHAN_FDS) {
		errno = EINVAL;
		return -1;
	}
	if (nfd) {
		memset(&c, 0, sizeof c);
		m.msg_control = &c;
		m.msg_controllen = CMSG_SPACE(nfd * sizeof(int));
		c.h.cmsg_len = CMSG_LEN(nfd * sizeof(int));
		c.h.cmsg_level = SOL_SOCKET;
		c.h.cmsg_type = SCM_RIGHTS;
		memcpy(CMSG_DATA(&c.h), fd, nfd * sizeof(int));
	}
	do
		r = sendmsg(ch, &m, MSG_NOSIGNAL);
	while (r < 0 && (errno == EINTR || crowded(ch, &tries)));
	return r < 0 ? -1 : 0;
}

/* No room for descriptors under way, which count for all processes of a user,
 * or no memory: no event tells when there is some again. */
static int
crowded(int ch, unsigned *tries)
{
	int e = errno;

	if ((e != ETOOMANYREFS && e != ENOBUFS && e != ENOMEM) ||
	    ++*tries > CROWD_TRIES || fcntl(ch, F_GETFL) & O_NONBLOCK) {
		errno = e;
		return 0;
	}
	(void)poll(NULL, 0, CROWD_MS);
	return 1;
}

ssize_t
chan_recv(int ch, void *p, size_t size, int *fd, int wait)
{
	union control c;
	struct iovec v = { p, size };
	struct msghdr m = { .msg_iov = &v, .msg_iovlen = 1,
	    .msg_control = &c, .msg_controllen = sizeof c };
	struct cmsghdr *h;
	int got[CHAN_FDS], bad;
	size_t i, n = 0;
	ssize_t r;

	for (i = 0; fd && i < CHAN_FDS; i++)
		fd[i] = -1;
	r = recvmsg(ch, &m, MSG_CMSG_CLOEXEC | (wait ? 0 : MSG_DONTWAIT));
	if (r < 0)
		return -1;
	h = CMSG_FIRSTHDR(&m);
	if (h && h->cmsg_level == SOL_SOCKET && h->cmsg_type == SCM_RIGHTS) {
		n = (h->cmsg_len - CMSG_LEN(0)) / sizeof(int);
		memcpy(got, CMSG_DATA(h), n * sizeof(int));
	}
	bad = (m.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) != 0;
	for (i = 0; i < n; i++)
		if (fd && !bad)
			fd[i] = got[i];
		else
			chan_close(got[i]);
	if (bad) {
		errno = EMSGSIZE;
		return -1;
	}
	return r;
}

void
chan_close(int fd)
{
	struct linger off = { 0, 0 };

	(void)setsockopt(fd, SOL_SOCKET, SO_LINGER, &off, sizeof off);
	close(fd);
}
