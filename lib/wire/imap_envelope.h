/*
 * imap_envelope - ENVELOPE, BODY and BODYSTRUCTURE as finished bytes of a
 * reply (RFC 9051 7.5.2, RFC 3501 7.4.2).
 *
 * Values go out unfolded and otherwise as they stand; what is not ASCII as
 * literals, or quoted with utf8 1.  Addresses of fields that stand twice are
 * joined, so that nothing of a From is hidden; of other fields the first
 * counts.
 */
#ifndef WIRE_IMAP_ENVELOPE_H
#define WIRE_IMAP_ENVELOPE_H

#include "base/buf.h"
#include "mail/mime.h"

/* part is a message: part 0, or the child of a MIME_MESSAGE.  0, or -1. */
int	imap_envelope(const struct mime *, const struct mime_part *, int utf8,
	    struct buf *);
/* extended 1: BODYSTRUCTURE, 0: BODY.  0, or -1. */
int	imap_bodystructure(const struct mime *, int extended, int utf8,
	    struct buf *);

#endif
