/* buf: the ceiling holds, a failure is remembered, nothing is half added. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "base/buf.h"

static void
test_add(void **state)
{
	struct buf b = { .max = 100 };

	(void)state;
	buf_adds(&b, "a");
	buf_addc(&b, 0);
	buf_addspan(&b, (struct span){ NULL, 0 });
	buf_addu(&b, 0);
	buf_addu(&b, UINT64_MAX);
	assert_int_equal(buf_addf(&b, "-%s%d", "x", 7), 0);
	assert_true(span_eq(buf_span(&b),
	    SPAN("a\0" "018446744073709551615-x7")));
	buf_cut(&b, 2);
	assert_true(span_starts(buf_span(&b), SPAN("018")));
	buf_cut(&b, 1000);
	assert_int_equal(b.n, 0);
	buf_cut(&b, 1);
	buf_free(&b);
	assert_null(b.p);
	assert_int_equal(b.max, 100);
}

static void
test_ceiling(void **state)
{
	struct buf b = { .max = 5 };

	(void)state;
	assert_int_equal(buf_adds(&b, "12345"), 0);
	assert_int_equal(buf_addc(&b, '6'), -1);
	assert_false(buf_ok(&b));
	assert_int_equal(b.n, 5);
	buf_cut(&b, 3);
	assert_int_equal(buf_addc(&b, '6'), -1);	/* it remembers */
	assert_true(span_eq(buf_span(&b), SPAN("45")));
	buf_reset(&b);
	assert_int_equal(buf_adds(&b, "123"), 0);
	assert_int_equal(buf_room(&b, SIZE_MAX), -1);
	buf_reset(&b);
	assert_int_equal(buf_addf(&b, "%s", "1234"), 0);
	assert_int_equal(buf_addf(&b, "%s", "12"), -1);
	assert_int_equal(b.n, 4);
	buf_free(&b);
	assert_int_equal(buf_addc(&(struct buf){ 0 }, 'a'), -1);
}

static void
test_growth(void **state)
{
	struct buf b = { .max = 1000003 };
	size_t i;

	(void)state;
	for (i = 0; i < b.max; i++)
		assert_int_equal(buf_addc(&b, (unsigned char)i), 0);
	assert_true(b.size <= b.max);
	for (i = 0; i < b.max; i++)
		if (b.p[i] != (unsigned char)i)
			fail_msg("byte %zu", i);
	assert_int_equal(buf_addc(&b, 0), -1);
	buf_free(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_add), cmocka_unit_test(test_ceiling),
		cmocka_unit_test(test_growth)
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
