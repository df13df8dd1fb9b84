/* target - where an alias or a forwarding file sends mail: correo-tables(5),
 * localdeliver(8). */
#ifndef MAIL_TARGET_H
#define MAIL_TARGET_H

#include "base/buf.h"
#include "base/span.h"

enum target_kind {
	TARGET_ADDRESS,			/* local@domain */
	TARGET_LOCAL,			/* local, without a domain */
	TARGET_BACKSLASH,		/* \local: no alias, no forward */
	TARGET_PATH,			/* /path */
	TARGET_LIST,			/* :include:/path */
	TARGET_PROGRAM			/* |command */
};

struct target {
	enum target_kind kind;
	struct span text;		/* without its < > | \ :include: or
					 * quotes */
	int escaped;			/* stood in quotes: see target_text */
};

/*
 * The next of a list of targets, as the right side of a line of /etc/aliases
 * or a line of a forwarding file: separated by commas, white space or line
 * ends; a command without quotes goes up to a comma or the end of its line;
 * "|command", |"command" and "any target" may hold what quotes protect.
 * A name before <address> is refused.  1; 0 at the end; -1 with *why (*in is
 * as before).
 */
int	target_next(struct span *in, struct target *, const char **why);

/* /dev/null: what goes there is to be thrown away. */
int	target_nowhere(const struct target *);

/* The text, without the backslashes of quotes.  0, or -1. */
int	target_text(const struct target *, struct buf *);

#endif
