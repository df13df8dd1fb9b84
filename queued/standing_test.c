/* What is remembered of other servers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include "queued/standing.h"

static struct standing_table t;

static void
heard(void **state)
{
	static const struct {
		const char *heard;	/* +: success, -: failure */
		enum standing want;
	} row[] = {
		{ "", STANDING_NEW },
		{ "+", STANDING_GOOD }, { "++", STANDING_GOOD },
		{ "-", STANDING_BAD }, { "--", STANDING_BAD },
		{ "+-", STANDING_NEW }, { "+--", STANDING_BAD },
		{ "+-+", STANDING_GOOD }, { "--+", STANDING_GOOD },
		{ "---+-", STANDING_NEW },
	};
	char key[16];
	const char *p;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof row / sizeof *row; i++) {
		snprintf(key, sizeof key, "d%zu", i);
		for (p = row[i].heard; *p; p++)
			(void)standing_hear(&t, key, *p == '+');
		if (standing_get(&t, key) != row[i].want)
			fail_msg("row %zu: %d", i, standing_get(&t, key));
	}
}

/* Far more than there is room for: a wrong answer is "not known", never that
 * of another. */
static void
crowd(void **state)
{
	unsigned i, known = 0, wrong = 0;
	char key[16];

	(void)state;
	for (i = 0; i < 4 * STANDING_SLOTS; i++) {
		snprintf(key, sizeof key, "many%u", i);
		assert_int_equal(standing_hear(&t, key, i & 1),
		    i & 1 ? STANDING_GOOD : STANDING_BAD);
	}
	for (i = 0; i < 4 * STANDING_SLOTS; i++) {
		snprintf(key, sizeof key, "many%u", i);
		switch (standing_get(&t, key)) {
		case STANDING_NEW:
			break;
		default:
			known++;
			wrong += standing_get(&t, key) !=
			    (i & 1 ? STANDING_GOOD : STANDING_BAD);
		}
	}
	assert_true(known > STANDING_SLOTS / 2);
	assert_int_equal(wrong, 0);
}

int
main(void)
{
	const struct CMUnitTest test[] = {
		cmocka_unit_test(heard), cmocka_unit_test(crowd)
	};

	return cmocka_run_group_tests(test, NULL, NULL);
}
