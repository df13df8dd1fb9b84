/*
 * spool - the file that a message of sendmail becomes: in the queue's format,
 * in drop/ for queued to take over; or a nameless one, for via.
 */
#ifndef ADMIN_SPOOL_H
#define ADMIN_SPOOL_H

#include "store/queue.h"

struct spool {
	int fd, tmp, new;		/* -1: not open */
	char name[QUEUE_ID + 1];
	const char *state_dir;
	uint64_t max;			/* bytes of a message */
	struct queue_head head;
};

/* A new file in STATE_DIR/drop/tmp (-1 with errno: EACCES, EPERM, ENOENT mean
 * that this is not the way here), or one without a name. */
int	spool_open(struct spool *, const char *state_dir, uint64_t max);
int	spool_open_nameless(struct spool *, uint64_t max);

/* Adds to the message.  0, or -1 with errno (EFBIG: above max). */
int	spool_add(struct spool *, struct span);

/* Envelope, first line, fsync, rename to drop/new, fsync of it, hint.  0: the
 * message survives power loss; -1 with errno: there is none. */
int	spool_commit(struct spool *, struct span envelope);
void	spool_abort(struct spool *);	/* errno kept */

#endif
