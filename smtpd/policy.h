/*
 * policy - whether this server takes mail for an address from this client.
 */
#ifndef SMTPD_POLICY_H
#define SMTPD_POLICY_H

#include "base/verdict.h"
#include "mail/address.h"
#include "run/role.h"
#include "store/directory.h"

struct policy {
	enum { POLICY_NEW, POLICY_OPEN, POLICY_BROKEN } state;
	struct directory directory;
};

/*
 * 250 2.1.5; 550 5.1.1 (no such recipient here), 550 5.7.1 (not our domain and
 * a stranger), 451 4.3.5 (a table is damaged).  The tables are opened when
 * first asked for.  Who the client is comes from the listener's facts alone.
 * *rewritten: it looks like a sender that we rewrote, and the writer has the
 * last word (receive_rewritten).
 */
struct verdict policy_rcpt(struct policy *, struct role_env *,
	    const struct facts *, const struct address *, int *rewritten);

/* Does the address (normal form) belong to the user: their mailbox key or an
 * extension of it, an alias that leads to them, or one that
 * smtpd.submission.senders names?  1, 0, -1 a table is damaged. */
int	policy_owns(struct policy *, struct role_env *, const char *user,
	    struct span address);

#endif
