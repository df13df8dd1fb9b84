/*
 * places - the directories of the queue and of the drop, checked.
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

/* Opens them; does not return (exit 100, with the cure) where one is missing,
 * is not ours, or others may write in it. */
void	places_open(const struct role_env *, struct places *);

/* The FIFO for hints, made where it is missing. */
int	places_trigger(const struct role_env *, const struct places *);

#endif
