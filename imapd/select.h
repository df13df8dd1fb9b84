/* select - a mailbox is selected, or no longer (RFC 9051 6.3.2, 6.3.3, 6.4.1,
 * 6.4.2; RFC 7162 3.2.5). */
#ifndef IMAPD_SELECT_H
#define IMAPD_SELECT_H

#include "imapd/box.h"

/* SELECT and EXAMINE. */
enum answer select_run(struct box *, struct imap_command *);
/* CLOSE and UNSELECT. */
enum answer select_close(struct box *, struct imap_command *);

#endif
