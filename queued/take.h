/*
 * take - a message enters an attempt: by hint, by scan, or when it is due.
 */
#ifndef QUEUED_TAKE_H
#define QUEUED_TAKE_H

#include "queued/loop.h"

/* Is there room in memory for what comes back from cur/?  A quarter is left
 * to new mail. */
int	take_room(const struct queued *);

void	take_new(struct queued *, const char *id, int hint);
void	take_due(struct queued *, int64_t now);
/* All the hints that wait in the FIFO. */
void	take_hints(struct queued *);

/* This one waits in cur/: if a hint asked for it (or for too many to know), an
 * operator wants it tried now, whatever seemed dead. */
void	take_asked(struct queued *, const char *id);

void	take_drop(struct queued *, const char *name);
void	take_drop_heard(struct queued *, const struct errand *,
	    const struct verdict *);

/* Once a second: what was put off for a destination that lives again. */
void	take_back(struct queued *);

#endif
