/*
 * trace - the Received field (RFC 5321 4.4).
 *
 * What the peer said (helo, proto, tls, rcpt) is made harmless here: nobody
 * else needs to have looked at it.
 */
#ifndef MAIL_TRACE_H
#define MAIL_TRACE_H

#include <stdint.h>

#include "base/buf.h"
#include "base/span.h"
#include "mail/envelope.h"

enum { TRACE_HELO = 255 };		/* bytes of it that are written */

struct trace {
	enum mail_class class;
	struct span class_arg;		/* local: the user id */
	struct span client;		/* address text, no brackets */
	struct span helo, proto, tls;	/* tls: "TLSv1.3 CIPHER" */
	struct span rcpt;		/* the only recipient, or empty */
	const char *hostname, *id;	/* ours */
	int64_t time;
};

/*
 * Adds the field, CRLF and folded, at most about 1,100 bytes:
 *
 *	from HELO ([CLIENT]) by HOST with PROTO (TLS cipher CIPHER) id ID
 *	    for <RCPT>; DATE
 *
 * Class user: neither HELO nor CLIENT is told to the world ("from unknown").
 * Class local: "by HOST (correo, from userid UID)"; report: "by HOST (correo)".
 * 0, or -1 when the buf failed.
 */
int	trace_received(struct buf *, const struct trace *);

#endif
