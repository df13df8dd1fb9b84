/* fold: case and composition; and base subjects (RFC 5256 2.1). */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "mail/fold.h"
#include "mail/mime_subject.h"

static const struct {
	const char *in, *out;
} cases[] = {
	{ "", "" }, { "ABC xyz 1", "abc xyz 1" }, { "\303\211", "\303\251" },
	{ "E\314\201x", "\303\251x" }, { "abE\314\201", "ab\303\251" },
	{ "Stra\303\237e", "strasse" },
	{ "\316\243\317\202", "\317\203\317\203" },
	{ "\342\204\253", "\303\245" }, { "\320\226", "\320\266" },
	{ "\357\254\201", "fi" }, { "\346\274\242A", "\346\274\242a" },
	{ "a\377b", "a\357\277\275b" }, { "\303", "\357\277\275" },
	{ "q\314\207\314\243", "q\314\243\314\207" },
	{ "\xe1\x84\x92\xe1\x85\xa1\xe1\x86\xab", "\355\225\234" },
};

static void
test_fold(void **state)
{
	struct buf b = { .max = 100000 };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof cases / sizeof *cases; i++) {
		buf_reset(&b);
		if (fold_utf8(span_of(cases[i].in), &b) < 0 ||
		    !span_eq(buf_span(&b), span_of(cases[i].out)))
			fail_msg("case %zu: %.*s", i, SPAN_ARG(buf_span(&b)));
	}
	buf_free(&b);
}

/* NFC (Unicode's NormalizationTest.txt has such), letters as they are. */
static void
test_nfc(void **state)
{
	static const char *const v[][2] = {
		{ "", "" }, { "AbC xYz 0123456789", "AbC xYz 0123456789" },
		{ "Cafe\314\201", "Caf\303\251" }, { "\303\211", "\303\211" },
		{ "Stra\303\237E", "Stra\303\237E" },
		{ "\342\204\253", "\303\205" }, { "\342\204\252x", "Kx" },
		{ "\340\245\230", "\340\244\225\340\244\274" },
		{ "\357\254\254", "\327\251\326\274\327\201" },
		{ "\357\254\201", "\357\254\201" },
		{ "q\314\207\314\243", "q\314\243\314\207" },
		{ "\xe1\x84\x92\xe1\x85\xa1\xe1\x86\xab", "\355\225\234" },
		{ ".\314\201", ".\314\201" }, { "a\377b", "a\357\277\275b" },
	};
	struct buf b = { .max = 1000 };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof v / sizeof *v; i++) {
		buf_reset(&b);
		if (fold_nfc(span_of(v[i][0]), &b) < 0 ||
		    !span_eq(buf_span(&b), span_of(v[i][1])))
			fail_msg("case %zu: %.*s", i, SPAN_ARG(buf_span(&b)));
	}
	buf_free(&b);
}

/* Each before the next, or = the same. */
static void
test_order(void **state)
{
	static const char *const v[] = {
		"", "10", "9", "Apfel", "=apfel", "apfel b",
		"\303\204pfel", "=a\314\210PFEL", "b", "strasse",
		"stra\303\237e", "stra\316\243e", "z", "=\357\275\232", "_", "\357\254\201", "~",
		"\316\243", "=\317\203", "=\317\202", "\320\226"
	};
	struct buf one = { .max = 1000 }, two = { .max = 1000 };
	size_t i;
	int same, r;

	(void)state;
	for (i = 0; i < sizeof v / sizeof *v; i++) {
		same = v[i][0] == '=';
		buf_reset(&two);
		assert_int_equal(fold_sort(span_of(v[i] + same), &two), 0);
		r = span_cmp(buf_span(&one), buf_span(&two));
		if (i > 0 && (same ? r != 0 : r >= 0))
			fail_msg("case %zu: %s", i, v[i]);
		buf_reset(&one);
		buf_addspan(&one, buf_span(&two));
	}
	buf_free(&one);
	buf_free(&two);
}

/* Runs longer than a piece are whole characters still. */
static void
test_long(void **state)
{
	struct buf in = { .max = 100000 }, b = { .max = 200000 };
	size_t i;

	(void)state;
	for (i = 0; i < 5000; i++)
		buf_adds(&in, i % 1000 ? "\320\226" : "X\342\202\254");
	assert_int_equal(fold_utf8(buf_span(&in), &b), 0);
	assert_int_equal(b.n, in.n);
	for (i = 0; i < b.n; i++)
		if (in.p[i] >= 0x80 && in.p[i] == 0xd0)
			assert_int_equal(b.p[i + 1], 0xb6);
	buf_free(&in);
	buf_free(&b);
}

static const struct {
	const char *in, *out;
	int reply;
} subjects[] = {
	{ "", "", 0 }, { "a", "a", 0 }, { "Re: a", "a", 1 }, { "RE:a", "a", 1 },
	{ "Re : a", "a", 1 }, { "Re[2]: a", "a", 1 }, { "Fwd: a", "a", 1 },
	{ "Fw: Re: fwd: a", "a", 1 }, { "a (fwd)", "a", 1 },
	{ "a (FWD) (fwd) ", "a", 1 }, { "[list] a", "a", 0 },
	{ "[list] [x] Re: a", "a", 1 }, { "Re: [list] a", "a", 1 },
	{ "[list]", "[list]", 0 }, { "Re: [list]", "[list]", 1 },
	{ "[Fwd: a]", "a", 1 }, { "[Fwd: [Fwd: Re: a (fwd)]]", "a", 1 },
	{ "[fwd: a", "[fwd: a", 0 }, { " a \n\t b ", "a b", 0 },
	{ "Regarding: a", "Regarding: a", 0 }, { "Re", "Re", 0 },
	{ "Re:", "", 1 }, { "[a[b]] c", "[a[b]] c", 0 },
	{ "re:re:re: x", "x", 1 },
	{ "forward: a", "forward: a", 0 }, { "AW: a", "AW: a", 0 },
	{ "[a] re [b]: c", "c", 1 },
};

static void
test_subjects(void **state)
{
	struct buf b = { .max = 1000 };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof subjects / sizeof *subjects; i++) {
		int reply;

		buf_reset(&b);
		if (mime_subject_base(span_of(subjects[i].in), &b,
		    &reply) < 0 ||
		    !span_eq(buf_span(&b), span_of(subjects[i].out)) ||
		    reply != subjects[i].reply)
			fail_msg("subject case %zu: %d %.*s", i, reply,
			    SPAN_ARG(buf_span(&b)));
	}
	buf_free(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fold), cmocka_unit_test(test_nfc),
		cmocka_unit_test(test_order), cmocka_unit_test(test_long),
		cmocka_unit_test(test_subjects)
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
