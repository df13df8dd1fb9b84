/* special - folders with a special use (RFC 6154), and which attributes those
 * are. */
#ifndef IMAPD_SPECIAL_H
#define IMAPD_SPECIAL_H

#include "base/span.h"
#include "store/tree.h"

/* Where no folder has a special use (a first login): Drafts, Sent, Junk, Trash
 * and Archive are made, or those of that name taken, and subscribed to, as
 * INBOX is.  0, or -1 with errno. */
int	special_make(const struct tree *);
/* The attribute as it is written, or NULL: we know no such use. */
const char *special_use(struct span);

#endif
