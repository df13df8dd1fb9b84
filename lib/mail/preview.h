/*
 * preview - the first words of a message (RFC 8970): of its first text part
 * that is no attachment, in an alternative text/plain where that has any words,
 * decoded, white space made one space, without quoted lines, tags, what PGP
 * encrypted, and characters that nobody sees.
 *
 * Pure, linear, no recursion; at most PREVIEW_INPUT bytes of a part are looked
 * at.
 */
#ifndef MAIL_PREVIEW_H
#define MAIL_PREVIEW_H

#include "base/buf.h"
#include "base/charset.h"
#include "mail/mime.h"

enum {
	PREVIEW_CHARS = 200,		/* RFC 8970 3.1 */
	PREVIEW_BYTES = 4 * PREVIEW_CHARS,
	PREVIEW_INPUT = 256 << 10
};

/* Adds at most PREVIEW_BYTES of UTF-8: nothing where there is no text.  0, or
 * -1 when memory failed. */
int	preview_make(const struct mime *, const struct charset *,
	    struct buf *out);

/* The same of text that is UTF-8 already.  0, or -1. */
int	preview_plain(struct span, struct buf *out);
int	preview_html(struct span, struct buf *out);

#endif
