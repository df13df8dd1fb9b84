/* tree_file - correo-folders, what is known of a user's folders; for tree. */
#ifndef STORE_TREE_FILE_H
#define STORE_TREE_FILE_H

#include "store/tree.h"

enum { TREE_FILE_MAX = 4 << 20 };

/* All of it, behind *b.  0, or -1 with errno. */
int	tree_file_load(const struct tree *, struct buf *);
/* What is said of a folder: "subscribed NAME", "use VALUE NAME".  NULL: nothing
 * any more. */
struct tree_line {
	const char *kind, *value, *name;
};
/* All of them at once, in the place of what was said so far; a use is taken
 * from another folder.  Durable.  0, or -1 with errno. */
int	tree_file_edit(const struct tree *, const struct tree_line *, size_t n);

#endif
