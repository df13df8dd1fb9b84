/*
 * schedule - when a message is tried again, and when it is given up.
 *
 * Pure: time and chance come in as arguments.
 */
#ifndef QUEUED_SCHEDULE_H
#define QUEUED_SCHEDULE_H

#include <stdint.h>

#include "base/verdict.h"
#include "queued/config.h"

/* The moment at which a message that arrived then is given up.  null: it has
 * no sender (a report). */
int64_t	schedule_end(const struct config *, int64_t arrived, int null);

/* The moment of the next attempt after `made` of them (1..); this and the next
 * never behind the end, so that the last attempt, and what is to be told then,
 * come there.  random: any 32 bits. */
int64_t	schedule_next(const struct config *, unsigned made, int64_t now,
	    int64_t end, uint32_t random);

/* Of one that was not even asked: not before retry, not all at once. */
int64_t	schedule_put_off(int64_t retry, int64_t now, int64_t end,
	    uint32_t random);

/* No due time told now is behind this one, whatever was waited for. */
int64_t	schedule_farthest(const struct config *, int64_t now);

/* The last words of an expired recipient are ours, and quote the answer that
 * it had (peer: from whom, or empty).  4.2.2 (over quota) stays what it was as
 * 5.2.2, all else is 5.4.7, delivery time expired (RFC 3463 3.5). */
struct verdict schedule_last(unsigned code, const char *enhanced,
	    struct span text, struct span peer);

#endif
