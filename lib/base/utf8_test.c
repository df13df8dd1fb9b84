/* utf8: every code point is one character, and what Unicode's table 3-7 of
 * well-formed sequences leaves out is none. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "base/utf8.h"

static size_t
put(uint32_t c, unsigned char *p)
{
	static const unsigned char lead[] = { 0, 0, 0xc0, 0xe0, 0xf0 };
	size_t n = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4, i;

	for (i = n - 1; i > 0; i--, c >>= 6)
		p[i] = (unsigned char)(0x80 | (c & 0x3f));
	p[0] = (unsigned char)(lead[n] | c);
	return n;
}

static void
test_all(void **state)
{
	unsigned char p[5], q[4];
	uint32_t c, d;

	(void)state;
	for (c = 0; c < 0x120000; c++) {
		size_t n = put(c, p), cut;
		int is = c < 0xd800 || (c > 0xdfff && c < 0x110000);

		p[n] = 'x';
		if (utf8_length(span_mem(p, n + 1)) != (is ? n : 0) ||
		    utf8_valid(span_mem(p, n + 1)) != is)
			fail_msg("U+%04X", c);
		if (utf8_get(span_mem(p, n + 1), &d) != (is ? n : 0) ||
		    d != (is ? c : 0) || (is && (utf8_put(c, q) != n ||
		    memcmp(p, q, n) != 0)))
			fail_msg("U+%04X", c);
		for (cut = 1; cut < n; cut++)
			if (utf8_length(span_mem(p, cut)))
				fail_msg("U+%04X cut at %zu", c, cut);
	}
}

static void
test_bad(void **state)
{
	static const char *const bad[] = {
		"\200", "\277", "\300\200", "\301\277", "\340\200\200",
		"\340\237\277", "\360\200\200\200", "\360\217\277\277",
		"\365\200\200\200", "\376", "\377", "\303(", "\342\202(",
		"\355\240\200"
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof bad / sizeof *bad; i++)
		if (utf8_valid(span_of(bad[i])))
			fail_msg("case %zu", i);
	assert_int_equal(utf8_length((struct span){ NULL, 0 }), 0);
	assert_true(utf8_valid((struct span){ NULL, 0 }));
	assert_true(utf8_is_ascii(SPAN("a\0\177")));
	assert_false(utf8_is_ascii(SPAN("a\200")));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_all), cmocka_unit_test(test_bad)
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
