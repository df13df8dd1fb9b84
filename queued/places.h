/*
 * places - the directories of the queue and of the drop.
 */
#ifndef QUEUED_PLACES_H
#define QUEUED_PLACES_H

#include "run/role.h"
#include "store/queue.h"

struct places {
	char queue_path[1024], drop_path[1024];
	struct queue queue;
	int drop, drop_tmp, drop_new;
};

/* Opens them; does not return (exit 100) where one is missing. */
void	places_open(const struct role_env *, struct places *);

/* Does not return (exit 111) when another queue is at that path by now. */
void	places_stay(const struct places *);

/* The group of a directory becomes that of the role, where it starts as root:
 * what is made there is for its group, and what others left there for it can
 * be read. */
void	places_group(struct role_env *, int dir);

/* The FIFO for hints, made where it is missing. */
int	places_trigger(const struct role_env *, const struct places *);

#endif
