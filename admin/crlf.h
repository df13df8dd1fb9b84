/*
 * crlf - what programs write, as mail has it: LF, CRLF and a lone CR become
 * CRLF, NUL is left out, a last line without end gets one.  Pure, and the same
 * for every way of cutting the input.
 */
#ifndef ADMIN_CRLF_H
#define ADMIN_CRLF_H

#include "base/buf.h"
#include "base/span.h"

struct crlf {
	int dot_ends;			/* a line of "." is the end */
	int in_line, cr, dot;		/* within a line; after CR; after
					 * a dot that began a line */
	int ended;
};

int	crlf_add(struct crlf *, struct buf *out, struct span in);
int	crlf_end(struct crlf *, struct buf *out);	/* at the end of input */

#endif
