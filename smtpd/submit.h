/*
 * submit - the header of a message from one of our users (RFC 6409): that it
 * is theirs, what is added, what is taken out.  No I/O.
 */
#ifndef SMTPD_SUBMIT_H
#define SMTPD_SUBMIT_H

#include "base/buf.h"
#include "base/verdict.h"

struct submit {
	/* Does the address (normal form) belong to the login?  1, 0, -1 a
	 * table is damaged. */
	int (*owns)(void *arg, struct span address);
	void *arg;
	const char *hostname;		/* of a Message-ID that we make */
	int64_t time;
};

/*
 * header: up to and with the empty line, if there is one.  250 and *out is the
 * header as it goes on; or why the message is refused, by a rule that the text
 * names.  *out has the ceiling that it needs.
 */
struct verdict submit_header(const struct submit *, struct span header,
	    struct buf *out);

#endif
