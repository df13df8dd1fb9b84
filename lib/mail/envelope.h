/*
 * envelope - what stands behind the message in a queue file: who sent it, to
 * whom, and by which door it came.  Fields of wire/record, in this order:
 *
 *	class     stranger | net | user KEY | local UID | report PARENT
 *	client    address text; absent for local and report
 *	helo, proto (ESMTP, ESMTPSA …, RFC 3848), tls ("TLSv1.3 CIPHER")
 *	sender    reverse-path without <>, empty for the null one
 *	ret, envid, body ("8BITMIME" …), utf8 ("1")		where given
 *	then for each recipient: rcpt, and after it where given
 *	    notify ("FAILURE,SUCCESS"), orcpt ("rfc822;…", decoded)
 *
 * Absent fields are empty spans.  Pure.
 */
#ifndef MAIL_ENVELOPE_H
#define MAIL_ENVELOPE_H

#include "base/buf.h"
#include "base/span.h"

enum {
	ENVELOPE_RCPTS = 10000,
	ENVELOPE_VALUE = 4096	/* of a field; a job's record has room for it */
};

enum mail_class {
	CLASS_STRANGER, CLASS_NET, CLASS_USER, CLASS_LOCAL, CLASS_REPORT
};

struct envelope_rcpt {
	struct span address, notify, orcpt;
};

struct envelope {
	enum mail_class class;
	struct span class_arg;		/* KEY, UID, PARENT */
	struct span client, helo, proto, tls;
	struct span sender, ret, envid, body;
	int utf8;
	size_t nrcpt;
	struct envelope_rcpt *rcpt;	/* owned; the spans are borrowed */
};

/* Fields before the first recipient; each recipient is added behind. */
int	envelope_add_head(struct buf *, const struct envelope *);
int	envelope_add_rcpt(struct buf *, const struct envelope_rcpt *);

/*
 * 0, or -1 with *why.  Begins with its class, has a sender, no field twice
 * and none that is too long; unknown fields are passed over (a later version
 * may add some), and so are fields of the head behind a recipient.  It may have
 * no recipient yet.  Spans point into the argument; free it after 0.
 */
int	envelope_parse(struct span, struct envelope *, const char **why);
void	envelope_free(struct envelope *);

/* "stranger", "user alice@…".  parse: 0 or -1. */
int	class_add(struct buf *, enum mail_class, struct span arg);
int	class_parse(struct span, enum mail_class *, struct span *arg);

#endif
