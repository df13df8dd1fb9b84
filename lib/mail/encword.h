/*
 * encword - encoded words of a header (RFC 2047) as UTF-8.
 *
 * Charsets come in through a function, since this floor knows no iconv.
 * Leniency: words of any length, encoded words inside of words and quotes,
 * a character split over neighbouring words of one charset, text above ASCII
 * that is not encoded (UTF-8, else what the function makes of "").  What
 * cannot be read stays as it is.
 */
#ifndef MAIL_ENCWORD_H
#define MAIL_ENCWORD_H

#include "base/buf.h"
#include "base/charset.h"
#include "base/span.h"

/* The value of a field, folded or not, decoded and unfolded.  0, or -1 when
 * the buf failed. */
int	encword_decode(struct span value, const struct charset *, struct buf *);

#endif
