/* date: every day from 1970 to 9999, and dates as they are met in mail. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "mail/date.h"

static const struct {
	int64_t t;
	const char *mail, *iso;
} written[] = {
	{ 0, "Thu, 1 Jan 1970 00:00:00 +0000", "1970-01-01T00:00:00Z" },
	{ -1, "Wed, 31 Dec 1969 23:59:59 +0000", "1969-12-31T23:59:59Z" },
	{ INT64_MIN, "Mon, 1 Jan 0001 00:00:00 +0000",
	    "0001-01-01T00:00:00Z" },
	{ 951782400, "Tue, 29 Feb 2000 00:00:00 +0000",
	    "2000-02-29T00:00:00Z" },
	{ 1795313002, "Sun, 22 Nov 2026 02:03:22 +0000",
	    "2026-11-22T02:03:22Z" },
	{ 4107542399, "Sun, 28 Feb 2100 23:59:59 +0000",
	    "2100-02-28T23:59:59Z" },
	{ 4107542400, "Mon, 1 Mar 2100 00:00:00 +0000",
	    "2100-03-01T00:00:00Z" },
	{ 253402300799, "Fri, 31 Dec 9999 23:59:59 +0000",
	    "9999-12-31T23:59:59Z" },
	{ INT64_MAX, "Fri, 31 Dec 9999 23:59:59 +0000",
	    "9999-12-31T23:59:59Z" },
};

static const struct {
	const char *in;
	int result;
	int64_t utc;
	int zone;
} read[] = {
	{ "Sun, 22 Nov 2026 02:03:22 +0000", 0, 1795313002, 0 },
	{ "Sun, 22 Nov 2026 03:33:22 +0130", 0, 1795313002, 90 },
	{ "21 Nov 2026 21:03:22 -0500", 0, 1795313002, -300 },
	{ "22 Nov 2026 02:03:22 -0000", 0, 1795313002, 0 },
	{ "Mon, 22 Nov 2026 02:03:22 GMT", 0, 1795313002, 0 },
	{ "Sun 22 Nov 2026 02:03:22 UT", 0, 1795313002, 0 },
	{ "22 nov 26 02:03:22 z", 0, 1795313002, 0 },
	{ "21 NOVEMBER 126 21:03:22 EST", 0, 1795313002, -300 },
	{ "21 Nov 2026 19:03:22 PDT", 0, 1795313002, -420 },
	{ "22 Nov 2026 02:03:22 A", 0, 1795313002, 0 },
	{ "22 Nov 2026 02:03:22", 0, 1795313002, 0 },
	{ "22 Nov 2026 02:03 +0000", 0, 1795313000 - 20, 0 },
	{ "22 Nov 2026 02:03:22 +0000 (Greenwich (mean) \\) time)", 0,
	    1795313002, 0 },
	{ "(a)Sun(b),(c)22(d)Nov(e)2026(f)02(g):(h)03(i):(j)22(k)+0000", 0,
	    1795313002, 0 },
	{ " Sun,\r\n 22\r\n\tNov 2026 02:03:22 +0000\r\n", 0, 1795313002, 0 },
	{ "22 Nov 2026 2:3:22 +0000", 0, 1795313002, 0 },
	{ "1 Jan 49 00:00 +0000", 0, 2493072000, 0 },
	{ "1 Jan 50 00:00 +0000", 0, -631152000, 0 },
	{ "31 Dec 2016 23:59:60 +0000", 0, 1483228800, 0 },
	{ "1 Jan 9999 00:00 -9959", 0, 253370764800 + 5999 * 60, -5999 },
	{ "29 Feb 2026 00:00 +0000", -1, 0, 0 },
	{ "29 Feb 1900 00:00 +0000", -1, 0, 0 },
	{ "0 Jan 2026 00:00 +0000", -1, 0, 0 },
	{ "31 Apr 2026 00:00 +0000", -1, 0, 0 },
	{ "1 Jan 2026 24:00 +0000", 0, 1767225600, 0 },
	{ "1 Jan 2026 00:60 +0000", 0, 1767225600, 0 },
	{ "1 Jan 2026 00:00:61 +0000", 0, 1767225600, 0 },
	{ "1 Jan 2026 00:00 +0060", 0, 1767225600, 0 },
	{ "1 Jan 2026 00:00 +000", 0, 1767225600, 0 },
	{ "1 Jan 2026 00:00 +00:00", 0, 1767225600, 0 },
	{ "1 Jan 12026 00:00 +0000", -1, 0, 0 },
	{ "1 Jan 6 00:00 +0000", -1, 0, 0 },
	{ "1 Jnr 2026 00:00 +0000", -1, 0, 0 },
	{ "1 Ja 2026 00:00 +0000", -1, 0, 0 },
	{ "1 2026 00:00 +0000", -1, 0, 0 },
	{ "123 Jan 2026 00:00 +0000", -1, 0, 0 },
	{ "1 Jan 2026 00 +0000", 0, 1767225600, 0 },
	{ "1 Jan 2026", 0, 1767225600, 0 },
	{ "1 Jan 2026 24:00 -0100", 0, 1767229200, -60 }, { "Sun,", -1, 0, 0 }, { "", -1, 0, 0 },
	{ "(1 Jan 2026 00:00 +0000", -1, 0, 0 },
	{ "1 Jan 2026 00:00 (x", 0, 1767225600, 0 }, { "\\", -1, 0, 0 },
	{ "1 Jan -2026 00:00 +0000", -1, 0, 0 },
};

static void
test_format(void **state)
{
	char out[DATE_TEXT];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof written / sizeof *written; i++) {
		date_format(written[i].t, out);
		if (strcmp(out, written[i].mail) != 0)
			fail_msg("case %zu: %s", i, out);
		date_rfc3339(written[i].t, out);
		if (strcmp(out, written[i].iso) != 0)
			fail_msg("case %zu: %s", i, out);
	}
}

/* Each day follows the day before it, and comes back as the same second. */
static void
test_days(void **state)
{
	struct date was, is;
	int64_t t;

	(void)state;
	date_of(-62135596800, &was);
	for (t = -62135596800 + 86400 + 86399; t <= 253402300799; t += 86400, was = is) {
		date_of(t, &is);
		if (!date_valid(&is) || date_seconds(&is) != t ||
		    is.weekday != (was.weekday + 1) % 7 ||
		    !((is.day == was.day + 1 && is.month == was.month &&
		    is.year == was.year) || (is.day == 1 && was.day >= 28 &&
		    (is.month == was.month + 1 || (is.month == 1 &&
		    was.month == 12 && is.year == was.year + 1)))))
			fail_msg("%d-%u-%u", is.year, is.month, is.day);
	}
	assert_int_equal(was.year, 9999);
}

static void
test_parse(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < sizeof read / sizeof *read; i++) {
		const char *why = NULL;
		int64_t t = 0;
		int zone = 0;
		int r = date_parse(span_of(read[i].in), &t, &zone, &why);

		if (r != read[i].result || t != read[i].utc ||
		    zone != read[i].zone || (r < 0 && why == NULL))
			fail_msg("case %zu: %s: %d %lld %d", i, read[i].in, r,
			    (long long)t, zone);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_format), cmocka_unit_test(test_days),
		cmocka_unit_test(test_parse)
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
