/*
 * waiting - what the recipients in memory wait for, told when `correo queue
 * why` asks: no file of the queue says it, as it changes all the time.
 *
 *	queue/state/waiting	= *line
 *	line			= ID " r" NR " " SECONDS " " TEXT LF
 *
 * SECONDS (since 1970) is when its turn comes, as far as that is known; 0: not.
 */
#ifndef QUEUED_WAITING_H
#define QUEUED_WAITING_H

#include "queued/deliver.h"

/* The file is another one then.  0, or -1 with errno. */
int	waiting_tell(const struct deliver *, const struct queue *);

#endif
