/*
 * job - what queued asks of a deliverer, and what it answers.
 *
 * A job is one record on a packet channel, with a freshly opened descriptor of
 * the queue file beside it:
 *
 *	id ID  sender PATH  body 8BITMIME  utf8 1  ret HDRS  envid …
 *	size BYTES  class …  arrived SECONDS  repeat 1
 *	login NAME  secret …  token 1			(remoted only)
 *	then per recipient: rcpt N  to ADDRESS  orig ADDRESS  notify …  orcpt …
 *	    via ADDRESS (0..10 times: the way so far, oldest first)
 *	    ext EXT  run ENTRY  file NAME		(localdeliver only)
 *
 * rcpt N is queued's number of the recipient in that message, from 1; `to` is
 * where it goes now, `orig` what the client named.  `repeat` says that an
 * earlier attempt may have delivered already (anything but the first attempt
 * of a message that this queued saw arrive): localdeliver then looks in cur/
 * too.  `ext` is what stood behind the delimiter.  Answers, one record each
 * (several may share a packet), in any order:
 *
 *	id ID  rcpt N  kind done|later|never  code 250  enhanced 2.0.0  text …
 *	    peer …  dsn 1
 *	id ID  rcpt N  kind to  to TARGET (1..)  sender PATH  file NAME  kept 1
 *	ready 0:,			(remoted: give me the next of this key)
 *
 * with the id of the job it answers: several are in flight on a channel, and N
 * counts within a message.
 *
 * To `to`: what a forwarding file keeps in this home has been delivered before
 * the answer, and `kept` says that it does; each TARGET becomes a recipient of
 * its own.  A TARGET is an address (with its domain), or "|ENTRY": a program,
 * entry ENTRY (from 1) of the forwarding file NAME, which is given only with
 * such.  For a program queued sends a job to a child of the same mailbox with a
 * recipient whose to, orig, ext and via are those of the recipient that was
 * answered (its own address is not added to via), and `run ENTRY`, `file NAME`
 * beside; the child reads the file itself, so that no command ever travels, and
 * answers done, later or never.  Such a child is asked for with NOTE_SPAWN arg
 * SPAWN_PROGRAM: it delivers nothing itself, and takes one job after the other.
 *
 * `login` and `secret` are for a next hop that wants them; with `token` the
 * secret is one of OAuth.  `dsn` says that the next hop took over to report
 * (RFC 3461 5.2.1), so that nobody here has to tell of a success.
 *
 * `later` with 4.6.0 says that the message fails its checksum: queued puts it
 * into queue/bad.
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

enum { JOB_VIA = 10, JOB_RCPTS = 100, JOB_TO = 1000, JOB_PEER = 512 };

struct job_rcpt {
	unsigned nr;
	struct span to, orig, notify, orcpt;
	size_t nvia;
	struct span via[JOB_VIA];
	struct span ext;		/* localdeliver: of user+ext */
	unsigned run;			/* entry to execute, from 1; 0: none */
	struct span file;		/* and of which forwarding file */
};

struct job {
	struct span id, sender, body, ret, envid, class;
	struct span login, secret;	/* remoted: empty where not wanted */
	int token;
	int utf8;
	uint64_t size;			/* of the message in the queue file */
	int64_t arrived;
	int repeat;			/* may have been delivered before */
	size_t nrcpt;
	struct job_rcpt rcpt[JOB_RCPTS];
};

struct answer {
	int ready;			/* 1: nothing else is set */
	struct span id;			/* of the job it answers */
	unsigned nr;
	struct verdict verdict;		/* kind, code, enhanced, text */
	struct span peer;		/* whose reply it is; empty: ours */
	int dsn;			/* the next hop reports */
	size_t nto;			/* kind to */
	struct span to[JOB_TO];		/* addresses, or "|ENTRY" */
	struct span sender;
	struct span file;		/* kind to: of the entries named */
	int kept;			/* kind to: a copy stays here */
};

/* Adds a whole record.  0, or -1. */
int	job_add(struct buf *, const struct job *);
int	answer_add(struct buf *, const struct answer *);

/* From the inside of a record (record_next).  0, or -1 with *why.  Fills only
 * what is there: the rest of a large struct stays untouched. */
int	job_parse(struct span fields, struct job *, const char **why);
int	answer_parse(struct span fields, struct answer *, const char **why);

#endif
