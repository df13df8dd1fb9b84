/*
 * hop - where mail goes next: the right side of the routes table, and the key
 * by which queued asks for a connection.
 *
 *	hop    = target *( SP option )
 *	target = "mx" [ ":" ( domain / "[" address "]" ) ]
 *	       / ( "smtp" / "smtps" / "lmtp" ) "://" host [ ":" port ]
 *	       / "lmtp+unix://" path
 *	host   = name / IPv4-address / "[" IPv6-address "]"
 *	option = "tls=" ( "may" / "none" / "require" / "verify" )
 *	       / "login=" name / "source=" address / "helo=" name
 *	       / "connections=" 1*3DIGIT / "rate=" 1*6DIGIT
 *
 * In the table "mx" stands alone; in a key the domain is said.  Pure.
 * correo-tables(5), ROUTES.
 */
#ifndef WIRE_HOP_H
#define WIRE_HOP_H

#include "base/span.h"

enum hop_scheme { HOP_MX, HOP_SMTP, HOP_SMTPS, HOP_LMTP, HOP_LMTP_UNIX };

enum hop_tls {
	HOP_TLS_MAY,			/* where offered; unverified */
	HOP_TLS_NONE,
	HOP_TLS_REQUIRE,		/* or not at all; unverified */
	HOP_TLS_VERIFY			/* and the certificate proves it */
};

enum { HOP_KEY = 336 };			/* with its NUL: a note's text */

struct hop {
	enum hop_scheme scheme;
	enum hop_tls tls;
	struct span host;		/* domain, name, address or path; an
					 * address has no brackets */
	int literal;			/* mx: host is an address */
	unsigned port;
	struct span login;		/* name in secrets/relay-passwords */
	struct span source, helo;	/* empty: as usual */
	unsigned connections;		/* at most; 0: no limit of its own */
	unsigned rate;			/* messages a minute; 0: any */
};

/* The whole span.  0, or -1 with *why; spans point into it. */
int	hop_parse(struct span, struct hop *, const char **why);

/* The key of a domain (normal form, or "[address]") whose route is this.  0,
 * or -1: too long. */
int	hop_key(struct span route, struct span domain, char out[HOP_KEY]);

/* The login of that name in the text of relay-passwords or relay-tokens, "NAME
 * USER:SECRET" a line.  1, borrowed; 0: none. */
int	hop_secret(struct span text, struct span name, struct span *user,
	    struct span *secret);

int	hop_is_lmtp(const struct hop *);

#endif
