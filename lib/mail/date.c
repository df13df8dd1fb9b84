/* date - a moment as mail writes it. */
#include <stdio.h>

#include "base/ascii.h"
#include "base/scan.h"
#include "mail/date.h"

static int64_t days_before(int);
static int is_leap(int);
static unsigned days_of(int, unsigned);
static int take_cfws(struct span *);
static struct span take_letters(struct span *);
static int take_number(struct span *, size_t, unsigned *);
static int take_day(struct span *, struct date *);
static int take_time(struct span *, struct date *);
static int take_zone(struct span *, int *);

static const char weekday[7][4] = {
	"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"
};
static const char month[12][4] = {
	"Jan", "Feb", "Mar", "Apr", "May", "Jun",
	"Jul", "Aug", "Sep", "Oct", "Nov", "Dec"
};

enum { DAY = 86400, TO_1970 = 719162 };	/* days from 1 January of year 1 */
#define FIRST (-62135596800)		/* 0001-01-01T00:00:00Z */
#define LAST 253402300799		/* 9999-12-31T23:59:59Z */

void
date_of(int64_t t, struct date *d)
{
	int64_t days;
	unsigned n, rest;

	t = (t < FIRST ? FIRST : t > LAST ? LAST : t) - FIRST;
	days = t / DAY;
	rest = (unsigned)(t % DAY);
	d->weekday = (unsigned)((days + 1) % 7);	/* a Monday */
	days -= TO_1970;
	d->hour = rest / 3600;
	d->minute = rest / 60 % 60;
	d->second = rest % 60;
	d->year = (int)(1970 + days * 400 / 146097);	/* or one beside */
	while (days_before(d->year) > days)
		d->year--;
	while (days_before(d->year + 1) <= days)
		d->year++;
	days -= days_before(d->year);
	for (d->month = 1; days >= (n = days_of(d->year, d->month)); d->month++)
		days -= n;
	d->day = (unsigned)days + 1;
}

int64_t
date_seconds(const struct date *d)
{
	int64_t days = days_before(d->year) + d->day - 1;
	unsigned m;

	for (m = 1; m < d->month; m++)
		days += days_of(d->year, m);
	return days * DAY + d->hour * 3600 + d->minute * 60 + d->second;
}

int
date_valid(const struct date *d)
{
	return d->year >= 1 && d->year <= 9999 && d->month >= 1 &&
	    d->month <= 12 && d->day >= 1 &&
	    d->day <= days_of(d->year, d->month) && d->hour < 24 &&
	    d->minute < 60 && d->second <= 60;
}

void
date_format(int64_t t, char out[DATE_TEXT])
{
	struct date d;

	date_of(t, &d);
	snprintf(out, DATE_TEXT, "%s, %u %s %04d %02u:%02u:%02u +0000",
	    weekday[d.weekday], d.day, month[d.month - 1], d.year, d.hour,
	    d.minute, d.second);
}

void
date_rfc3339(int64_t t, char out[DATE_TEXT])
{
	struct date d;

	date_of(t, &d);
	snprintf(out, DATE_TEXT, "%04d-%02u-%02uT%02u:%02u:%02uZ", d.year,
	    d.month, d.day, d.hour, d.minute, d.second);
}

/* date-time = [ day-of-week "," ] day month year hour ":" minute
 *	[ ":" second ] zone, with comments and folds between all of these. */
int
date_parse(struct span s, int64_t *utc, int *zone, const char **why)
{
	struct date d = { .year = 0 };
	int minutes = 0;

	*why = "a date is [weekday,] day month year hour:minute[:second] zone "
	    "(RFC 5322 3.3)";
	if (take_cfws(&s) < 0)
		return -1;
	if (take_letters(&s).n) {
		if (take_cfws(&s) < 0)
			return -1;
		if (s.n && s.p[0] == ',')
			s = span_from(s, 1);
	}
	if (take_day(&s, &d) < 0)
		return -1;
	if (!date_valid(&d)) {
		*why = "no such day";
		return -1;
	}
	/* RFC 5256 2.2: without a time that is one, 00:00:00; without a zone
	 * that is one, UTC */
	if (take_time(&s, &d) < 0 || !date_valid(&d))
		d.hour = d.minute = d.second = 0;
	(void)take_zone(&s, &minutes);
	*utc = date_seconds(&d) - (int64_t)minutes * 60;
	*zone = minutes;
	return 0;
}

