/* fetch - FETCH (RFC 9051 6.4.5, RFC 7162 3.1.4, 3516, 8474, 8514). */
#ifndef IMAPD_FETCH_H
#define IMAPD_FETCH_H

#include "imapd/box.h"
#include "imapd/message.h"

enum answer fetch_run(struct box *, struct imap_command *);
/* Tells those items, and the UID, of messages.  The set is used up.  0, or -1
 * with errno. */
int	fetch_tell(struct box *, const struct imap_fetch *,
	    struct imap_set *numbers);

#endif
