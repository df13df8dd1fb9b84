/*
 * dest - one destination: its queue by senders, its health, its processes.
 * Inside of queued/deliver.
 */
#ifndef QUEUED_DEST_H
#define QUEUED_DEST_H

#include "queued/deliver.h"
#include "queued/standing.h"
#include "wire/hop.h"

enum {
	DEST_LANES = 16,		/* senders take turns, by their hash */
	CHILD_JOBS = 16,		/* in flight to one local deliverer */
	CHILD_SHARE = 8,		/* from so many on another may help */
	CHILD_TURN = 16,		/* then others, if they wait */
	CHILD_IDLE_S = 5,
	PUT_OFF_S = 60,			/* what could not be sent comes back */
	CROWD_S = 5,			/* what found no room comes back */
	CROWD_BAD_S = 300,		/* if it failed before */
	LOCAL_CHILDREN = 4,
	REMOTE_KNOWN = 2,		/* to begin with; else 1 */
	REMOTE_MOST = 20,
	DEST_FAILURES = 3,		/* in a row: it is dead */
	DEST_DEAD_S = 60, DEST_DEAD_MOST_S = 3600,
	DEST_BACK_S = 300,		/* then all come back within it */
	DEST_BACK = 200,		/* or sooner, so many at a time */
	DEST_AWAY = 16384		/* of which so many are known, of all */
};

struct child {
	struct watch w;			/* first: see child_ready */
	struct child *next;
	struct deliver *deliver;
	struct dest *dest;
	struct rcpt *flight;
	unsigned inflight, jobs;	/* recipients now; had so far */
	int busy;			/* remote: until it says ready */
	int failed;			/* since its last job: dest_learn */
	int hung, apart;		/* deliver_tick; it is in share.apart */
	int64_t since;			/* nothing was heard; clock_mono_s */
	struct child *idle_next, **idle_at;	/* NULL: has something to do */
	int64_t idle;			/* since then; clock_mono_s */
};

struct lane {
	struct rcpt *head, **tail;
};

struct dest {
	struct dest *next;		/* of the table */
	struct deliver *deliver;
	struct dest *next_turn;
	int in_turn;
	enum dest_kind kind;
	enum standing standing;
	struct lane lane[DEST_LANES];
	unsigned lane_next, waiting;
	struct child *child;
	unsigned children, window;	/* how many there are, may be */
	unsigned hung;			/* of child; those apart are not in
					 * children */
	unsigned good, failures, deaths;	/* in a row */
	int64_t until;			/* dead until then; clock_mono_s */
	struct verdict last;		/* what it died of */
	unsigned put_off;		/* again, since that was logged */
	struct verdict why;
	struct queue_name *away;	/* put off: [away_at, away_n) */
	unsigned away_at, away_n, away_size;
	struct hop hop;			/* of a remote one: what key says */
	int64_t minute;			/* the rate is counted since; mono */
	unsigned sent;
	char key[];
};

struct deliver_room {			/* one job or answer at a time */
	struct job job;
	struct answer answer;
	struct buf record;
	unsigned char packet[CHAN_PACKET_MAX];
};

struct dest *dest_get(struct deliver *, enum dest_kind, const char *key);
const char *dest_parent(const struct dest *);	/* the role that has children */
void	dest_push(struct dest *, struct rcpt *);
/* The next in turn; with: one that may share that one's job, or NULL. */
struct rcpt *dest_pop(struct dest *, const struct rcpt *with);
void	dest_unpop(struct dest *, struct rcpt *);	/* to the front again */
void	dest_job(const struct dest *, struct rcpt **, size_t, struct job *);

/*
 * A verdict makes it grow, shrink, or die for a while.  A failure counts once:
 * *failed says that its job did so already, and what was under way when the
 * destination died is of the same cause.
 */
void	dest_learn(struct dest *, const struct verdict *, int *failed);
/* A process of it has hung: it is dead for as long as one does. */
void	dest_hangs(struct dest *, const struct verdict *, int64_t now);
/* Dead: in how many seconds what is put off now comes back; else 0. */
int64_t	dest_dead(const struct dest *, int64_t now);
/* A message that was put off as it is dead, and waits in cur/; the next of
 * them that may be tried before its time, as it lives: 1, or 0. */
void	dest_away(struct dest *, const struct queue_name *);
int	dest_back(struct dest *, int64_t now, struct queue_name *);
int	child_room(const struct child *);

void	dest_turn(struct deliver *, struct dest *);
void	dest_starve(struct deliver *, struct dest *);
/* A job may be sent now, as far as the rate of its route goes. */
int	dest_may(struct dest *, int64_t now);
struct dest *dest_next_turn(struct deliver *);
/* Each tick: logs how many were put off again, forgets what is idle, and keeps
 * dead what hangs. */
void	dest_sweep(struct deliver *, int64_t now);

#endif
