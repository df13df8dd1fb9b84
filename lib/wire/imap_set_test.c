/* imap_set: sequence sets, from RFC 9051 9 and 4315. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "wire/imap_set.h"

static const struct {
	const char *in;
	uint32_t star;
	const char *out;		/* NULL: not a set */
} cases[] = {
	{ "1", 9, "1" }, { "2,4:7,9,12:*", 15, "2,4:7,9,12:15" },
	{ "*:4,5:7", 10, "4:10" }, { "*:4,5:7", 3, "3:7" },
	{ "2:4", 9, "2:4" }, { "4:2", 9, "2:4" }, { "*", 5, "5" },
	{ "*", 0, "" }, { "1:*", 0, "" }, { "3,*", 0, "3" }, { "*:*", 7, "7" },
	{ "559:*", 300, "300:559" }, { "1,2,3,5", 9, "1:3,5" },
	{ "5,3,1,2,3", 9, "1:3,5" }, { "1:5,2:3,4:9", 9, "1:9" },
	{ "1:4294967295", 9, "1:4294967295" },
	{ "4294967295,1", 9, "1,4294967295" },
	{ "4294967294:4294967295,4294967295", 1, "4294967294:4294967295" },
	{ "304,319:320", 400, "304,319:320" },
	{ "41:211,214:541", 600, "41:211,214:541" },
	{ "", 1, NULL }, { "0", 1, NULL }, { "01", 1, NULL },
	{ "1,", 1, NULL }, { ",1", 1, NULL }, { "1:", 1, NULL },
	{ ":1", 1, NULL }, { "1:2:3", 1, NULL }, { "1 2", 1, NULL },
	{ "a", 1, NULL }, { "-1", 1, NULL }, { "1;2", 1, NULL },
	{ "4294967296", 1, NULL }, { "99999999999999999999", 1, NULL },
	{ "$1", 1, NULL }, { "1,$", 1, NULL }, { "**", 1, NULL },
	{ "1,,2", 1, NULL }, { "+1", 1, NULL }, { "1.2", 1, NULL },
};

static void
test_sets(void **state)
{
	struct buf b = { .max = 1000 };
	struct imap_set set;
	const char *why;
	size_t i;
	int r;

	(void)state;
	for (i = 0; i < sizeof cases / sizeof *cases; i++) {
		buf_reset(&b);
		why = NULL;
		r = imap_set_parse(&set, span_of(cases[i].in), &why);
		imap_set_resolve(&set, cases[i].star);
		imap_set_format(&set, &b);
		if (cases[i].out == NULL ? r == 0 || why == NULL : r < 0 ||
		    !span_eq(buf_span(&b), span_of(cases[i].out)))
			fail_msg("case %zu: %d %.*s", i, r,
			    SPAN_ARG(buf_span(&b)));
		imap_set_free(&set);
	}
	buf_free(&b);
}

static void
test_members(void **state)
{
	struct imap_set set;
	const char *why;
	uint32_t v;

	(void)state;
	assert_int_equal(imap_set_parse(&set, SPAN("3,7:9,4294967290:*"), &why),
	    0);
	imap_set_resolve(&set, UINT32_MAX);
	assert_false(set.saved);
	assert_int_equal(imap_set_count(&set), 10);
	assert_true(imap_set_has(&set, 3) && imap_set_has(&set, 8));
	assert_true(imap_set_has(&set, UINT32_MAX));
	assert_false(imap_set_has(&set, 1) || imap_set_has(&set, 10));
	assert_true(imap_set_next(&set, 0, &v) && v == 3);
	assert_true(imap_set_next(&set, 3, &v) && v == 7);
	assert_true(imap_set_next(&set, 7, &v) && v == 8);
	assert_true(imap_set_next(&set, 9, &v) && v == 4294967290u);
	assert_false(imap_set_next(&set, UINT32_MAX, &v));
	imap_set_free(&set);
	assert_int_equal(imap_set_parse(&set, SPAN("$"), &why), 0);
	assert_true(set.saved && set.n == 0);
	assert_false(imap_set_next(&set, 0, &v));
	imap_set_free(&set);
}

static void
test_made(void **state)
{
	struct buf b = { .max = 100 };
	struct imap_set set = { 0 };
	static const uint32_t copied[] = { 7, 8, 9, 3, 4, 10 };
	uint32_t v;

	(void)state;
	for (v = 1; v <= 5; v++)
		imap_set_add(&set, v, v);
	imap_set_add(&set, 9, 9);
	imap_set_add(&set, 7, 8);
	imap_set_add(&set, 20, 30);
	imap_set_add(&set, 25, 28);
	assert_int_equal(imap_set_format(&set, &b), 0);
	assert_true(span_eq(buf_span(&b), SPAN("1:5,7:9,20:30")));
	imap_set_free(&set);
	buf_reset(&b);
	for (v = 0; v < 6; v++)		/* COPYUID: the order stays */
		imap_set_push(&set, copied[v]);
	imap_set_format(&set, &b);
	assert_true(span_eq(buf_span(&b), SPAN("7:9,3:4,10")));
	imap_set_free(&set);
	buf_free(&b);
}

static void
test_many(void **state)
{
	struct buf b = { .max = 1 << 20 };
	struct imap_set set;
	const char *why;
	uint32_t i;

	(void)state;
	for (i = 0; i < IMAP_RANGES; i++)
		buf_addf(&b, "%u,", 2 * (IMAP_RANGES - i));
	b.n--;
	assert_int_equal(imap_set_parse(&set, buf_span(&b), &why), 0);
	imap_set_resolve(&set, 1);
	assert_int_equal(set.n, IMAP_RANGES);
	assert_int_equal(set.v[0].first, 2);
	imap_set_free(&set);
	buf_adds(&b, ",1");
	assert_int_equal(imap_set_parse(&set, buf_span(&b), &why), -1);
	imap_set_free(&set);
	buf_free(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sets), cmocka_unit_test(test_members),
		cmocka_unit_test(test_made), cmocka_unit_test(test_many)
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
