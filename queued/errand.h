/*
 * errand - orders to reporters, from the loop's side: a few at a time, each in
 * a child of its own (queued/order.h).
 */
#ifndef QUEUED_ERRAND_H
#define QUEUED_ERRAND_H

#include "base/verdict.h"
#include "queued/config.h"
#include "queued/message.h"
#include "queued/order.h"
#include "queued/watch.h"
#include "run/role.h"

enum { ERRANDS = 8, ERRAND_DROPS = 256, ERRAND_NAME = 256 };

struct errand {
	struct watch w;			/* first */
	struct errand *next;
	struct errands *all;
	enum order_kind kind;
	struct message *m;		/* a report about it */
	unsigned from, to;		/* recipients: told is kind + 1 */
	char name[ERRAND_NAME];		/* a drop */
};

struct errands {
	struct watches *watches;
	const struct role_env *env;
	const struct config *conf;
	const struct queue *queue;
	/* Its end; id is "" or what was accepted. */
	void (*done)(void *, const struct errand *, const struct verdict *,
	    const char *id);
	void *arg;
	/* its own */
	unsigned running, drops;	/* drops: waiting and running */
	struct errand *out;		/* those that run */
	struct errand *waiting, **tail;
	struct errand_room *room;
};

int	errand_init(struct errands *);		/* 0, or -1: no memory */
/* About all recipients that are told of kind; m->reports counts how many
 * reports that makes.  Where there is no memory, done is called at once. */
void	errand_report(struct errands *, struct message *, enum order_kind);
/* One that is on its way already is not sent for again.  0, or -1: not now
 * (ERRAND_DROPS are), or no such name. */
int	errand_drop(struct errands *, const char *name);
/* Starts what can be started. */
void	errand_run(struct errands *);

#endif
