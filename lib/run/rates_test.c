#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include "run/rates.h"

static const struct {
	const char *user;
	uint64_t recipients, now;
	enum rates_result result;
} t[] = {
	{ "a", 1, 1000, RATES_OK },
	{ "a", 1, 1000, RATES_OK },
	{ "a", 9, 1001, RATES_RECIPIENTS },	/* and is not counted */
	{ "a", 8, 1002, RATES_OK },
	{ "a", 1, 1003, RATES_MESSAGES },
	{ "b", 10, 1003, RATES_OK },		/* another's are another's */
	{ "b", 1, 1003, RATES_RECIPIENTS },
	{ "b", UINT64_MAX, 1003, RATES_RECIPIENTS },
	{ "a", 1, 1000 + RATES_S - 1, RATES_MESSAGES },
	{ "a", 1, 1000 + RATES_S, RATES_OK },	/* the next hour */
	{ "a", 10, 1000 + RATES_S, RATES_RECIPIENTS },
	{ "a", 9, 1000 + RATES_S, RATES_OK },
	{ "b", 1, 1002 + RATES_S, RATES_RECIPIENTS },
	{ "b", 1, 1003 + RATES_S, RATES_OK }
};

static void
in_order(void **state)
{
	struct rates r = { .max_messages = 3, .max_recipients = 10 };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof t / sizeof *t; i++)
		if (rates_take(&r, t[i].user, t[i].recipients, t[i].now) !=
		    t[i].result)
			fail_msg("case %zu", i);
}

/* Memory is that of the users of one hour. */
static void
many(void **state)
{
	struct rates r = { .max_messages = 1, .max_recipients = 1 };
	char user[32];
	unsigned i;

	(void)state;
	for (i = 0; i < 100000; i++) {
		snprintf(user, sizeof user, "u%u@example.test", i);
		assert_int_equal(rates_take(&r, user, 1, i), RATES_OK);
		assert_int_equal(rates_take(&r, user, 1, i), RATES_MESSAGES);
	}
}

static void
unlimited(void **state)
{
	struct rates r = { .max_messages = 0, .max_recipients = 0 };

	(void)state;
	assert_int_equal(rates_take(&r, "a", UINT64_MAX, 0), RATES_OK);
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(in_order),
	    cmocka_unit_test(many), cmocka_unit_test(unlimited) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
