/* crc32c: RFC 3720 B.4, against a bit by bit reckoning, cut anywhere. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "base/crc32c.h"

static uint32_t
by_bits(struct span s)
{
	uint32_t c = ~0u;
	size_t i;
	int k;

	for (i = 0; i < s.n; i++)
		for (c ^= s.p[i], k = 0; k < 8; k++)
			c = c >> 1 ^ (c & 1 ? 0x82f63b78 : 0);
	return ~c;
}

static void
test_vectors(void **state)
{
	unsigned char p[32];
	size_t i;

	(void)state;
	assert_true(crc32c(0, SPAN("123456789")) == 0xe3069283);
	assert_true(crc32c(0, SPAN("")) == 0);
	memset(p, 0, sizeof p);
	assert_true(crc32c(0, span_mem(p, 32)) == 0x8a9136aa);
	memset(p, 0xff, sizeof p);
	assert_true(crc32c(0, span_mem(p, 32)) == 0x62a8ab43);
	for (i = 0; i < 32; i++)
		p[i] = (unsigned char)i;
	assert_true(crc32c(0, span_mem(p, 32)) == 0x46dd794e);
}

static void
test_cut(void **state)
{
	unsigned char p[80];
	size_t from, to;

	(void)state;
	for (from = 0; from < sizeof p; from++)
		p[from] = (unsigned char)(from * from + 3);
	for (from = 0; from < 9; from++)
		for (to = from; to <= sizeof p; to++) {
			struct span all = span_mem(p + from, sizeof p - from);
			struct span a = span_sub(all, 0, to - from);

			if (crc32c(0, a) != by_bits(a) ||
			    crc32c(crc32c(0, a), span_from(all, a.n)) !=
			    by_bits(all))
				fail_msg("%zu to %zu", from, to);
		}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_vectors), cmocka_unit_test(test_cut)
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
