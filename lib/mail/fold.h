/*
 * fold - text made comparable, for SEARCH, SORT and THREAD: full case folding
 * and NFC of Unicode 15, U+FFFD for what is not UTF-8.  This stands for
 * i;unicode-casemap (RFC 5051), of which it differs where that takes titlecase
 * and compatibility forms.  Links utf8proc; ASCII does not reach it.
 *
 * Characters that combine over more than FOLD_RUN bytes may stay apart.
 */
#ifndef MAIL_FOLD_H
#define MAIL_FOLD_H

#include "base/buf.h"
#include "base/span.h"

enum { FOLD_RUN = 1024 };

/* Adds the folded form.  0, or -1 when the buf failed.  At most 12 times as
 * long; of ASCII as long as it was. */
int	fold_utf8(struct span, struct buf *);
/* The same for an order: decomposed, so that letters with accents stand beside
 * those without, and ASCII in capitals, as i;unicode-casemap has it. */
int	fold_sort(struct span, struct buf *);

#endif
