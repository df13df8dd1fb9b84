/* hint - the kernel says that something in the Maildir may have changed.
 * That is worth a look, and not having it costs delay: another machine's
 * changes it does not see. */
#ifndef IMAPD_HINT_H
#define IMAPD_HINT_H

#include "imapd/box.h"

/* A descriptor that becomes readable, or -1: there are no hints. */
int	hint_open(void);
/* Of a mailbox's messages; of mailboxes that come and go, and subscriptions.
 * 0, or -1: not of that. */
int	hint_mailbox(int fd, const struct box *, const char *name);
int	hint_tree(int fd, const struct box *);
void	hint_drain(int fd);

#endif
