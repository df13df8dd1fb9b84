/* tree_file - correo-folders, what is known of a user's folders; for tree. */
#ifndef STORE_TREE_FILE_H
#define STORE_TREE_FILE_H

#include "store/tree.h"

enum { TREE_FILE_MAX = 4 << 20 };

/* All of it, behind *b.  0, or -1 with errno. */
int	tree_file_load(const struct tree *, struct buf *);
/*
 * Without the lines of that kind and name (and, for a use, of that use), and
 * with "put NAME" when put is not NULL.  Durable.  0, or -1 with errno.
 */
int	tree_file_edit(const struct tree *, const char *put, const char *kind,
	    const char *name);

#endif
