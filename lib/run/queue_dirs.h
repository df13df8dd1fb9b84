/*
 * queue_dirs - are the directories of the queue and of the drop safe, and the
 * FIFO in it?
 */
#ifndef RUN_QUEUE_DIRS_H
#define RUN_QUEUE_DIRS_H

#include "run/site.h"

/* For the monitors of smtpd and queued, before anything starts: adds a line
 * "PATH: REASON; the cure" for each directory that is missing, is not the
 * queue's user's, or where others may write.  0, or -1. */
void	queue_dirs_check(const struct site *, struct buf *errors);

/* Opens the FIFO drop/trigger for both ends, so that it can be opened whoever
 * else has it.  drop/ is not root's, and root opens this: no link is followed,
 * and nothing but a FIFO taken.  A descriptor, or -1 with errno (EINVAL: it is
 * none). */
int	queue_trigger(int dir, const char *path);

#endif
