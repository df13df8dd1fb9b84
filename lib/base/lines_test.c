/* lines - against a count by hand, of bytes of every length and place. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/lines.h"

static void
test_lines(void **state)
{
	static const char some[] = "a\n\r\nb\n\n\r\r\nccc\r\r\n\r";
	unsigned char b[700];
	size_t from, to, i, lines, bare;
	struct span s;

	(void)state;
	for (i = 0; i < sizeof b; i++)
		b[i] = (unsigned char)(i < 300 ? '\n' :
		    some[i * i % (sizeof some - 1)]);
	for (from = 0; from < 320; from++)
		for (to = from; to <= sizeof b; to += to < from + 5 ? 1 : 37) {
			lines = bare = 0;
			for (i = from; i < to; i++) {
				lines += b[i] == '\n';
				bare += b[i] == '\n' &&
				    (i == from || b[i - 1] != '\r');
			}
			s = span_sub(span_mem(b, sizeof b), from, to);
			assert_int_equal(lines_count(s), lines);
			assert_int_equal(lines_bare(s), bare);
		}
	assert_int_equal(lines_count((struct span){ 0 }), 0);
	assert_int_equal(lines_bare((struct span){ 0 }), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_lines) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
