/*
 * imap_reply - what replies are made of (RFC 9051 9, RFC 3501 9).  Each adds
 * to the buf and returns 0, or -1 when it failed.
 */
#ifndef WIRE_IMAP_REPLY_H
#define WIRE_IMAP_REPLY_H

#include <stdint.h>

#include "base/buf.h"
#include "base/span.h"

enum { IMAP_QUOTED_MAX = 1000 };	/* longer strings are literals */

/* Quoted where that can be, else a literal; utf8 1: UTF8=ACCEPT or rev2, valid
 * UTF-8 may be quoted.  NUL, which no string can hold, becomes 0x80. */
int	imap_reply_string(struct buf *, struct span, int utf8);
/* An atom where that can be. */
int	imap_reply_astring(struct buf *, struct span, int utf8);
int	imap_reply_literal(struct buf *, struct span);
/* "17-Jul-1996 02:44:25 +0000", with quotes, in UTC. */
int	imap_reply_date(struct buf *, int64_t utc);

#endif
