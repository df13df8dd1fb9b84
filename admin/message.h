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
	int active;			/* a deliverer has it in hand */
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

/* As a person wants it: one of cur/ whose time has come is active too. */
const char *message_state(const struct message *, int64_t now);
int	message_dir(const struct queue *, enum message_state);

/* Opens what it needs of the file of that name.  0; 1: there is none; -1: the
 * name is none of ours, or no memory. */
int	message_read(const struct queue *, enum message_state, const char *file,
	    struct message *);
void	message_free(struct message *);

/* What state/ID says, into rcpt and reason.  Pure: story is its text, and
 * nrcpt and rcpt are set. */
int	message_story(struct message *);

enum { MESSAGE_LIST = 32768, MESSAGE_ALL = (1 << MESSAGE_STATES) - 1 };

struct message_listed {
	char file[QUEUE_NAME];
	enum message_state state;
};

/*
 * Every file of those states (1 << STATE) whose name is ours, in lists of up to
 * MESSAGE_LIST.  Each is in the order of ids; a queue of several is not, and
 * what is renamed between them may come twice, or not at all.  Stops when call
 * returns not 0.  0; -1: a directory cannot be read, said.
 */
int	message_lists(const struct queue *, unsigned states, int (*call)(void *,
	    const struct message_listed *, size_t), void *);

/* Adds a line for each file of new, cur and hold that queued passes over,
 * because its name says nothing there.  0, or -1. */
int	message_odd(const struct queue *, struct buf *lines);

#endif
