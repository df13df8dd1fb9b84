/*
 * loop - queued's one process that decides: what is due, for whom, how many at
 * once, when to give up.  One thread, which never blocks, flushes or forks.
 *
 * New mail is told by hints on the FIFO (a line "ID", or "drop NAME"), and
 * found by a scan where a hint was lost; what waits in cur/ by backlog.  Only
 * what is being attempted is in memory.
 */
#ifndef QUEUED_LOOP_H
#define QUEUED_LOOP_H

#include "queued/backlog.h"
#include "queued/deliver.h"
#include "queued/errand.h"
#include "queued/places.h"
#include "queued/scan.h"

enum {
	ACTIVE_TABLE = 16384, NAMED_ONCE = 64, ASKED = 16, HINT_ROOM = 4096
};

struct queued {
	struct role_env *env;
	const struct config *conf;
	struct places places;
	const struct queue *queue;
	struct directory directory;
	int has_directory;
	const char *domains;		/* of the configuration */
	struct watches watches;
	struct watch control, trigger;
	struct deliver deliver;
	struct errands errands;
	struct backlog backlog;
	/* attempts */
	struct message *active[ACTIVE_TABLE];
	struct message *stuck;		/* its file could not be moved */
	uint64_t recipients;		/* in memory */
	int ending;			/* no more jobs */
	/* ns since 1970: what is older may have been delivered before this
	 * life began, or a reporter died (Maildirs are looked through) */
	uint64_t doubt;
	int64_t began;			/* this life, by the clock */
	/* looking around */
	struct scan new, cur, drop;
	int want_new, want_cur, want_drop;
	/* clock_mono_s, as the other clock may be set back */
	int64_t next_look, next_clean, cur_ended, ticked, stuck_until;
	int64_t farthest;		/* due: no wait of ours reaches on */
	uint64_t cur_began_ms, cur_not_before_ms;
	char hint[HINT_ROOM];
	size_t hints;
	int hints_lost;
	char asked[ASKED][QUEUE_ID + 1];	/* for, and not in new/ */
	unsigned nasked;
	char named[NAMED_ONCE][QUEUE_ID + 1];	/* complained of already */
	unsigned nnamed;
	char refused[NAMED_ONCE][ERRAND_NAME];	/* of the drop */
	unsigned nrefused;
};

/* The role. */
int	loop_role(struct role_env *);

/* The same in two steps, with env, conf and places set: what a test drives.
 * A turn waits for at most that long (-1: as long as nothing is due). */
void	loop_begin(struct queued *, int trigger);
void	loop_turn(struct queued *, int most_ms);

#endif
