/*
 * address - the addresses of an envelope (RFC 5321 4.1.2, with the UTF-8 of
 * RFC 6531 3.3), their one normal form, and the targets of an alias.
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
	int utf8;			/* a byte above 127: needs SMTPUTF8 */
	int literal;			/* the domain is [an address] */
};

/* Takes "<...>" off the front of *in; flags of enum address_flag.  1, or -1
 * and *why names the rule (*in is as before). */
int	address_parse(struct span *in, unsigned flags, struct address *,
	    const char **why);

/* The whole span is local@domain, without <>.  0, or -1 with *why. */
int	address_mailbox(struct span, struct address *, const char **why);

/*
 * The normal form, which tables use for keys and which programs compare: no
 * quotes around what needs none and no needless backslash, ASCII in lower
 * case, no dot at the end of the domain, literals as ip_format has them.  ""
 * for the null path.  Text above ASCII stays as it is.  out is a fixed point:
 * read and normalised again it is the same.
 */
void	address_normal(const struct address *, char out[ADDRESS_MAX + 1]);

/* The last @ of local@domain in normal form; domain is empty without one. */
void	address_split(struct span, struct span *local, struct span *domain);

enum target_kind {
	TARGET_ADDRESS,			/* local@domain */
	TARGET_LOCAL,			/* local, without a domain */
	TARGET_BACKSLASH,		/* \local: no alias, no forward */
	TARGET_PATH,			/* /path */
	TARGET_PROGRAM			/* |command */
};

struct target {
	enum target_kind kind;
	struct span text;		/* without its < > | \ or quotes */
	int escaped;			/* stood in quotes: see target_text */
};

/*
 * The next of a list of targets, as the right side of a line of /etc/aliases
 * or a line of a forwarding file: separated by commas, white space or line
 * ends; a command without quotes goes up to a comma or the end of its line;
 * "|command", |"command" and "any target" may hold what quotes protect.
 * `:include:` is refused.  1; 0 at the end; -1 with *why (*in is as before).
 */
int	address_list_next(struct span *in, struct target *, const char **why);

/* The text, without the backslashes of quotes.  0, or -1. */
int	target_text(const struct target *, struct buf *);

#endif
