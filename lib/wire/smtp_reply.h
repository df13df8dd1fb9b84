/*
 * smtp_reply - verdicts as reply lines of a server (RFC 5321 4.2, RFC 2034).
 */
#ifndef WIRE_SMTP_REPLY_H
#define WIRE_SMTP_REPLY_H

#include "base/span.h"
#include "base/verdict.h"

enum { SMTP_REPLY = 512 };		/* RFC 5321 4.5.3.1.5, with CR LF */

/*
 * "250 2.1.5 text" CR LF, cut to fit.  Bytes that a reply may not hold become
 * '?'.  With an empty enhanced code there is none.  Returns the length.
 */
size_t	smtp_reply_format(char out[SMTP_REPLY], const struct verdict *);
/* "250-text" CR LF: one of several lines, another follows. */
size_t	smtp_reply_line(char out[SMTP_REPLY], unsigned code,
	    struct span text);

#endif
