/*
 * via - a message goes to an SMTP server on this host (sendmail.via), where
 * the drop is out of reach.  RFC 5321, blocking, one transaction.
 */
#ifndef ADMIN_VIA_H
#define ADMIN_VIA_H

#include "admin/spool.h"
#include "base/verdict.h"
#include "mail/envelope.h"

/* What the server said last; done when it took the message for all recipients.
 * refused counts those that it did not take, when others were. */
struct verdict via_send(const char *address, const char *hostname,
	    const struct envelope *, struct spool *, size_t *refused);

#endif
