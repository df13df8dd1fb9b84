/* scan: each number with its range, to the last one that fits. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "base/scan.h"

static const struct {
	int (*scan)(struct span, uint64_t, uint64_t *);
	const char *in;
	uint64_t max, out;
	int result;
} cases[] = {
	{ scan_u64, "0", 0, 0, 0 },
	{ scan_u64, "18446744073709551615", UINT64_MAX, UINT64_MAX, 0 },
	{ scan_u64, "18446744073709551616", UINT64_MAX, 0, -1 },
	{ scan_u64, "99999999999999999999999", UINT64_MAX, 0, -1 },
	{ scan_u64, "000000000000000000000000007", 10, 7, 0 },
	{ scan_u64, "11", 10, 0, -1 },
	{ scan_u64, "", 10, 0, -1 },
	{ scan_u64, " 1", 10, 0, -1 },
	{ scan_u64, "+1", 10, 0, -1 },
	{ scan_u64, "-1", 10, 0, -1 },
	{ scan_u64, "1 ", 10, 0, -1 },
	{ scan_u64, "0x1", 10, 0, -1 },
	{ scan_size, "512", 1024, 512, 0 },
	{ scan_size, "1k", 1024, 1024, 0 },
	{ scan_size, "1K", 1023, 0, -1 },
	{ scan_size, "50M", UINT64_MAX, 52428800, 0 },
	{ scan_size, "2G", UINT64_MAX, 2147483648, 0 },
	{ scan_size, "18446744073709551615k", UINT64_MAX, 0, -1 },
	{ scan_size, "1m", UINT64_MAX, 0, -1 },
	{ scan_size, "1kk", UINT64_MAX, 0, -1 },
	{ scan_size, "M", UINT64_MAX, 0, -1 },
	{ scan_duration, "90", 100, 90, 0 },
	{ scan_duration, "5d", UINT64_MAX, 432000, 0 },
	{ scan_duration, "36h", UINT64_MAX, 129600, 0 },
	{ scan_duration, "10m", UINT64_MAX, 600, 0 },
	{ scan_duration, "1w", 604800, 604800, 0 },
	{ scan_duration, "1w", 604799, 0, -1 },
	{ scan_duration, "1s", 1, 1, 0 },
	{ scan_duration, "1y", UINT64_MAX, 0, -1 },
};

static void
test_numbers(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < sizeof cases / sizeof *cases; i++) {
		uint64_t v = 0;

		if (cases[i].scan(span_of(cases[i].in), cases[i].max, &v) !=
		    cases[i].result || v != cases[i].out)
			fail_msg("case %zu: %s", i, cases[i].in);
	}
	assert_int_equal(scan_u64(SPAN("1\0"), 10, &(uint64_t){ 0 }), -1);
	assert_int_equal(scan_size(SPAN("1\0"), 10, &(uint64_t){ 0 }), -1);
}

static void
test_others(void **state)
{
	struct span in = SPAN("12ab");
	uint64_t v = 0;
	unsigned u = 0;

	(void)state;
	assert_int_equal(scan_front(&in, 20, &v), 1);
	assert_int_equal(v, 12);
	assert_true(span_eq(in, SPAN("ab")));
	assert_int_equal(scan_front(&in, 20, &v), 0);
	in = SPAN("21");
	assert_int_equal(scan_front(&in, 20, &v), -1);
	assert_int_equal(scan_uint(SPAN("4294967295"), UINT32_MAX, &u), 0);
	assert_int_equal(u, UINT32_MAX);
	assert_int_equal(scan_uint(SPAN("4294967296"), UINT32_MAX, &u), -1);
	assert_int_equal(scan_hex64(SPAN("Ff00000000000001"), &v), 0);
	assert_true(v == 0xff00000000000001);
	assert_int_equal(scan_hex64(SPAN(""), &v), -1);
	assert_int_equal(scan_hex64(SPAN("g"), &v), -1);
	assert_int_equal(scan_hex64(SPAN("00000000000000001"), &v), -1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_numbers), cmocka_unit_test(test_others)
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
