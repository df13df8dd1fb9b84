/*
 * table - one compiled table (cdb), read through a descriptor.
 *
 * The file is mapped; it is replaced by rename and never changed in place, so
 * a map stays what it was.  A key is looked up as given and, for tables that
 * Postfix made, with a NUL behind it; such a NUL is cut from values.
 */
#ifndef SYS_TABLE_H
#define SYS_TABLE_H

#include <cdb.h>

#include "base/span.h"

enum { TABLE_UNREADABLE = -2 };	/* for a descriptor: it could not be opened */

struct table {
	int fd;				/* -1: no such table: an empty one */
	struct cdb cdb;
};

/* Takes the descriptor over (-1: an empty table).  0, or -1 with errno (EIO: of
 * TABLE_UNREADABLE). */
int	table_open(struct table *, int fd);
/* 1 = found, *value is borrowed from the map; 0 = not there; -1 = the file is
 * damaged (EPROTO). */
int	table_get(struct table *, struct span key, struct span *value);
void	table_close(struct table *);

#endif
