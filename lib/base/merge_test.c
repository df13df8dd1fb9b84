/* merge: what comes out is a permutation, in order, and stable. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <setjmp.h>
#include <cmocka.h>

#include "base/merge.h"

enum { MOST = 3000 };

static size_t calls;

static int
by_key(const void *arg, uint32_t a, uint32_t b)
{
	const uint32_t *key = arg;

	calls++;
	return (key[a] > key[b]) - (key[a] < key[b]);
}

static void
test_random(void **state)
{
	static uint32_t key[MOST], v[MOST];
	static unsigned char seen[MOST];
	uint32_t i, n, round;

	(void)state;
	for (round = 0; round < 300; round++) {
		n = round < 40 ? round : arc4random_uniform(MOST);
		for (i = 0; i < n; i++) {
			key[i] = arc4random_uniform(round % 7 * n / 4 + 1);
			v[i] = i;
			seen[i] = 0;
		}
		assert_int_equal(merge_sort(v, n, by_key, key), 0);
		for (i = 0; i < n; i++)
			if (v[i] >= n || seen[v[i]]++ || (i &&
			    (key[v[i - 1]] > key[v[i]] ||
			    (key[v[i - 1]] == key[v[i]] && v[i - 1] > v[i]))))
				fail_msg("round %u, at %u", round, i);
	}
}

static void
test_in_order_is_cheap(void **state)
{
	static uint32_t key[MOST], v[MOST];
	uint32_t i;

	(void)state;
	for (i = 0; i < MOST; i++)
		key[i] = v[i] = i;
	calls = 0;
	assert_int_equal(merge_sort(v, MOST, by_key, key), 0);
	assert_true(calls < 2 * MOST);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_random),
		cmocka_unit_test(test_in_order_is_cheap)
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
