/* imap_date - dates of SEARCH and APPEND (RFC 9051 9: date, date-time). */
#ifndef WIRE_IMAP_DATE_H
#define WIRE_IMAP_DATE_H

#include <stdint.h>

#include "base/span.h"

/* "1-Feb-1994": seconds at its first moment.  0, or -1 with *why. */
int	imap_date_parse(struct span, int64_t *, const char **why);
/* " 1-Feb-1994 22:43:04 -0800": seconds, UTC.  0, or -1 with *why. */
int	imap_date_time_parse(struct span, int64_t *, const char **why);

#endif
