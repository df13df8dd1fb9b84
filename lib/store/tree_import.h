/* tree_import - subscriptions that Dovecot or Courier kept, as lines of
 * correo-folders. */
#ifndef STORE_TREE_IMPORT_H
#define STORE_TREE_IMPORT_H

#include "base/buf.h"

/* Adds "subscribed NAME" lines for what `subscriptions` or
 * `courierimapsubscribed` in that directory say; none where neither is. */
void	tree_import(int root, struct buf *);

#endif
