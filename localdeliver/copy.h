/*
 * copy - a message of the queue as it goes into a mailbox: lines of ours in
 * front, CRLF as LF (a CR alone stays), checked against its length and
 * checksum, and looked through for the marks of a loop on the way.
 */
#ifndef LOCALDELIVER_COPY_H
#define LOCALDELIVER_COPY_H

#include "base/buf.h"
#include "localdeliver/loop.h"
#include "store/queue.h"
#include "wire/job.h"

struct copy {
	struct loop loop;		/* what the header section says */
	uint64_t bytes;			/* written */
	uint64_t crlf_bytes;		/* the same with CRLF line ends */
};

enum { COPY_LINES = 8192, COPY_DAMAGED = -2 };

/* Return-Path, then Delivered-To for `to` and the way it came, newest first.
 * 0, or -1: one holds what cannot stand in a header, or they are too long. */
int	copy_lines(struct buf *, struct span sender, const struct job_rcpt *);

/*
 * Lines (at most COPY_LINES) and the message of the queue file `from` go to
 * put(arg, span) in a few large pieces; c->loop is set up by the caller.  0;
 * -1 with errno of put or pread; COPY_DAMAGED: the message is not what its
 * checksum says.
 */
int	copy_message(struct copy *, int from, const struct queue_head *,
	    struct span lines, int (*put)(void *, struct span), void *arg);

#endif
