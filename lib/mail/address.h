/*
 * address - the addresses of an envelope (RFC 5321 4.1.2, with the UTF-8 of
 * RFC 6531 3.3), and their one normal form.
 *
 * Leniency on reading: `_` in a domain, and one dot at its end.  A percent
 * sign or a bang is a character of a local part like another, never a route.
 */
#ifndef MAIL_ADDRESS_H
#define MAIL_ADDRESS_H

#include "base/buf.h"
#include "base/span.h"

enum {
	ADDRESS_LOCAL = 64,		/* RFC 5321 4.5.3.1.1 */
	ADDRESS_DOMAIN = 255,		/* 4.5.3.1.2 */
	ADDRESS_PATH = 256,		/* 4.5.3.1.3, with <> */
	ADDRESS_MAX = 320		/* 64 + @ + 255 */
};

/* What else than a mailbox may stand between < and >. */
enum address_flag {
	ADDRESS_NULL = 1,		/* <>: local and domain are empty */
	ADDRESS_POSTMASTER = 2		/* <postmaster>: the domain is empty */
};

struct address {
	struct span local;		/* as written, with its quotes */
	struct span domain;		/* as written, with its brackets */
	struct span text;		/* both, with the @ between them */
	int utf8;			/* a byte above 127: needs SMTPUTF8 */
	int literal;			/* the domain is [an address] */
};

/* Takes "<...>" off the front of *in; flags of enum address_flag.  1, or -1
 * and *why names the rule (*in is as before). */
int	address_parse(struct span *in, unsigned flags, struct address *,
	    const char **why);

/* The whole span is local@domain, without <>.  0, or -1 with *why. */
int	address_mailbox(struct span, struct address *, const char **why);

/* The same off the front of *in. */
int	address_take(struct span *in, struct address *, const char **why);

/* Whether it is a local part without quotes. */
int	address_is_atoms(struct span);

/*
 * The normal form, which tables use for keys and which programs compare: no
 * quotes around what needs none and no needless backslash, ASCII in lower
 * case, no dot at the end of the domain, international names as DNS has them,
 * literals as ip_format has them.  "" for the null path.  Text above ASCII in
 * the local part stays as it is.  out is a fixed point:
 * read and normalised again it is the same.
 */
void	address_normal(const struct address *, char out[ADDRESS_MAX + 1]);

/* The last @ of local@domain in normal form; domain is empty without one. */
void	address_split(struct span, struct span *local, struct span *domain);

#endif
