/*
 * dsn - a report about what became of a message, for its sender.
 *
 * multipart/report (RFC 6522) of words for a person, message/delivery-status
 * (RFC 3464), and the header or all of the message; with utf8 in the forms of
 * RFC 6533.  What others said is made harmless here.  Pure.
 */
#ifndef MAIL_DSN_H
#define MAIL_DSN_H

#include <stdint.h>

#include "base/buf.h"
#include "base/span.h"

enum dsn_kind { DSN_FAILED, DSN_DELAYED, DSN_DONE };

struct dsn_rcpt {
	struct span to;			/* where it went */
	struct span named;		/* what the sender wrote */
	struct span orcpt;		/* "rfc822;…", or empty */
	const char *action;		/* RFC 3464 2.3.3 */
	unsigned code;			/* SMTP reply, 0: none */
	struct span enhanced, text;
	struct span peer;		/* whose reply that is; empty: ours */
	int64_t when;			/* of that answer; 0: none */
};

struct dsn {
	enum dsn_kind kind;
	const char *hostname;		/* ours */
	const char *id;			/* the report's own */
	struct span to;			/* who gets it */
	int null;			/* the message had no sender: it goes to
					 * postmaster instead */
	struct span envid, message_id;	/* or empty */
	int64_t now, arrived, until;	/* until: delayed */
	int utf8;
	int whole;			/* original: all, else the header */
	struct span original;
	size_t nrcpt;
	const struct dsn_rcpt *rcpt;
};

/* The message, from its Date field on.  0, or -1 when the buf failed. */
int	dsn_compose(struct buf *, const struct dsn *);

#endif
