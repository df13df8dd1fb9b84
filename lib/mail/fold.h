/*
 * fold - text made comparable, of Unicode 15, with U+FFFD for what is not
 * UTF-8.  Links utf8proc; ASCII does not reach it.
 *
 * Characters that combine over more than FOLD_RUN bytes may stay apart.
 */
#ifndef MAIL_FOLD_H
#define MAIL_FOLD_H

#include "base/buf.h"
#include "base/span.h"

enum { FOLD_RUN = 1024 };

/* For SEARCH: full case folding and NFC.  0, or -1 when the buf failed.  At
 * most 12 times as long; of ASCII as long as it was. */
int	fold_utf8(struct span, struct buf *);
/* The same for SORT and THREAD: i;unicode-casemap (RFC 5051), titlecase and
 * then NFKD. */
int	fold_sort(struct span, struct buf *);
/* For names: NFC, letters as they are.  At most thrice as long. */
int	fold_nfc(struct span, struct buf *);

#endif
