/*
 * backlog - what waits in cur/, and which of it is due next.
 *
 * The names in cur/ are the schedule; this is a bounded window on it: the
 * BACKLOG_KEEP that are due first, 32 bytes each, however many there are.  A
 * pass over cur/ (one readdir, in steps) makes it afresh at start, every few
 * minutes, and when it has run empty though more was there; what is deferred
 * meanwhile is added, unless it is due behind what was left out.  So an
 * operator's rename is noticed by the next pass, an entry may be stale or stand
 * there twice, and whoever takes one finds out by opening the file.  Rejected:
 * an entry for every message (unbounded).
 */
#ifndef QUEUED_BACKLOG_H
#define QUEUED_BACKLOG_H

#include <stddef.h>

#include "store/queue.h"

enum { BACKLOG_KEEP = 32768 };

struct backlog_entry {
	int64_t due;
	uint32_t attempts;
	char id[QUEUE_ID];
};

struct backlog_list {
	struct backlog_entry *e;
	size_t n, size;
	int cut;			/* there was more, due then or later */
	int64_t last;
};

struct backlog {
	struct backlog_list now;	/* a heap, the first due at its top */
	struct backlog_list next;	/* of the pass that is being made */
	int pass;
};

void	backlog_add(struct backlog *, const struct queue_name *);

/* The due time of the first, 0 when there is none. */
int64_t	backlog_first(const struct backlog *);
/* 1: took the first that is due by then; 0: none is. */
int	backlog_take(struct backlog *, int64_t now, struct queue_name *);
/* More waits than is known here, and what is known is used up. */
int	backlog_dry(const struct backlog *);

/* A pass: begin, see each name, end.  Between them take and add work. */
void	backlog_begin(struct backlog *);
void	backlog_see(struct backlog *, const struct queue_name *);
void	backlog_end(struct backlog *);

#endif
