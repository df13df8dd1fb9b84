/* Counts by address and network: what is added is what is taken away. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "run/counts.h"

static void
adds_and_forgets(void **state)
{
	struct counts c;
	struct ip a, b;
	int i;

	(void)state;
	assert_int_equal(counts_init(&c, 100), 0);
	assert_int_equal(ip_parse(SPAN("192.0.2.7"), &a), 0);
	assert_int_equal(ip_parse(SPAN("192.0.2.9"), &b), 0);
	for (i = 0; i < 3; i++) {
		assert_int_equal(counts_add(&c, &a, 128), 0);
		assert_int_equal(counts_add(&c, &a, 120), 0);
	}
	assert_int_equal(counts_add(&c, &b, 128), 0);
	assert_int_equal(counts_add(&c, &b, 120), 0);
	assert_int_equal(counts_get(&c, &a, 128), 3);
	assert_int_equal(counts_get(&c, &b, 128), 1);
	assert_int_equal(counts_get(&c, &b, 120), 4);
	for (i = 0; i < 3; i++)
		counts_sub(&c, &a, 128);
	assert_int_equal(counts_get(&c, &a, 128), 0);
	assert_int_equal(c.used, 2);
	counts_sub(&c, &a, 128);	/* of none: nothing happens */
	assert_int_equal(c.used, 2);
	counts_free(&c);
}

static void
many_keys(void **state)
{
	struct counts c;
	struct ip ip = { { 0x20, 1 } };
	unsigned i;

	(void)state;
	assert_int_equal(counts_init(&c, 1000), 0);
	for (i = 0; i < 100000; i++) {
		ip.b[5] = (unsigned char)i;
		ip.b[6] = (unsigned char)(i >> 8);
		ip.b[7] = (unsigned char)(i >> 16);
		assert_int_equal(counts_add(&c, &ip, 64), 0);
	}
	assert_int_equal(c.used, 100000);
	for (i = 0; i < 100000; i++) {
		ip.b[5] = (unsigned char)i;
		ip.b[6] = (unsigned char)(i >> 8);
		ip.b[7] = (unsigned char)(i >> 16);
		counts_sub(&c, &ip, 64);
	}
	assert_int_equal(c.used, 0);
	counts_free(&c);
}

int
main(void)
{
	const struct CMUnitTest t[] = {
		cmocka_unit_test(adds_and_forgets),
		cmocka_unit_test(many_keys),
	};

	return cmocka_run_group_tests(t, NULL, NULL);
}
