/*
 * batch - deliveries on their way into Maildirs, made durable together.
 *
 * The order of its calls is the promise (RELIABILITY: no verdict before the
 * disk has the mail): write tmp/ → fsync(file) → rename to new/, no replace →
 * fsync(new) → the answers.
 */
#ifndef LOCALDELIVER_BATCH_H
#define LOCALDELIVER_BATCH_H

#include "base/buf.h"
#include "localdeliver/copy.h"
#include "localdeliver/deliver.h"
#include "store/maildirsize.h"

enum { BATCH_PLACES = 1 + 2 * 8, BATCH_RCPTS = 64 };

/* A Maildir that this child delivers to; place 0 is the mailbox itself. */
struct place {
	char path[512];			/* in the home */
	struct maildir maildir;
	int counts;			/* towards the mailbox's quota */
	int dirty, failed;		/* new/ to be flushed; could not be */
};

struct batch_file {
	size_t place, rcpt;
	int fd;				/* -1: nothing to rename any more */
	uint64_t bytes;
	char tmp[MAILDIR_NAME], name[MAILDIR_NAME];
};

/* A recipient whose answer waits for its files. */
struct batch_rcpt {
	char id[QUEUE_ID];
	unsigned nr;
	struct verdict verdict;
	struct buf to;			/* a record of kind to, or empty */
};

struct batch {
	const struct owner *owner;
	size_t nplace, nfile, nrcpt;
	size_t placed;			/* of nfile, in new/ or dropped */
	struct place place[BATCH_PLACES];
	struct batch_file file[DELIVER_FILES];
	struct batch_rcpt rcpt[BATCH_RCPTS];
	int quota_known;		/* since the last flush */
	struct quota quota;
};

void	batch_init(struct batch *, const struct owner *);
/* Is there room for one more recipient, whatever it wants? */
int	batch_full(const struct batch *);

/* A recipient joins; its verdict stands until something goes wrong. */
struct batch_rcpt *batch_rcpt(struct batch *, struct span id, unsigned nr,
	    const struct verdict *);

/* The message that is being given out to recipients. */
struct batch_source {
	int fd;
	const struct queue_head *head;
	const struct job *job;
};

/* A copy for the latest recipient into a folder of the home; NULL: into the
 * mailbox.  What goes wrong becomes that recipient's verdict. */
void	batch_copy(struct batch *, const struct batch_source *,
	    const struct job_rcpt *, const char *folder);

/* No copy stays here, but the message is looked through all the same: its sum,
 * and the marks of a loop. */
void	batch_look(struct batch *, const struct batch_source *,
	    const struct job_rcpt *);

/* Flushes the files that are not yet in new/, and renames them into it: they
 * are there to be read, and their answers wait for batch_flush. */
void	batch_place(struct batch *);

/* Makes everything durable, answers, and empties the batch.  0; -1: nobody
 * listens, or a directory could not be flushed: this process must end. */
int	batch_flush(struct batch *, int ch);
/* One recipient's answer as a record. */
void	batch_record(struct buf *, struct span id, unsigned nr,
	    const struct verdict *);

#endif
