/*
 * queue - the mail queue on disk: one file per message, its name is its id.
 *
 *	queue/tmp/ID		being written, locked; nothing was promised
 *	queue/new/ID		accepted; its first attempt is unfinished
 *	queue/cur/ID:aN,dT	N attempts made, due again at T
 *	queue/hold/NAME		the operator's
 *	queue/bad/NAME		failed its checksum; never deleted by us
 *	queue/state/ID		outcomes so far (a line each), see queue(5)
 *
 * A file is one line of fixed length, the message (CRLF), the envelope
 * (fields of wire/record).  It never changes once it stands in new/.  Only the
 * uid correo-queue writes here.  DESIGN 4; correo-queue(5).
 */
#ifndef STORE_QUEUE_H
#define STORE_QUEUE_H

#include <sys/types.h>
#include <sys/uio.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/span.h"

enum {
	QUEUE_ID = 20,			/* characters 0-9 a-v */
	QUEUE_HEAD = 83,		/* bytes of the first line */
	QUEUE_NAME = 64,		/* longest file name with its NUL */
	QUEUE_ENVELOPE_MAX = 8 << 20
};

struct queue {
	int dir, tmp, new, cur, hold, bad, state;	/* descriptors */
	int one_flush;			/* of the file: its name goes with it */
};

/* Opens the directories below path; none may be a symbolic link.  0, or -1
 * with errno and *missing naming which ("new", "" for path itself). */
int	queue_open(struct queue *, const char *path, const char **missing);
/* Of one that was inherited over a fork: new/ by a description of one's own, as
 * the kernel tells an error of a flush once for each.  0, or -1 with errno. */
int	queue_own(struct queue *);
/* Is it what that path leads to?  1, or 0. */
int	queue_here(const struct queue *, const char *path);
/* Is another queue at that path by now, complete?  1, or 0. */
int	queue_moved(const struct queue *, const char *path);

/* A fresh id: 13 digits of nanoseconds since 1970, 7 random ones. */
void	queue_id(char id[QUEUE_ID + 1]);
int	queue_id_valid(struct span);
uint64_t queue_id_ns(const char *id);		/* since 1970 */
int64_t	queue_id_time(const char *id);		/* in seconds */
/* The id of the report numbered n about a message: the same each time it is
 * asked for, so that a report repeated after a crash meets its own name.  Its
 * time is the parent's: a report's age is that of its file (mtime). */
void	queue_id_child(const char *parent, unsigned n, char id[QUEUE_ID + 1]);

/* The id of what was made at that time and is known by those bytes: the same
 * each time it is asked for. */
void	queue_id_of(uint64_t ns, struct span, char id[QUEUE_ID + 1]);

struct queue_name {
	char id[QUEUE_ID + 1];
	unsigned attempts;
	int64_t due;			/* 0 in new/ */
};

/* "ID" or "ID:aN,dT".  0, or -1: not a name of ours. */
int	queue_name_parse(struct span, struct queue_name *);
/* "ID:aN,dT" */
void	queue_name_format(const struct queue_name *, char out[QUEUE_NAME]);

struct queue_head {
	uint64_t body, env;		/* bytes */
	uint32_t bodysum, envsum;	/* crc32c */
};

/* The first line.  parse: 0; -1 damaged; 1 a format version that this build
 * does not know (left in place and named, never bad). */
void	queue_head_format(const struct queue_head *, char out[QUEUE_HEAD]);
int	queue_head_parse(struct span, struct queue_head *);

/*
 * Accept.  The one way into the queue; the order of its calls is the promise
 * (see queue_accept.c).  One struct serves one message after another.
 */
struct accept {
	const struct queue *q;
	int fd;				/* -1: none open */
	char id[QUEUE_ID + 1];
	struct queue_head head;
};

/*
 * A new file in tmp/, locked.  id NULL: a fresh one.  0, or -1 with errno.
 * With a given id EEXIST means that it was accepted before and is still here:
 * it stands in new/, or in state/, as all that left new/ do.  What a dead
 * process left of it in tmp/ makes way; EAGAIN: a living one is writing it.
 */
int	accept_open(struct accept *, const struct queue *, const char *id);
/* Adds to the message.  v[0] is left free by the caller for the first line;
 * v[1..n) is body.  Changes v.  0, or -1 with errno: then abort. */
int	accept_body(struct accept *, struct iovec *v, int n);
/*
 * Last pieces of the body (as accept_body; v[n] is left free too, for the
 * envelope), envelope, first line, rename to new/, flush.
 * 0: the message survives power loss.  -1 with errno: there is no message.
 * ACCEPT_STOP: the directory's fsync failed; what is on disk is unknown and
 * this service must take no mail until it was restarted.  The file is closed
 * and, unless 0, unlinked.
 */
enum { ACCEPT_STOP = -2 };
int	accept_commit(struct accept *, struct iovec *v, int n,
	    struct span envelope);
void	accept_abort(struct accept *);	/* closes and unlinks; errno kept */

/* Reading back.  0; -1 with errno; or QUEUE_DAMAGED, QUEUE_VERSION. */
enum { QUEUE_DAMAGED = -2, QUEUE_VERSION = -3 };
int	queue_read_head(int fd, struct queue_head *);
/* The envelope's fields into b (its max limits), checked against its sum. */
int	queue_read_envelope(int fd, const struct queue_head *, struct buf *b);
/* Everything against its sums: 1 = whole, 0 = not, -1 with errno. */
int	queue_whole(int fd);
/* 1 = it ends early, or its first line was never written, as a power cut
 * leaves a file that was not promised to anybody; 0 = damaged otherwise. */
int	queue_unfinished(int fd);

#endif
