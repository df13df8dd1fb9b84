/*
 * share - who may have a process, and who of those that wait is next.
 *
 * A silent server holds its process for as long as the timeouts allow, so all
 * destinations of one standing and those below it together hold only a part
 * of queued.children: what was reached before never waits for what was not,
 * what is new not for what failed, and local mail for none of them.  A mailbox
 * on a file system that hangs holds its process as well, and so may a user's
 * program: the latter are below all but what failed, and what is local leaves
 * a part for other servers.  Inside of queued/deliver.
 */
#ifndef QUEUED_SHARE_H
#define QUEUED_SHARE_H

#include <stdint.h>

#include "queued/standing.h"

struct child;
struct dest;

struct share_line {
	struct dest *head, **tail;	/* by next_turn */
};

struct share {
	unsigned most;			/* queued.children */
	unsigned held[STANDINGS];	/* processes */
	unsigned apart;			/* that hang, and are not in held */
	unsigned waiting[STANDINGS];	/* recipients, in memory */
	struct share_line line[STANDINGS];
	struct child *idle, **idle_tail;	/* the longest first */
};

void	share_begin(struct share *, unsigned most);

/* May one of that standing have a process?  1; 0: if *spare, which is idle,
 * ends (NULL: there is none such). */
int	share_room(const struct share *, enum standing, struct child **spare);
/* Somebody waits for whom there is room once one of that standing ends. */
int	share_wanted(const struct share *, enum standing);
/* Of its part of the processes, half is in use. */
int	share_short(const struct share *, enum standing);
/* All processes but those apart. */
unsigned share_all(const struct share *);

/* Its processes and recipients count as those of that standing from now on. */
void	share_move(struct share *, struct dest *, enum standing);

/* One without a process waits for one; the next for which there is room. */
void	share_wait(struct share *, struct dest *);
struct dest *share_next(struct share *);

/* A process has nothing to do any more, or again; either may come twice. */
void	share_idle(struct share *, struct child *, int64_t now);
void	share_busy(struct share *, struct child *);

#endif
