/* span: cutting and comparing, with NUL bytes and empty spans everywhere. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "base/span.h"

static void
test_compare(void **state)
{
	static const struct {
		const char *a, *b;
		int cmp, eq, case_eq, starts, ends;
	} t[] = {
		{ "", "", 0, 1, 1, 1, 1 },
		{ "a", "", 1, 0, 0, 1, 1 },
		{ "", "a", -1, 0, 0, 0, 0 },
		{ "abc", "abc", 0, 1, 1, 1, 1 },
		{ "abc", "ABC", 1, 0, 1, 0, 0 },
		{ "abc", "ab", 1, 0, 0, 1, 0 },
		{ "abc", "bc", -1, 0, 0, 0, 1 },
		{ "[", "{", -1, 0, 0, 0, 0 },	/* 0x5b, 0x7b: no letters */
		{ "\377", "a", 1, 0, 0, 0, 0 },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof t / sizeof *t; i++) {
		struct span a = span_of(t[i].a), b = span_of(t[i].b);
		int cmp = span_cmp(a, b);

		if ((cmp > 0) - (cmp < 0) != t[i].cmp ||
		    span_eq(a, b) != t[i].eq ||
		    span_case_eq(a, b) != t[i].case_eq ||
		    span_starts(a, b) != t[i].starts ||
		    span_ends(a, b) != t[i].ends)
			fail_msg("case %zu", i);
	}
	assert_true(span_case_starts(SPAN("MaIl FROM"), SPAN("mail ")));
	assert_true(span_case_ends(SPAN("a.EXAMPLE"), SPAN(".example")));
	assert_false(span_eq(SPAN("a\0b"), SPAN("a\0c")));
}

static void
test_sub(void **state)
{
	struct span s = SPAN("abcdef"), none = { NULL, 0 };

	(void)state;
	assert_true(span_eq(span_sub(s, 1, 3), SPAN("bc")));
	assert_true(span_eq(span_sub(s, 4, 99), SPAN("ef")));
	assert_int_equal(span_sub(s, 9, 99).n, 0);
	assert_int_equal(span_sub(s, 3, 1).n, 0);
	assert_int_equal(span_from(s, 7).n, 0);
	assert_null(span_sub(none, 0, 5).p);
	assert_int_equal(span_mem("ab", 2).n, 2);
}

static void
test_find(void **state)
{
	struct span s = SPAN("a\0b,c,d"), none = { NULL, 0 };

	(void)state;
	assert_int_equal(span_find(s, ','), 3);
	assert_int_equal(span_rfind(s, ','), 5);
	assert_int_equal(span_find(s, 'x'), s.n);
	assert_int_equal(span_rfind(s, 'x'), s.n);
	assert_int_equal(span_find(s, 0), 1);
	assert_int_equal(span_find(none, 0), 0);
	assert_int_equal(span_search(s, SPAN(",d")), 5);
	assert_int_equal(span_search(s, SPAN(",e")), s.n);
	assert_int_equal(span_search(s, none), 0);
	assert_int_equal(span_search(none, SPAN("a")), 0);
}

static void
test_cut(void **state)
{
	struct span in = SPAN("a::b"), head;

	(void)state;
	assert_int_equal(span_cut(&in, ':', &head), 1);
	assert_true(span_eq(head, SPAN("a")));
	assert_int_equal(span_cut(&in, ':', &head), 1);
	assert_int_equal(head.n, 0);
	assert_int_equal(span_cut(&in, ':', &head), 0);
	assert_true(span_eq(head, SPAN("b")));
	assert_int_equal(in.n, 0);
	assert_int_equal(span_cut(&in, ':', &head), 0);
	assert_int_equal(head.n, 0);
}

static void
test_word(void **state)
{
	struct span in = SPAN(" \tone two\t "), word;

	(void)state;
	assert_int_equal(span_word(&in, &word), 1);
	assert_true(span_eq(word, SPAN("one")));
	assert_int_equal(span_word(&in, &word), 1);
	assert_true(span_eq(word, SPAN("two")));
	assert_int_equal(span_word(&in, &word), 0);
	assert_int_equal(in.n, 0);
	assert_true(span_eq(span_trim(SPAN("\r\n a b\t\n")), SPAN("a b")));
	assert_int_equal(span_trim(SPAN(" \r\n")).n, 0);
}

static void
test_str(void **state)
{
	char out[4] = "xyz";

	(void)state;
	assert_int_equal(span_str(SPAN("abc"), out, sizeof out), 0);
	assert_string_equal(out, "abc");
	assert_int_equal(span_str(SPAN("abcd"), out, sizeof out), -1);
	assert_string_equal(out, "");
	assert_int_equal(span_str(SPAN("a\0b"), out, sizeof out), -1);
	assert_int_equal(span_str(SPAN(""), out, 0), -1);
	assert_int_equal(span_str((struct span){ NULL, 0 }, out, 1), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_compare), cmocka_unit_test(test_sub),
		cmocka_unit_test(test_find), cmocka_unit_test(test_cut),
		cmocka_unit_test(test_word), cmocka_unit_test(test_str)
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
