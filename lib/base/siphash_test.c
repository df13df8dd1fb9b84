/* siphash: vectors of the paper's authors (key 00..0f, input 00, 01, …). */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "base/siphash.h"

static const struct {
	size_t n;
	uint64_t out;
} cases[] = {
	{ 0, 0x726fdb47dd0e0e31 }, { 1, 0x74f839c593dc67fd },
	{ 7, 0xab0200f58b01d137 }, { 8, 0x93f5f5799a932462 },
	{ 15, 0xa129ca6149be45e5 }, { 63, 0x958a324ceb064572 }
};

static void
test_vectors(void **state)
{
	unsigned char in[64];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof in; i++)
		in[i] = (unsigned char)i;
	for (i = 0; i < sizeof cases / sizeof *cases; i++)
		if (siphash(in, span_mem(in, cases[i].n)) != cases[i].out)
			fail_msg("%zu", i);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_vectors)
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
