/*
 * message - one message of the queue, as an operator asks for it.
 *
 * What cannot be read (operators see names, not mail) leaves its fields empty
 * and `readable` 0.
 */
#ifndef ADMIN_MESSAGE_H
#define ADMIN_MESSAGE_H

#include "mail/envelope.h"
#include "store/queue.h"

enum message_state { MESSAGE_NEW, MESSAGE_DEFERRED, MESSAGE_HOLD, MESSAGE_BAD,
	MESSAGE_STATES };

struct message_rcpt {
	struct span address;		/* of the envelope, or of an alias */
	int finished;			/* done, never, or gone on to others */
	struct span last;		/* newest outcome, behind "rN " */
	int64_t when;
};

struct message {
	char file[QUEUE_NAME];
	struct queue_name name;
	enum message_state state;
	int readable;
	const char *trouble;		/* not readable: why */
	int64_t arrived;
	struct queue_head head;
	struct envelope env;
	size_t nrcpt;
	struct message_rcpt *rcpt;
	struct span reason;		/* newest that is no success */
	struct buf bytes, story;	/* envelope, state/ID */
};

const char *message_state_name(enum message_state);
int	message_dir(const struct queue *, enum message_state);

/* Opens what it needs of the file of that name.  0; -1: it is gone, or the
 * name is none of ours. */
int	message_read(const struct queue *, enum message_state, const char *file,
	    struct message *);
void	message_free(struct message *);

/* What state/ID says, into rcpt and reason.  Pure: story is its text, and
 * nrcpt and rcpt are set. */
int	message_story(struct message *);

/* Calls for every file of new, cur, hold and bad whose name is ours, in the
 * order of ids.  -1: a directory cannot be read, said; else what the callback
 * returned last (not 0 stops). */
int	message_each(const struct queue *, int (*)(void *,
	    enum message_state, const char *file), void *);

#endif
