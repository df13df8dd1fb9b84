/* watch - the loop's descriptors, and who is called when one has news. */
#ifndef QUEUED_WATCH_H
#define QUEUED_WATCH_H

#include <sys/epoll.h>
#include <signal.h>

enum { WATCH_ROUND = 64 };

struct watch {
	void (*ready)(struct watch *);	/* may end any watch, itself too */
	int fd;
};

struct watches {
	int ep, n;
	sigset_t waiting;		/* what is blocked in a round */
	struct epoll_event event[WATCH_ROUND];
};

/* From now on SIGTERM comes only in a round, before what is ready is called.
 * 0, or -1 with errno. */
int	watch_open(struct watches *);
int	watch_begin(struct watches *, struct watch *);	/* likewise */
/* Forgets it, in the round that is running too, and closes the descriptor. */
void	watch_end(struct watches *, struct watch *);
/* Waits (-1: without limit) and calls.  0, or -1 with errno. */
int	watch_round(struct watches *, int timeout_ms);

#endif
