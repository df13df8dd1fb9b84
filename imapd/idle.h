/* idle - IDLE (RFC 2177): a client that waits is told at once what happens. */
#ifndef IMAPD_IDLE_H
#define IMAPD_IDLE_H

#include "imapd/box.h"

enum answer idle_run(struct box *, struct imap_command *);

#endif
