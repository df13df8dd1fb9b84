/*
 * sasl_dialog - a login (RFC 4422) of SMTP, POP3 or IMAP, where what client and
 * password check say to each other is carried between them.
 *
 * The session learns no user: the check tells the listener, and who goes on is
 * another process (DESIGN 5).
 */
#ifndef RUN_SASL_DIALOG_H
#define RUN_SASL_DIALOG_H

#include "base/span.h"

enum sasl_end {
	SASL_DONE,			/* the client is who it says */
	SASL_REFUSED,			/* these credentials are not good, or
					 * more was said after they were */
	SASL_LATER,			/* cannot be checked now */
	SASL_NOT_INITIAL,		/* bad initial response: base64 of at
					 * most SASL_MESSAGE bytes is wanted */
	SASL_NOT_BASE64,		/* the same of a later one */
	SASL_CANCELLED,
	SASL_TOO_MANY,			/* ASK_LOGINS were asked already: the
					 * listener ends a session that goes on */
	SASL_GONE			/* the client has gone */
};

struct sasl_client {
	int control;			/* to the listener */
	unsigned *tries;		/* of this connection, from 0 */
	const char *prompt;		/* before a challenge: "+ " */
	/* Sends a line of ours, CR LF and all, and reads the client's, without
	 * its end: 1, or 0: it has gone. */
	int (*turn)(void *of, struct span line, struct span *answer);
	void *of;
};

/*
 * A login, to its end; initial is in base64, NULL when there is none.  *why
 * is what the check says of SASL_REFUSED and SASL_LATER, or empty; it stands
 * until the next login.
 */
enum sasl_end sasl_dialog(const struct sasl_client *, const char *mech,
	    const struct span *initial, struct span *why);
/* The same with a user name and a password, as PLAIN. */
enum sasl_end sasl_password(const struct sasl_client *, struct span user,
	    struct span password, struct span *why);

#endif
