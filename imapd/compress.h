/* compress - COMPRESS (RFC 4978): from its OK on the session is deflated. */
#ifndef IMAPD_COMPRESS_H
#define IMAPD_COMPRESS_H

#include "imapd/box.h"

enum answer compress_run(struct box *, struct imap_command *);

#endif
