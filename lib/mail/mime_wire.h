/*
 * mime_wire - stored bytes as the wire has them: each bare LF as CRLF, from an
 * offset on and no more than wanted (BODY[]<o.n>).  Linear; no copy is kept.
 */
#ifndef MAIL_MIME_WIRE_H
#define MAIL_MIME_WIRE_H

#include <stdint.h>

#include "base/span.h"

struct mime_wire {
	struct span in;			/* what was not read yet */
	uint64_t left;			/* octets still wanted */
	int lf;				/* a CR was given, its LF is due */
	int cr;				/* the byte before in was a CR */
};

/* Octets of s with CRLF. */
uint64_t mime_wire_size(struct span s);
/* want UINT64_MAX: to the end. */
void	mime_wire_start(struct mime_wire *, struct span, uint64_t offset,
	    uint64_t want);
/* The next octets, at most n; 0 at the end. */
size_t	mime_wire_read(struct mime_wire *, unsigned char *out, size_t n);

#endif
