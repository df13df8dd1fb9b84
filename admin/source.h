/*
 * source - the text of the address tables: what one line says.
 *
 * Lines as in correo.conf: `#` begins a comment at the start of a line or
 * after white space (not in quotes), a line that begins with white space goes
 * on with the one before it, whatever comments and empty lines are between.
 * One line is one entry.  Pure.  correo-tables(5).
 */
#ifndef ADMIN_SOURCE_H
#define ADMIN_SOURCE_H

#include "base/buf.h"
#include "base/span.h"
#include "store/directory.h"

/* The tables of enum directory_table, and: */
enum { SOURCE_PASSWORDS = TABLE_COUNT, SOURCE_COUNT };
enum { SOURCE_KEY = 1024, SOURCE_LINE = 1 << 20 };

struct source_line {
	unsigned nr;			/* of its first line */
	struct span raw;		/* all of it as it stands, with its \n */
	struct buf text;		/* joined, without comments; owned */
};

/* Takes the next entry's text off the front of *in; *nr counts lines.  The
 * struct is reused: 1, or 0 at the end (its text freed). */
int	source_next(struct span *in, unsigned *nr, struct source_line *);

/*
 * The entry of a line: key (normal form) and value are set as the compiled
 * table has them.  0, or -1 and *why names the rule.
 */
int	source_parse(int table, struct span line, struct buf *key,
	    struct buf *value, const char **why);

/* The next target of an alias or of one of its lists, as it is written; *list:
 * it is `:include:/path`.  1; 0 at the end; -1 with *why. */
int	source_target(struct span *in, struct span *text, int *list,
	    const char **why);

/* Of a key of passwords ("KEY", "KEY scram", "KEY app ID"): whose it is. */
struct span source_owner(struct span key);

/* Normal form of local@domain or a bare local part; of a domain.  0 or -1. */
int	source_address(struct span, char out[ADDRESS_MAX + 1],
	    const char **why);
int	source_domain(struct span, char out[ADDRESS_MAX + 1],
	    const char **why);

#endif
