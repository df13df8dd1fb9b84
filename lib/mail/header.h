/*
 * header - the fields of a message's header section (RFC 5322 2.2), one after
 * another, as they stand.
 *
 * Lines end in LF or CRLF.  Leniency: white space between name and colon
 * (4.5), fields without value, continuation lines of nothing but white space,
 * any byte in a value.
 */
#ifndef MAIL_HEADER_H
#define MAIL_HEADER_H

#include "base/buf.h"
#include "base/span.h"

struct header {
	struct span name;		/* without colon */
	struct span value;		/* behind the colon, folded as it is,
					 * without the last line end */
	struct span whole;		/* all of it, with the last line end */
};

/*
 * Takes the next field off the front of *in.  1: got one; 0: the end of the
 * headers: the blank line was consumed, or *in is empty; -1: the next line is
 * no field, and *in stands on it: the body starts here.
 */
int	header_next(struct span *in, struct header *);

/* Most are told apart by their first letter. */
static inline int
header_is(const struct header *h, const char *name)
{
	return ((h->name.p[0] ^ (unsigned char)name[0]) & 0xdf) == 0 &&
	    span_case_eq(h->name, span_of(name));
}

/* The value with its folds undone (2.2.3: only line ends go) and no white
 * space at its ends.  0, or -1. */
int	header_unfold(struct span value, struct buf *);

#endif
