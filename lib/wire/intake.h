/*
 * intake - how a session hands a message to a writer, and what it hears.
 *
 * A stream channel of records (wire/record).  The writer speaks first:
 *
 *	room BYTES		what may be accepted now, above the free-space
 *				and free-inode floor; 0: the disk is full
 * then for each message the session sends
 *
 *	head	helo, proto, [tls], sender, [ret], [envid], [body], [utf8]
 *	rcpt	rcpt, [notify], [orcpt]; one or more recipients to a record
 *	data	data BYTES (at most INTAKE_DATA), in order, 0 or more
 *	commit	commit 0:	or	reset 0: (forget it; no answer)
 *
 * told apart by the name of the first field (helo, rcpt, data, commit, reset).
 * To commit comes one answer
 *
 *	kind done|later|never  code 250  enhanced 2.0.0  text …
 *	id ID  room BYTES
 *
 * Before a head it may ask
 *
 *	rewritten	rewritten LOCAL: is that a sender that we rewrote
 *			(mail/srs.h)?  Yes: room BYTES; no: an answer
 *
 * as only the writer knows the key.  The writer adds class and client from the
 * listener's stamp, and the Received line above the data; the session cannot
 * say either.  Records out of order end the channel.  Pure.
 */
#ifndef WIRE_INTAKE_H
#define WIRE_INTAKE_H

#include <stdint.h>

#include "base/buf.h"
#include "base/span.h"
#include "base/verdict.h"
#include "mail/envelope.h"

enum { INTAKE_DATA = 32768 };

struct intake_answer {
	struct verdict verdict;
	char id[32];			/* done: the queue's id */
	uint64_t room;
};

int	intake_add_room(struct buf *, uint64_t room);
int	intake_add_answer(struct buf *, const struct intake_answer *);
/* From the inside of a record: room or answer.  0, or -1 with *why. */
int	intake_parse_room(struct span, uint64_t *, const char **why);
int	intake_parse_answer(struct span, struct intake_answer *,
	    const char **why);

/* The head of an envelope without class and client; then recipients. */
int	intake_add_head(struct buf *, const struct envelope *);
int	intake_add_rcpt(struct buf *, const struct envelope_rcpt *);
int	intake_add_rewritten(struct buf *, struct span local);
int	intake_add_commit(struct buf *);
int	intake_add_reset(struct buf *);
/* What stands before and behind n bytes of data, so that they need no copy. */
size_t	intake_data_prefix(char out[48], size_t n);
extern const char intake_data_suffix[3];	/* ",\n," */
/* Data of no bytes: the writer makes its file ahead of the text. */
#define INTAKE_NO_DATA SPAN("9:data 0:,\n,")

enum intake_kind { INTAKE_HEAD, INTAKE_RCPT, INTAKE_BODY, INTAKE_COMMIT,
	INTAKE_RESET, INTAKE_REWRITTEN };
/* Which of the session's records this is.  0, or -1 with *why. */
int	intake_kind(struct span fields, enum intake_kind *, const char **why);

#endif
