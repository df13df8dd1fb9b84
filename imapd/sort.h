/* sort - SORT (RFC 5256 3, RFC 5957, RFC 5267 3). */
#ifndef IMAPD_SORT_H
#define IMAPD_SORT_H

#include "imapd/box.h"

enum answer sort_run(struct box *, struct imap_command *);

#endif
