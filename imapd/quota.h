/* quota - the limits of a mailbox, all folders together (Maildir++), and the
 * commands that ask for them (RFC 9208). */
#ifndef IMAPD_QUOTA_H
#define IMAPD_QUOTA_H

#include "imapd/box.h"

/* Makes the store ask for room. */
void	quota_watch(struct box *);
/* Mail has gone, nobody knows how much. */
void	quota_forget(struct box *);
enum answer quota_get(struct box *, struct imap_command *);
enum answer quota_root(struct box *, struct imap_command *);
enum answer quota_set(struct box *, struct imap_command *);

#endif
