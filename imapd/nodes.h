/*
 * nodes - the folders of the tree, and every level above them that is no
 * folder itself: one sorted vector, in which each knows what is below it.
 */
#ifndef IMAPD_NODES_H
#define IMAPD_NODES_H

#include "store/tree.h"

enum node_bits {
	NODE_EXISTS = TREE_EXISTS, NODE_SUBSCRIBED = TREE_SUBSCRIBED,
	NODE_CHILD = 4,			/* a folder is below */
	NODE_CHILD_SUBSCRIBED = 8
};
struct node {
	char name[FOLDER_NAME];
	char use[16];			/* "\\Sent" (RFC 6154), "" none */
	unsigned bits;
};
struct nodes {
	struct node *v;
	size_t n, size;
};

/* In the order of tree_list.  0, or -1 with errno and nothing to free. */
int	nodes_take(struct nodes *, const struct tree *);
void	nodes_free(struct nodes *);
/* For bsearch. */
int	nodes_order(const void *, const void *);
/* The level right above, in a vector in that order whose n elements of so many
 * bytes begin with a node.  NULL: it is at the top, or there is no such level. */
void	*nodes_parent(void *v, size_t n, size_t size, const char *name);

#endif
