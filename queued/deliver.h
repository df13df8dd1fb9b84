/*
 * deliver - destinations: a queue each, and the processes that empty it.
 *
 * A destination is a mailbox (its deliverers, and apart from them those that
 * run programs of its forwarding file) or a remote domain.  What the queue of
 * one does never delays another: each has its own deliverers, grown with
 * success and halved with failure; one that fails again and again is dead for
 * a while, for all its mail at once.  Inside one, senders take turns.  Turns
 * among destinations go round robin, one job at a time; where processes are
 * short, those that were reached before come first (share).
 *
 * Nothing here blocks: a channel that is full waits for the next answer.
 */
#ifndef QUEUED_DELIVER_H
#define QUEUED_DELIVER_H

#include "queued/config.h"
#include "queued/message.h"
#include "queued/share.h"
#include "queued/standing.h"
#include "queued/watch.h"
#include "run/role.h"
#include "wire/hop.h"
#include "wire/job.h"

enum dest_kind { DEST_LOCAL, DEST_PROGRAM, DEST_REMOTE };

/* What was heard of one recipient. */
struct heard {
	const struct verdict *verdict;
	const struct answer *answer;	/* of a deliverer; NULL: our own */
	enum dest_kind kind;
	const char *key;
	int tried;			/* 0: it was not even asked */
	int dead;			/* as its destination is */
	int64_t retry;			/* then: not before; 0: as scheduled */
};

/* So begin our words for what was put off. */
#define DELIVER_NOT_ASKED "put off, not asked: "

enum { DELIVER_TABLE = 4096 };

struct deliver {
	struct watches *watches;
	const struct role_env *env;	/* links to the deliverers' parents */
	const struct config *conf;
	const struct queue *queue;
	void (*heard)(void *, struct rcpt *, const struct heard *);
	void (*gone)(void *, struct rcpt *);	/* its file is not there */
	void *arg;
	/* its own; all 0 at first */
	struct dest *table[DELIVER_TABLE];
	struct dest *turn, **turn_tail;	/* those that may send a job */
	struct dest *starved;		/* those that wait for the next tick */
	int put_off;			/* some: the next tick logs it */
	unsigned away, away_slot;	/* dest_away: how many; whose turn */
	struct share share;
	struct standing_table standings;
	struct deliver_room *room;
};

int	deliver_init(struct deliver *);		/* 0, or -1: no memory */
/* May call heard at once. */
void	deliver_add(struct deliver *, enum dest_kind, const char *key,
	    struct rcpt *);
/* Sends what can be sent now. */
void	deliver_run(struct deliver *);
/* The message waits in cur/, as that destination is dead.  Later: the name of
 * the next one that may be tried before its time, as it lives; 1, or 0. */
void	deliver_away(struct deliver *, enum dest_kind, const char *key,
	    const struct queue_name *);
int	deliver_back(struct deliver *, struct queue_name *);
/* The tables have changed: what waits for another server goes where it is to
 * go by now; key gives 0 and where, or -1: it stays. */
void	deliver_reroute(struct deliver *,
	    int (*key)(void *, const struct rcpt *, char [HOP_KEY]));
/* Once a second: ends idle processes, forgets idle destinations, logs what was
 * put off again, and puts off what a local deliverer has in hand that hangs. */
void	deliver_tick(struct deliver *);
/* An operator wants it tried: nobody counts as dead any more. */
void	deliver_forgive(struct deliver *);
/* Does any process owe an answer? */
int	deliver_asked(const struct deliver *);
/* Is there any process or dead destination that deliver_tick looks after? */
int	deliver_busy(const struct deliver *);

#endif
