/* imap_date - dates of SEARCH and APPEND. */
#include "base/ascii.h"
#include "mail/date.h"
#include "wire/imap_date.h"

static int take_digits(struct span *, size_t, size_t, unsigned *);
static int take_byte(struct span *, unsigned char);
static int take_day(struct span *, struct date *);
static int take_clock(struct span *, struct date *);
static int take_zone(struct span *, int *);

/* date-text = date-day "-" date-month "-" date-year */
int
imap_date_parse(struct span in, int64_t *out, const char **why)
{
	struct date d = { 0 };

	*why = "not a date like 1-Feb-1994 (RFC 9051 9)";
	if (take_digits(&in, 1, 2, &d.day) < 0 || take_day(&in, &d) < 0 ||
	    in.n)
		return -1;
	*out = date_seconds(&d);
	return 0;
}

/* date-time = date-day-fixed "-" date-month "-" date-year SP time SP zone */
int
imap_date_time_parse(struct span in, int64_t *out, const char **why)
{
	struct date d = { 0 };
	int zone;

	*why = "not a date-time like \"17-Jul-1996 02:44:25 -0700\" "
	    "(RFC 9051 9)";
	if (in.n && in.p[0] == ' ')
		in = span_from(in, 1);
	if (take_digits(&in, 1, 2, &d.day) < 0 || take_day(&in, &d) < 0 ||
	    take_byte(&in, ' ') < 0 || take_clock(&in, &d) < 0 ||
	    take_byte(&in, ' ') < 0 || take_zone(&in, &zone) < 0 || in.n)
		return -1;
	*out = date_seconds(&d) - zone * 60;
	return 0;
}

static int
take_digits(struct span *in, size_t least, size_t most, unsigned *out)
{
	size_t n = 0;
	unsigned v = 0;

	for (; n < most && n < in->n && ascii_digit(in->p[n]); n++)
		v = v * 10 + (in->p[n] - '0');
	*in = span_from(*in, n);
	*out = v;
	return n >= least ? 0 : -1;
}

static int
take_byte(struct span *in, unsigned char c)
{
	if (in->n == 0 || in->p[0] != c)
		return -1;
	*in = span_from(*in, 1);
	return 0;
}

/* "-Feb-1994" */
static int
take_day(struct span *in, struct date *d)
{
	static const char month[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	unsigned year;

	if (take_byte(in, '-') < 0)
		return -1;
	for (d->month = 1; d->month <= 12; d->month++)
		if (span_case_starts(*in,
		    span_mem(month + (d->month - 1) * 3, 3)))
			break;
	*in = span_from(*in, 3);
	if (take_byte(in, '-') < 0 || take_digits(in, 4, 4, &year) < 0)
		return -1;
	d->year = (int)year;
	return date_valid(d) ? 0 : -1;
}

static int
take_clock(struct span *in, struct date *d)
{
	return take_digits(in, 2, 2, &d->hour) < 0 || take_byte(in, ':') < 0 ||
	    take_digits(in, 2, 2, &d->minute) < 0 || take_byte(in, ':') < 0 ||
	    take_digits(in, 2, 2, &d->second) < 0 || !date_valid(d) ? -1 : 0;
}

static int
take_zone(struct span *in, int *minutes)
{
	int sign = in->n && in->p[0] == '-' ? -1 : 1;
	unsigned h, m;

	if (take_byte(in, sign < 0 ? '-' : '+') < 0 ||
	    take_digits(in, 2, 2, &h) < 0 || take_digits(in, 2, 2, &m) < 0 ||
	    h > 23 || m > 59)
		return -1;
	*minutes = sign * (int)(h * 60 + m);
	return 0;
}
