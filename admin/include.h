/*
 * include - the lists that aliases name, `:include:/path`: correo-tables(5).
 *
 * A list is a text with a target a line, or several by commas; comments as in
 * the tables.  It is read when the tables are compiled, and names no further
 * list, so that what an alias has is bounded.
 */
#ifndef ADMIN_INCLUDE_H
#define ADMIN_INCLUDE_H

#include "base/buf.h"
#include "base/span.h"

/*
 * Puts into *targets, an alias as source_parse made it, what its lists say in
 * their place, and adds the path of each to *paths, a line each.  0; -1: each
 * error is a line of *errors, "PATH:LINE: why", or "AT: why".
 */
int	include_lists(struct buf *targets, const char *at, struct buf *paths,
	    struct buf *errors);

#endif
