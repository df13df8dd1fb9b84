/* preview - PREVIEW of a message (RFC 8970), kept in the folder's cache. */
#ifndef IMAPD_PREVIEW_H
#define IMAPD_PREVIEW_H

#include "base/charset.h"
#include "imapd/message.h"

enum { KIND_PREVIEW = 40 };		/* in the cache, beside message_kind */

/*
 * Its first words, as UTF-8 in *out (emptied before).  1; 0: not known yet, and
 * with lazy 1 not made (NIL); -1 with errno.  What message_blobs gave is gone:
 * to be asked before it.
 */
int	preview_get(struct message *, const struct charset *, int lazy,
	    struct buf *out);

#endif
