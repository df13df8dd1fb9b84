/*
 * date - a moment as mail writes it.  Own calendar arithmetic (proleptic
 * Gregorian), so that no zone file is ever opened.  Seconds since 1970, UTC;
 * no leap seconds.
 */
#ifndef MAIL_DATE_H
#define MAIL_DATE_H

#include <stdint.h>

#include "base/span.h"

enum { DATE_TEXT = 32 };		/* longest text with its NUL */

struct date {
	int year;
	unsigned month, day;		/* from 1 */
	unsigned hour, minute, second;
	unsigned weekday;		/* 0: Sunday */
};

/* Outside the years 1 to 9999 a time is taken as the nearest inside. */
void	date_of(int64_t, struct date *);
/* Of a date in range; weekday is not looked at. */
int64_t	date_seconds(const struct date *);
int	date_valid(const struct date *);	/* that day exists */

/* RFC 5322 3.3: "Sun, 22 Nov 2026 02:03:22 +0000" */
void	date_format(int64_t, char out[DATE_TEXT]);
/* RFC 3339: "2026-11-22T02:03:22Z" */
void	date_rfc3339(int64_t, char out[DATE_TEXT]);

/*
 * RFC 5322 3.3 and 4.3: the value of a Date field.  *zone gets the minutes
 * east of UTC as written (that day there is *utc + *zone * 60).  0, or -1 with
 * *why.  Leniency: comments anywhere, a weekday that does not fit, no seconds,
 * no or a wrong time (00:00:00) or zone (UTC), years of 2 and 3 digits, the
 * month's name written out, and text behind the zone.
 */
int	date_parse(struct span, int64_t *utc, int *zone, const char **why);

#endif
