/* When a message is tried again, and its last words. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "queued/schedule.h"

static const uint64_t waits[] = { 300, 600, 3600 };
static const struct config conf = { .retry = { 3, waits },
    .lifetime = 432000, .bounce_lifetime = 86400 };

static void
next(void **state)
{
	static const struct {
		unsigned made;
		int64_t now, end;
		uint32_t random;
		int64_t out;
	} row[] = {
		{ 1, 1000, 100000, 0, 1000 + 300 - 37 },
		{ 1, 1000, 100000, 75, 1000 + 300 - 37 + 75 },
		{ 1, 1000, 100000, 76, 1000 + 300 - 37 },
		{ 2, 1000, 100000, 75, 1000 + 600 - 75 + 75 },
		{ 3, 1000, 100000, 450, 1000 + 3600 },
		{ 99, 1000, 100000, 450, 1000 + 3600 },
		{ 0, 1000, 100000, 37, 1000 + 300 },
		/* never behind the end, but not held at it either */
		{ 3, 1000, 1100, 450, 1100 },
		{ 3, 1100, 1100, 450, 1100 + 3600 },
		{ UINT32_MAX, 1000, 100000, UINT32_MAX, 4600 - 450 + 306 },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof row / sizeof *row; i++)
		if (schedule_next(&conf, row[i].made, row[i].now, row[i].end,
		    row[i].random) != row[i].out)
			fail_msg("row %zu: %lld", i, (long long)schedule_next(
			    &conf, row[i].made, row[i].now, row[i].end,
			    row[i].random));
	/* not behind the end either, however long a destination is dead */
	assert_int_equal(schedule_put_off(1300, 1000, 9000, 0), 1300);
	assert_int_equal(schedule_put_off(1300, 1000, 9000, 119), 1359);
	assert_int_equal(schedule_put_off(1300, 1000, 1350, 119), 1350);
	assert_int_equal(schedule_put_off(4600, 1000, 1350, 119), 1350);
	assert_int_equal(schedule_put_off(4600, 1400, 1350, 0), 4600);
	assert_int_equal(schedule_end(&conf, 10, 0), 432010);
	assert_int_equal(schedule_end(&conf, 10, 1), 86410);
}

static void
last_words(void **state)
{
	static const struct {
		unsigned code;
		const char *enhanced, *text, *peer, *want;
		unsigned want_code;
		const char *want_enhanced;
	} row[] = {
		{ 452, "4.2.2", "over quota", "", "its time is over; the last "
		    "answer was: 452 4.2.2 over quota", 552, "5.2.2" },
		{ 451, "4.7.1", "later", "mx.far.test[192.0.2.1]:25",
		    "its time is over; the last answer of "
		    "mx.far.test[192.0.2.1]:25 was: 451 4.7.1 later",
		    554, "5.4.7" },
		{ 0, "", "", "", "its time is over", 554, "5.4.7" },
	};
	struct verdict v;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof row / sizeof *row; i++) {
		v = schedule_last(row[i].code, row[i].enhanced,
		    span_of(row[i].text), span_of(row[i].peer));
		if (v.kind != VERDICT_NEVER || v.code != row[i].want_code ||
		    strcmp(v.enhanced, row[i].want_enhanced) != 0 ||
		    strcmp(v.text, row[i].want) != 0)
			fail_msg("row %zu: %u %s %s", i, v.code, v.enhanced,
			    v.text);
	}
}

int
main(void)
{
	const struct CMUnitTest test[] = {
		cmocka_unit_test(next), cmocka_unit_test(last_words)
	};

	return cmocka_run_group_tests(test, NULL, NULL);
}
