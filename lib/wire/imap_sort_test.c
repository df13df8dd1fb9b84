/* imap_sort: criteria, REVERSE, what is equal; and what holds of all. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <setjmp.h>
#include <cmocka.h>

#include "wire/imap_sort.h"

enum { ROWS = 5, MANY = 5000 };

static const struct {
	const char *text[ROWS];
	int64_t number[ROWS];
	int by_number, reverse_text, reverse_number;
	const char *out;
} cases[] = {
	{ { "b", "a", "c", "a", "" }, { 0 }, 0, 0, 0, "52413" },
	{ { "b", "a", "c", "a", "" }, { 0 }, 0, 1, 0, "31245" },
	{ { "b", "a", "c", "a", "" }, { 1, 2, 3, 1, -9 }, 0, 0, 0, "54213" },
	{ { "b", "a", "c", "a", "" }, { 1, 2, 3, 1, -9 }, 0, 0, 1, "52413" },
	{ { "b", "a", "c", "a", "" }, { 1, 2, 3, 1, -9 }, 1, 0, 0, "54123" },
	{ { "b", "a", "c", "a", "" }, { 1, 2, 3, 1, -9 }, 1, 1, 0, "51423" },
	{ { "b", "a", "c", "a", "" }, { 1, 2, 3, 1, -9 }, 1, 0, 1, "32415" },
	{ { "a", "ab", "aa", "\377", "\303\251" }, { 0 }, 0, 0, 0, "13254" },
	{ { "x", "x", "x", "x", "x" }, { 7, 7, 7, 7, 7 }, 0, 1, 1, "12345" }
};

static void
test_order(void **state)
{
	struct imap_find f = { .nsort = 2 };
	struct imap_sort s = { .find = &f };
	uint32_t c, i;
	char out[ROWS + 1] = { 0 };

	(void)state;
	for (c = 0; c < sizeof cases / sizeof *cases; c++) {
		uint32_t number = !cases[c].by_number, text = !number;

		f.sort[number].key = IMAP_SORT_SIZE;
		f.sort[number].reverse = cases[c].reverse_number;
		f.sort[text].key = IMAP_SORT_SUBJECT;
		f.sort[text].reverse = cases[c].reverse_text;
		for (i = 0; i < ROWS; i++) {
			assert_int_equal(imap_sort_add(&s, i + 1), 0);
			imap_sort_number(&s, number, cases[c].number[i]);
			assert_int_equal(imap_sort_text(&s, text,
			    span_of(cases[c].text[i])), 0);
		}
		assert_int_equal(imap_sort_run(&s), 0);
		for (i = 0; i < ROWS; i++)
			out[i] = (char)('0' + imap_sort_value(&s, i));
		if (strcmp(out, cases[c].out) != 0)
			fail_msg("%u: %s, not %s", c, out, cases[c].out);
		imap_sort_free(&s);
	}
}

/* A permutation, each not above the next; texts longer than what counts. */
static void
test_many(void **state)
{
	static char text[2 * IMAP_SORT_TEXT];
	static uint32_t number[MANY + 1], length[MANY + 1];
	static unsigned char seen[MANY + 1];
	struct imap_find f = { .nsort = 2, .sort = {
	    { IMAP_SORT_FROM, 0 }, { IMAP_SORT_DATE, 1 } } };
	struct imap_sort s = { .find = &f };
	uint32_t i, a, b;

	(void)state;
	memset(text, 'a', sizeof text);
	for (i = 1; i <= MANY; i++) {
		number[i] = arc4random_uniform(9);
		length[i] = arc4random_uniform(2 * IMAP_SORT_TEXT);
		assert_int_equal(imap_sort_add(&s, i), 0);
		assert_int_equal(imap_sort_text(&s, 0, span_mem(text,
		    length[i])), 0);
		if (length[i] > IMAP_SORT_TEXT)
			length[i] = IMAP_SORT_TEXT;
		imap_sort_number(&s, 1, number[i]);
	}
	assert_int_equal(imap_sort_run(&s), 0);
	for (i = 0; i < MANY; i++) {
		b = imap_sort_value(&s, i);
		if (b == 0 || b > MANY || seen[b]++)
			fail_msg("%u: no permutation", i);
		if (i == 0)
			continue;
		a = imap_sort_value(&s, i - 1);
		if (length[a] > length[b] || (length[a] == length[b] &&
		    (number[a] < number[b] || (number[a] == number[b] &&
		    a > b))))
			fail_msg("%u: %u before %u", i, a, b);
	}
	imap_sort_free(&s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_order), cmocka_unit_test(test_many)
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
