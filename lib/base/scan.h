/*
 * scan - numbers and sizes from text, each with its range.
 *
 * Each takes the whole span: a byte that does not belong is an error.
 * Results: 0, or -1 when it is no such number or out of range.
 */
#ifndef BASE_SCAN_H
#define BASE_SCAN_H

#include <stdint.h>

#include "base/span.h"

int	scan_u64(struct span, uint64_t max, uint64_t *out);
int	scan_uint(struct span, unsigned max, unsigned *out);
/* k, M, G (1024) may follow; bytes. */
int	scan_size(struct span, uint64_t max, uint64_t *out);
/* s, m, h, d, w may follow, seconds without one; seconds. */
int	scan_duration(struct span, uint64_t max, uint64_t *out);
int	scan_hex64(struct span, uint64_t *out);

/* Decimal digits at the front of *in; returns 1 and cuts them off, 0 when
 * there are none, -1 above max. */
int	scan_front(struct span *in, uint64_t max, uint64_t *out);

#endif
