/*
 * login - the records between a session and the password check.
 *
 *	session: mech NAME  [response BYTES]	begins a login
 *	         response BYTES			answers a challenge
 *	check:   challenge BYTES		go on
 *	         done ok | bad | later  text WORDS  [last BYTES]
 *
 * `last` is a final message of the server that goes with success (SCRAM).  The
 * check tells the listener who it is; the session is told only that it is
 * done.  A record is at most SASL_MESSAGE bytes and some.  Pure.
 */
#ifndef WIRE_LOGIN_H
#define WIRE_LOGIN_H

#include "base/buf.h"
#include "base/span.h"

enum login_result {
	LOGIN_OK,
	LOGIN_BAD,		/* these credentials are not good */
	LOGIN_LATER,		/* cannot be checked now */
	LOGIN_CHALLENGE		/* the mechanism goes on */
};

struct login_ask {
	struct span mech;	/* empty: a response to a challenge */
	int has_response;
	struct span response;
};

struct login_answer {
	enum login_result result;
	struct span challenge;	/* LOGIN_CHALLENGE, or last with LOGIN_OK */
	struct span text;
};

enum { LOGIN_RECORD = 8192 + 512 };

int	login_add_ask(struct buf *, const struct login_ask *);
int	login_add_answer(struct buf *, const struct login_answer *);
/* From the inside of a record.  0, or -1 with *why. */
int	login_parse_ask(struct span, struct login_ask *, const char **why);
int	login_parse_answer(struct span, struct login_answer *,
	    const char **why);

#endif
