/*
 * srs - senders of forwarded mail, rewritten so that the next server finds our
 * domain in them (SPF), and found again when a report comes back.
 *
 *	SRS0=HASH=DAY=DOMAIN=LOCAL@ours		(of LOCAL@DOMAIN)
 *	SRS1=HASH=HOST=REST@ours		(of SRS0REST@HOST: forwarded on
 *						from a forwarder; REST begins
 *						with its separator)
 *
 * HASH is 10 digits 0-9a-v, 50 bits, of a keyed SipHash-2-4 of what follows it,
 * in lower case; DAY 2 digits of the day, modulo 1024.  Pure.
 */
#ifndef MAIL_SRS_H
#define MAIL_SRS_H

#include <stdint.h>

#include "base/buf.h"
#include "base/span.h"

enum { SRS_DAYS = 21 };			/* so long an address is good */

/* Does it look like one of ours (whoever made it)? */
int	srs_is(struct span local);

/*
 * The rewritten form of a sender for mail forwarded by `ours`.  1; 0: not
 * possible (it would not fit 64 octets, or is no plain dot-atom), so the sender
 * stays; -1: the buf failed.
 */
int	srs_forward(struct span key, struct span sender, struct span ours,
	    int64_t now, struct buf *out);

/* Whom a report to local@ours is for.  1; 0: not signed by this key, or too
 * old; -1: the buf failed. */
int	srs_reverse(struct span key, struct span local, int64_t now,
	    struct buf *out);

#endif
