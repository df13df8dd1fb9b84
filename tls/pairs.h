/* pairs - can the pairs that tls.cert and tls.key name be used?  For -n. */
#ifndef TLS_PAIRS_H
#define TLS_PAIRS_H

#include "base/buf.h"
#include "run/monitor.h"

/* Adds a line for each that cannot.  Reads the files by path, as who
 * calls. */
void	pairs_check(const struct site *, const void *, struct buf *errors);

#endif
