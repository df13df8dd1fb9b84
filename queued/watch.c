/* watch - the loop's descriptors, and who is called when one has news. */
#include <errno.h>
#include <unistd.h>

#include "queued/watch.h"

int
watch_open(struct watches *s)
{
	sigset_t term;

	sigemptyset(&term);
	sigaddset(&term, SIGTERM);
	sigprocmask(SIG_BLOCK, &term, &s->waiting);
	s->n = 0;
	s->ep = epoll_create1(EPOLL_CLOEXEC);
	return s->ep < 0 ? -1 : 0;
}

int
watch_begin(struct watches *s, struct watch *w)
{
	struct epoll_event e = { .events = EPOLLIN, .data.ptr = w };

	return epoll_ctl(s->ep, EPOLL_CTL_ADD, w->fd, &e);
}

void
watch_end(struct watches *s, struct watch *w)
{
	int i;

	(void)epoll_ctl(s->ep, EPOLL_CTL_DEL, w->fd, NULL);
	close(w->fd);
	w->fd = -1;
	for (i = 0; i < s->n; i++)
		if (s->event[i].data.ptr == w)
			s->event[i].data.ptr = NULL;
}

int
watch_round(struct watches *s, int timeout_ms)
{
	struct watch *w;
	sigset_t busy;
	int i;

	s->n = epoll_pwait(s->ep, s->event, WATCH_ROUND, timeout_ms,
	    &s->waiting);
	if (s->n < 0) {
		s->n = 0;
		return errno == EINTR ? 0 : -1;
	}
	/* that lets a signal in only where it finds nothing and has to wait */
	sigprocmask(SIG_SETMASK, &s->waiting, &busy);
	sigprocmask(SIG_SETMASK, &busy, NULL);
	for (i = 0; i < s->n; i++)
		if ((w = s->event[i].data.ptr) != NULL)
			w->ready(w);
	s->n = 0;
	return 0;
}
