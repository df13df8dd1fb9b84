/* section - BODY[…], RFC822… and BINARY[…] on their way out. */
#ifndef IMAPD_SECTION_H
#define IMAPD_SECTION_H

#include "imapd/box.h"
#include "imapd/message.h"

/* Can it be had from KIND_FIELDS? */
int	section_in_fields(const struct imap_section *);
/* Must the message be parsed for it? */
int	section_wants_mime(enum imap_item, const struct imap_section *);

/* "BODY[1.2]<0> {10}…"; what is wanted of the message was read before.  0;
 * -1: its transfer encoding is not known (BINARY), and NIL was told. */
int	section_out(struct box *, struct message *,
	    const struct imap_fetch_item *, const struct imap_section *);

#endif
