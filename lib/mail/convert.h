/*
 * convert - a message of 8-bit text as one of 7-bit lines (RFC 6152 3): each
 * part whose body holds a byte above 127, a NUL, or a line longer than 998 is
 * encoded, text as quoted-printable and the rest as base64; header fields that
 * say so change with it.  What is 7-bit stays byte for byte, and so does what
 * is signed only when it is.  Header fields themselves are not changed: who
 * calls has looked that they are ASCII.  Pure, linear.
 */
#ifndef MAIL_CONVERT_H
#define MAIL_CONVERT_H

#include "base/span.h"

/* Lines of the message end in CRLF or LF; what is made ends in CRLF.  The
 * pieces go to put(arg, …).  0; -1: memory, or put returned not 0. */
int	convert_to7(struct span message, int (*put)(void *, struct span),
	    void *arg);

#endif
