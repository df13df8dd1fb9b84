/* list - LIST and LSUB (RFC 9051 6.3.9, RFC 3501 6.3.9, RFC 5258, 5819,
 * 6154). */
#ifndef IMAPD_LIST_H
#define IMAPD_LIST_H

#include "imapd/box.h"

enum answer list_run(struct box *, struct imap_command *);

#endif
