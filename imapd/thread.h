/* thread - THREAD (RFC 5256 3). */
#ifndef IMAPD_THREAD_H
#define IMAPD_THREAD_H

#include "imapd/box.h"

enum answer thread_run(struct box *, struct imap_command *);

#endif
