/* status - STATUS, and what LIST returns of it (RFC 9051 6.3.11). */
#ifndef IMAPD_STATUS_H
#define IMAPD_STATUS_H

#include "imapd/box.h"

enum answer status_run(struct box *, struct imap_command *);
/* "* STATUS name (…)" of a mailbox.  0; or -1 and the answer is said. */
int	status_of(struct box *, const char *name, unsigned items);
/* The same of an open one.  0, or -1 with errno. */
int	status_tell(struct box *, struct folder *, const char *name,
	    unsigned items);

#endif
