/*
 * directory - who an address is: the compiled tables and what they mean.
 *
 *	domains.cdb  domain               -> "local" | "alias DOMAIN" | "relay"
 *	aliases.cdb  local | local@domain | @domain -> "target, target …"
 *	users.cdb    mailbox key          -> "UID:GID:HOME:options"
 *	relay.cdb    "net NETWORK"        -> ""       (networks that may relay)
 *	             "bits"               -> "4/24 6/64 …" (lengths in use)
 *	             "rcpt local@domain"  -> ""
 *	             "list DOMAIN"        -> ""  (domain has a recipient list)
 *	routes.cdb   domain | .domain | * -> "TARGET options"
 *
 * All keys are in normal form (address_normal): lower-case domain, lower-case
 * local part.  A mailbox key is an address, or a bare name for a system user,
 * whose addresses are name@ every local domain.  Used by smtpd (is there such
 * a recipient?), queued (where does it go?) and admin.  cdb wants no I/O but
 * the map, so tables of descriptors serve a chrooted process.
 */
#ifndef STORE_DIRECTORY_H
#define STORE_DIRECTORY_H

#include "base/ip.h"
#include "base/span.h"
#include "store/mailbox.h"
#include "mail/address.h"
#include "sys/table.h"

enum directory_table {
	TABLE_DOMAINS, TABLE_ALIASES, TABLE_USERS, TABLE_RELAY, TABLE_ROUTES,
	TABLE_COUNT
};
extern const char *const directory_name[TABLE_COUNT];	/* "domains" … */

struct directory {
	struct table table[TABLE_COUNT];
	const char *hostname;		/* ours; counts as a local domain */
	const char *domains;		/* `domains` in correo.conf: words */
	char delimiter;			/* of user+ext; 0: none */
};

/* Takes the descriptors over (-1 where there is no such table). */
int	directory_open(struct directory *, const int fd[TABLE_COUNT]);
void	directory_close(struct directory *);

enum domain_class { DOMAIN_NONE, DOMAIN_LOCAL, DOMAIN_ALIAS, DOMAIN_RELAY };

/* Of a domain in normal form, or "[address]" (a literal of ours is local:
 * none is, unless named in domains).  DOMAIN_ALIAS: *target is the other
 * domain.  -1: a table is damaged. */
int	directory_domain(struct directory *, struct span domain,
	    enum domain_class *, struct span *target);

enum recipient_kind {
	RECIPIENT_NONE,			/* no such in a domain of ours */
	RECIPIENT_FOREIGN,		/* not our domain */
	RECIPIENT_RELAY,		/* a relay domain takes it */
	RECIPIENT_MAILBOX,		/* key, ext */
	RECIPIENT_ALIAS,		/* targets: text of the table */
	RECIPIENT_REWRITTEN		/* looks like a sender that we rewrote
					 * (mail/srs.h): queued knows the key */
};

struct recipient {
	enum recipient_kind kind;
	char key[ADDRESS_MAX + 1];	/* mailbox: key of users */
	char ext[65];			/* what stood behind the delimiter */
	struct span targets;		/* alias: borrowed from the map */
	int catch_all;			/* it is the alias of the whole domain */
};

/*
 * One step for one address (normal form, local@domain): domain aliases are
 * followed (depth 10), then exact alias, user, then the same without +ext,
 * then rewritten senders, then catch-all.  postmaster, abuse, root and
 * mailer-daemon (also bare, also of every local domain) always resolve: where
 * no table names them, to what postmaster is, in the end to the mailbox
 * "postmaster".  0, or -1: a table is damaged (a temporary failure).
 */
int	directory_lookup(struct directory *, struct span address,
	    struct recipient *);
/* The same with aliases passed over: for a target `\user`, and for an alias
 * among whose targets is its own address (a copy stays here). */
int	directory_lookup_user(struct directory *, struct span address,
	    struct recipient *);

/* May this client relay (a `net` of the relay table)?  1, 0, -1. */
int	directory_net(struct directory *, const struct ip *);

/* What users.cdb says of a key: 1, 0 not there, -1 damaged or nonsense. */
int	directory_mailbox(struct directory *, struct span key,
	    struct mailbox *);

#endif
