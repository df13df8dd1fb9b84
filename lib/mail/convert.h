/*
 * convert - a message of 8-bit text as one of 7-bit lines (RFC 6152 3): each
 * part whose body holds a byte above 127, a NUL, or a line longer than 998 is
 * encoded, text as quoted-printable and the rest as base64; header fields that
 * say so change with it.  What is 7-bit stays byte for byte.  So do parts that
 * are signed or encrypted (RFC 1847 2.1, 2.2), messages in them that may not be
 * encoded (RFC 2046 5.2), and header fields: convert_can tells whether bytes
 * above 127 stand there.  Pure, linear.
 */
#ifndef MAIL_CONVERT_H
#define MAIL_CONVERT_H

#include "base/span.h"

/* Lines of the message end in CRLF or LF; what is made ends in CRLF.  The
 * pieces go to put(arg, …).  0; -1: memory, or put returned not 0. */
int	convert_to7(struct span message, int (*put)(void *, struct span),
	    void *arg);
/* Will all of that be 7-bit?  1; 0 and *why, the place that is not; -1:
 * memory. */
int	convert_can(struct span message, const char **why);

#endif
