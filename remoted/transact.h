/* transact - one transaction: a message to some of its recipients. */
#ifndef REMOTED_TRANSACT_H
#define REMOTED_TRANSACT_H

#include "remoted/body.h"
#include "remoted/client.h"

enum fate_state {
	FATE_OPEN,			/* not known; verdict: why so far */
	FATE_AGAIN,			/* too many at once: next transaction */
	FATE_KNOWN
};

struct fate {
	enum fate_state state;
	int accepted;			/* its RCPT, in this transaction */
	int dsn;
	int told;			/* open again: its last words stand */
	int final;			/* heard after the text */
	struct verdict verdict;
	char peer[DNS_NAME + 64];	/* whose words; empty: ours */
};

/*
 * For all recipients that are FATE_OPEN or FATE_AGAIN.  0: the connection may
 * be used again; -1: it is closed, or of no use for this message; what is
 * FATE_OPEN then may be tried elsewhere.  Nothing stays FATE_OPEN once the last
 * dot was sent.
 */
int	transact(struct client *, const struct job *, struct body *,
	    struct fate *);
/* Its verdict so far; peer is kept where these are that server's words. */
void	fate_words(struct fate *, const struct verdict *, const char *peer);

#endif
