/*
 * route - where one recipient goes, by the tables as they are now.
 *
 * The class says what a client may name (DESIGN 4): a stranger only addresses
 * of our domains and relay domains.  What our own aliases and forwards make of
 * those may go anywhere.
 */
#ifndef QUEUED_ROUTE_H
#define QUEUED_ROUTE_H

#include "base/verdict.h"
#include "mail/envelope.h"
#include "store/directory.h"
#include "wire/hop.h"

enum route_kind {
	ROUTE_LOCAL,			/* key: the mailbox; ext */
	ROUTE_REMOTE,			/* elsewhere: route_hop says where */
	ROUTE_ALIAS,			/* targets */
	ROUTE_REFUSED			/* verdict: later or never */
};

struct route {
	enum route_kind kind;
	char key[HOP_KEY], ext[65];	/* HOP_KEY > ADDRESS_MAX */
	char normal[ADDRESS_MAX + 1];	/* of the address asked for */
	struct span targets;		/* borrowed from the table, or from: */
	char back[ADDRESS_MAX + 1];	/* who a rewritten sender was */
	struct verdict verdict;
};

/* user: aliases are passed over (\user, or one that names itself). */
void	route_find(struct directory *, enum mail_class, int named_by_client,
	    int user, struct span address, struct route *);

/*
 * For ROUTE_REMOTE, once the sender is known as it will be told: key becomes
 * the next hop (wire/hop.h), or it is refused after all.  The routes table is
 * asked for the recipient's domain and those above it, for "from:" and the
 * sender's in the same way, and for "*".
 */
void	route_hop(struct directory *, struct span sender, struct route *);

#endif
