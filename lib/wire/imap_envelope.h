/*
 * imap_envelope - ENVELOPE, BODY and BODYSTRUCTURE as finished bytes of a
 * reply (RFC 9051 7.5.2, RFC 3501 7.4.2).
 *
 * Values go out unfolded and otherwise as they stand; what is not ASCII as
 * literals, or quoted where UTF-8 is enabled.  Addresses of fields that stand twice are
 * joined, so that nothing of a From is hidden; of other fields the first
 * counts.
 *
 * What goes out is a few times as long as the message, whatever that is: of
 * addresses, which may be of one byte, the first IMAP_ADDRESSES are told.
 */
#ifndef WIRE_IMAP_ENVELOPE_H
#define WIRE_IMAP_ENVELOPE_H

#include "base/buf.h"
#include "mail/mime.h"

enum { IMAP_ADDRESSES = 100000 };	/* of an ENVELOPE, a BODYSTRUCTURE */

/* What the client has enabled: nothing; UTF8=ACCEPT; IMAP4rev2, by whose grammar
 * message/global is told as a message, by RFC 3501's as any other part. */
enum imap_form { IMAP_REV1, IMAP_UTF8, IMAP_REV2 };

/* part is a message: part 0, or the child of a MIME_MESSAGE.  0, or -1. */
int	imap_envelope(const struct mime *, const struct mime_part *, int form,
	    struct buf *);
/* extended 1: BODYSTRUCTURE, 0: BODY.  0, or -1. */
int	imap_bodystructure(const struct mime *, int extended, int form,
	    struct buf *);

#endif