/* Days from 1970 to the first of January. */
static int64_t
days_before(int year)
{
	int64_t y = year - 1;

	return y * 365 + y / 4 - y / 100 + y / 400 - TO_1970;
}

static int
is_leap(int year)
{
	return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

static unsigned
days_of(int year, unsigned m)
{
	static const unsigned char days[12] = {
		31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31
	};

	return days[m - 1] + (m == 2 && is_leap(year) ? 1u : 0u);
}

/* White space, folds and comments (which nest); -1: a comment is not closed. */
static int
take_cfws(struct span *in)
{
	size_t i, depth = 0;

	for (i = 0; i < in->n; i++) {
		unsigned char c = in->p[i];

		if (c == '(')
			depth++;
		else if (depth == 0 && !ascii_space(c))
			break;
		else if (c == ')')
			depth--;
		else if (c == '\\')
			i++;
	}
	*in = span_from(*in, i);
	return depth ? -1 : 0;
}

static struct span
take_letters(struct span *in)
{
	struct span s = *in;
	size_t i = 0;

	while (i < s.n && ascii_alpha(s.p[i]))
		i++;
	*in = span_from(s, i);
	return span_sub(s, 0, i);
}

/* At least 1, at most digits digits, and what stands behind them is passed. */
static int
take_number(struct span *in, size_t digits, unsigned *out)
{
	struct span s = *in;
	size_t i = 0;

	while (i < s.n && ascii_digit(s.p[i]))
		i++;
	if (i > digits || scan_uint(span_sub(s, 0, i), 9999, out) < 0)
		return -1;
	*in = span_from(s, i);
	return take_cfws(in);
}

static int
take_day(struct span *in, struct date *d)
{
	struct span name;
	unsigned year;
	size_t n;

	if (take_cfws(in) < 0 || take_number(in, 2, &d->day) < 0)
		return -1;
	name = span_sub(take_letters(in), 0, 3);
	for (d->month = 1; d->month <= 12; d->month++)
		if (span_case_eq(name, span_of(month[d->month - 1])))
			break;
	if (d->month > 12 || take_cfws(in) < 0)
		return -1;
	for (n = 0; n < in->n && ascii_digit(in->p[n]); n++)
		continue;
	if (n < 2 || take_number(in, 4, &year) < 0)
		return -1;
	/* RFC 5322 4.3 */
	if (n == 3 || (n == 2 && year >= 50))
		year += 1900;
	else if (n == 2)
		year += 2000;
	d->year = (int)year;
	return 0;
}

static int
take_time(struct span *in, struct date *d)
{
	unsigned *part[] = { &d->hour, &d->minute, &d->second };
	size_t i;

	for (i = 0; i < 3; i++) {
		if (i && (in->n == 0 || in->p[0] != ':'))
			return i == 2 ? 0 : -1;
		if (i) {
			*in = span_from(*in, 1);
			if (take_cfws(in) < 0)
				return -1;
		}
		if (take_number(in, 2, part[i]) < 0)
			return -1;
	}
	return 0;
}

/* zone = ("+" / "-") 4DIGIT / a name.  Names but those of RFC 5322 4.3 say
 * nothing for certain: UTC. */
static int
take_zone(struct span *in, int *minutes)
{
	static const struct {
		char name[4];
		int hours;
	} known[] = {
		{ "EST", -5 }, { "EDT", -4 }, { "CST", -6 }, { "CDT", -5 },
		{ "MST", -7 }, { "MDT", -6 }, { "PST", -8 }, { "PDT", -7 }
	};
	unsigned sign = in->n ? in->p[0] : 0, v;
	struct span name;
	size_t i;

	if (sign == '+' || sign == '-') {
		*in = span_from(*in, 1);
		if (scan_uint(span_sub(*in, 0, 4), 9959, &v) < 0 ||
		    in->n < 4 || v % 100 > 59)
			return -1;
		*minutes = (int)(v / 100 * 60 + v % 100);
		if (sign == '-')
			*minutes = -*minutes;
		return 0;
	}
	name = take_letters(in);
	for (i = 0; i < sizeof known / sizeof *known; i++)
		if (span_case_eq(name, span_of(known[i].name)))
			*minutes = known[i].hours * 60;
	return 0;
}
