/*
 * loop - the marks that a message going round in circles carries: a
 * Delivered-To of this very address, or very many Received (RFC 5321 6.3).
 *
 * Fed with the message in pieces, cut anywhere, LF line ends.
 */
#ifndef LOCALDELIVER_LOOP_H
#define LOCALDELIVER_LOOP_H

#include "base/span.h"

struct loop {
	struct span address;		/* whose Delivered-To; the caller's */
	int seen;			/* there is one */
	unsigned hops;			/* Received fields */
	int past;			/* the header section is over */
	size_t n;			/* bytes of the present line, up to: */
	unsigned char line[400];
};

void	loop_feed(struct loop *, struct span);

#endif
