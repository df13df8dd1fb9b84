/*
 * job - what queued asks of a deliverer, and what it answers.
 *
 * A job is one record on a packet channel, with a freshly opened descriptor of
 * the queue file beside it:
 *
 *	id ID  sender PATH  body 8BITMIME  utf8 1  ret HDRS  envid …
 *	size BYTES  class …  arrived SECONDS
 *	then per recipient: rcpt N  to ADDRESS  orig ADDRESS  notify …  orcpt …
 *	    via ADDRESS (0..10 times: the way so far, oldest first)
 *
 * rcpt N is queued's number of the recipient in that message, from 1; `to` is
 * where it goes now, `orig` what the client named.  Answers, one record each
 * (several may share a packet), in any order:
 *
 *	rcpt N  kind done|later|never  code 250  enhanced 2.0.0  text …  peer …
 *	rcpt N  kind to  to ADDRESS (1..)  sender PATH
 *	rcpt N  kind run  run ENTRY  file ".forward" 
 *	ready 0:,			(remoted: give me the next of this key)
 *
 * An unknown number, a second verdict or a short record closes the channel;
 * what has no verdict then is "later".  Spans are borrowed.  Pure.
 * correo-record(5).
 */
#ifndef WIRE_JOB_H
#define WIRE_JOB_H

#include <stdint.h>

#include "base/buf.h"
#include "base/span.h"
#include "base/verdict.h"

enum { JOB_VIA = 10, JOB_RCPTS = 100, JOB_TO = 1000 };

struct job_rcpt {
	unsigned nr;
	struct span to, orig, notify, orcpt;
	size_t nvia;
	struct span via[JOB_VIA];
};

struct job {
	struct span id, sender, body, ret, envid, class;
	int utf8;
	uint64_t size;			/* of the message in the queue file */
	int64_t arrived;
	size_t nrcpt;
	struct job_rcpt rcpt[JOB_RCPTS];
};

struct answer {
	int ready;			/* 1: nothing else is set */
	unsigned nr;
	struct verdict verdict;		/* kind, code, enhanced, text */
	struct span peer;
	size_t nto;			/* kind to */
	struct span to[JOB_TO];
	struct span sender;
	unsigned run;			/* kind run: entry, from 1 */
	struct span file;		/* and of which forwarding file */
};

/* Adds a whole record.  0, or -1. */
int	job_add(struct buf *, const struct job *);
int	answer_add(struct buf *, const struct answer *);

/* From the inside of a record (record_next).  0, or -1 with *why.  Fills only
 * what is there: the rest of a large struct stays untouched. */
int	job_parse(struct span fields, struct job *, const char **why);
int	answer_parse(struct span fields, struct answer *, const char **why);

#endif
