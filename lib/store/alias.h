/*
 * alias - the targets of an alias, as the addresses that they stand for:
 * correo-tables(5).
 */
#ifndef STORE_ALIAS_H
#define STORE_ALIAS_H

#include "base/buf.h"
#include "store/directory.h"

enum { ALIAS_TARGETS = 10000 };		/* of one; more is refused */

/*
 * The next target of the alias of `address` (normal form; bare: of the
 * hostname), as an address with its domain, or as "\address" where aliases
 * end.  A bare name is of the address' own domain if that has it, else of the
 * first of directory.domains that has.  /dev/null is passed over.  1; 0 at the
 * end; -1 with *why.
 */
int	alias_target(struct directory *, struct span address,
	    struct span *list, struct buf *out, const char **why);

#endif
