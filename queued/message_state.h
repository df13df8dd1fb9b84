/*
 * message_state - the outcomes of a message in state/ID.
 */
#ifndef QUEUED_MESSAGE_STATE_H
#define QUEUED_MESSAGE_STATE_H

#include "queued/message.h"

enum {
	STATE_MAX = 64 << 20,
	STATE_LATER = 8 << 20	/* from there on not who has to wait again */
};

/* What earlier attempts left.  A line that makes no sense is passed over with
 * a warning: at worst somebody gets a second copy.  0, or -1 with errno. */
int	message_read_state(struct message *, const struct queue *);

#endif
