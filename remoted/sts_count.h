/*
 * sts_count - what TLS did with each destination, counted by day: the facts of
 * a report by RFC 8460.
 *
 *	count/YYYY-MM-DD/DOMAIN		(UTC) a line each:
 *	COUNT POLICY RESULT HOST IP	COUNT has 10 digits
 *
 * A count is changed in place under a lock, so that lines stay as they are and
 * the file as long as it has different ones: 64 KiB, from where on HOST and IP
 * are "-".  Kept for 30 days.
 */
#ifndef REMOTED_STS_COUNT_H
#define REMOTED_STS_COUNT_H

#include "remoted/sts.h"
#include "wire/sts_channel.h"

void	sts_count_add(struct sts *, struct span domain,
	    const struct sts_count *, int64_t now);
/* Removes the days that are too old. */
void	sts_count_clean(struct sts *, int64_t now);

#endif
