/*
 * receive - a message on its way from the client to the writer.
 *
 * What the envelope says is kept as records until the text comes; the text
 * goes on from the client's read buffer itself, and a message that fits there
 * leaves in one write together with its envelope and its commit.
 */
#ifndef SMTPD_RECEIVE_H
#define SMTPD_RECEIVE_H

#include "base/buf.h"
#include "base/verdict.h"
#include "mail/envelope.h"
#include "smtpd/config.h"
#include "smtpd/submit.h"
#include "sys/stream.h"
#include "wire/smtp_data.h"

enum {
	RECEIVE_BUFFER = 65536,		/* of the client's stream, at most */
	RECEIVE_ANSWER = 4096		/* enough for the writer's */
};

struct receive {
	struct stream writer;		/* fd -1: none; b, size: the caller's */
	int given;			/* of one that came unasked, or -1 */
	unsigned asked;			/* for writers: ASK_WRITERS at most */
	uint64_t room;			/* what the writer said it may take */
	struct buf records;		/* envelope that was not sent yet */
	int sent;			/* the writer has begun this message */
	int lost;			/* the writer was lost on its way */
	int begun;			/* the text has begun */
	struct smtp_data text;
	const struct submit *submit;	/* the header's rules; NULL: none */
	enum { HEADER_PASSES, HEADER_HELD, HEADER_DONE } head;
	struct buf header;		/* held until it ends */
	struct verdict no;		/* what the rules say; code 0: nothing */
	size_t seen, kept;		/* bytes of the client's buffer: read
					 * as text, and of these to be sent */
	uint64_t began_ms;
};

/* Greets the writer that was given, or asks the listener for one, unless there
 * is one already.  0, or -1: none. */
int	receive_writer(struct receive *, int control);
/* No more of this writer: the next message asks for another. */
void	receive_drop(struct receive *);

/* Is it a sender that we rewrote?  `yes`, or why not. */
struct verdict receive_rewritten(struct receive *, struct span local,
	    struct verdict yes);

/* The envelope: head (at MAIL) first.  0, or -1: no memory. */
int	receive_head(struct receive *, const struct envelope *);
int	receive_rcpt(struct receive *, const struct envelope_rcpt *);
/* Forgets the message in hand, if any. */
void	receive_forget(struct receive *);

/*
 * DATA: takes the text up to its end, and hears the writer.  BDAT: takes n
 * bytes; with last != 0 as DATA at its end.  1: *v is the answer and the
 * message is done with (a chunk but the last: 250, and it goes on); else the
 * client is lost, as stream_fill says it.
 */
int	receive_data(struct receive *, struct stream *client,
	    const struct smtpd_conf *, struct verdict *v);
int	receive_chunk(struct receive *, struct stream *client,
	    const struct smtpd_conf *, uint64_t n, int last,
	    struct verdict *v);
/* BDAT out of order: its n bytes are read and thrown away.  1, or as above. */
int	receive_discard(struct stream *client, const struct smtpd_conf *,
	    uint64_t n);

#endif
