/* find - SEARCH (RFC 9051 6.4.4, RFC 3501 6.4.4, RFC 4731, 5032, 5182). */
#ifndef IMAPD_FIND_H
#define IMAPD_FIND_H

#include "imapd/box.h"

enum answer find_search(struct box *, struct imap_command *);

#endif
