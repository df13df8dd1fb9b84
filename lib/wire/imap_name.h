/*
 * imap_name - mailbox names: modified UTF-7 (RFC 3501 5.1.3) and UTF-8, what a
 * name may be, and the wildcards of LIST.
 */
#ifndef WIRE_IMAP_NAME_H
#define WIRE_IMAP_NAME_H

#include "base/buf.h"
#include "base/span.h"

enum { IMAP_NAME = 1000 };		/* bytes of UTF-8 */

/*
 * A UTF-8 name that may be made: not empty, at most IMAP_NAME bytes, valid, no
 * control character (C1, U+2028, U+2029 too), none of % * and no slash or
 * backslash beside the separator; no level is empty, "." or "..".  0, or -1
 * with *why.
 */
int	imap_name_valid(struct span utf8, unsigned char separator,
	    const char **why);

/* 0; -1 with *why: not UTF-8, NUL in it, or the buf failed. */
int	imap_name_to_utf7(struct span utf8, struct buf *, const char **why);
/* Strict: each name has one form only.  0, or -1 with *why. */
int	imap_name_from_utf7(struct span, struct buf *, const char **why);

/* Is it INBOX, in any case? */
int	imap_name_inbox(struct span);
/* Does the pattern, in which * is anything and % anything but the separator,
 * match?  The INBOX of name in any case.  Costs the product of the lengths at
 * most; patterns above IMAP_NAME match nothing. */
int	imap_name_match(struct span pattern, struct span name,
	    unsigned char separator);

#endif
