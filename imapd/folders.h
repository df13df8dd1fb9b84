/* folders - CREATE, DELETE, RENAME, SUBSCRIBE, UNSUBSCRIBE (RFC 9051 6.3.4 to
 * 6.3.8, RFC 6154 3). */
#ifndef IMAPD_FOLDERS_H
#define IMAPD_FOLDERS_H

#include "imapd/box.h"

enum answer folders_create(struct box *, struct imap_command *);
enum answer folders_delete(struct box *, struct imap_command *);
enum answer folders_rename(struct box *, struct imap_command *);
/* SUBSCRIBE and UNSUBSCRIBE. */
enum answer folders_subscribe(struct box *, struct imap_command *);

#endif
