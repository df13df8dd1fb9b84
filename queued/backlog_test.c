/* What is due comes first, however much there is, and memory is bounded. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "base/encode.h"
#include "queued/backlog.h"

static struct queue_name
name(uint64_t n, int64_t due)
{
	struct queue_name q = { .attempts = 1, .due = due };

	encode_base32(q.id, 13, n);
	encode_base32(q.id + 13, 7, n);
	return q;
}

static void
in_order(void **state)
{
	struct backlog b = { .pass = 0 };
	struct queue_name n;
	int64_t last = 0;
	unsigned i, taken = 0;
	uint32_t x = 12345;

	(void)state;
	backlog_begin(&b);
	for (i = 0; i < 5000; i++) {
		x = x * 1664525 + 1013904223;
		n = name(i, 1 + x % 1000);
		if (i % 2)
			backlog_see(&b, &n);
		else if (i < 4000)
			backlog_add(&b, &n);	/* into both */
	}
	backlog_end(&b);
	for (; i < 6000; i++) {
		n = name(i, 1 + (i * 7919) % 1000);
		backlog_add(&b, &n);
	}
	assert_int_equal(backlog_take(&b, 0, &n), 0);
	for (; backlog_first(&b); taken++) {
		int64_t first = backlog_first(&b);

		assert_true(first >= last);
		assert_int_equal(backlog_take(&b, first - 1, &n), 0);
		assert_int_equal(backlog_take(&b, first, &n), 1);
		assert_int_equal(n.due, first);
		last = first;
	}
	assert_int_equal(taken, 2500 + 2000 + 1000);
	assert_int_equal(backlog_dry(&b), 0);
	free(b.now.e);
	free(b.next.e);
}

/* Of very many those that are due first are kept, and it is known that there
 * are more. */
static void
bounded(void **state)
{
	enum { MANY = 10 * BACKLOG_KEEP };
	struct backlog b = { .pass = 0 };
	struct queue_name n;
	uint64_t i;
	int64_t k;

	(void)state;
	backlog_begin(&b);
	for (i = 0; i < MANY; i++) {
		n = name(i, (int64_t)(1 + (i * 7919) % MANY));
		backlog_see(&b, &n);
	}
	backlog_end(&b);
	assert_true(b.now.size <= 2 * BACKLOG_KEEP);
	for (k = 1; k <= BACKLOG_KEEP; k++) {
		assert_int_equal(backlog_dry(&b), 0);
		assert_int_equal(backlog_take(&b, MANY, &n), 1);
		assert_int_equal(n.due, k);
	}
	assert_int_equal(backlog_dry(&b), 1);
	free(b.now.e);
	free(b.next.e);
}

/* A window that was cut takes what is due within it, however much; what comes
 * behind, and what then falls out, does not keep it from running empty. */
static void
cut_window(void **state)
{
	enum { MANY = 3 * BACKLOG_KEEP };
	struct backlog b = { .pass = 0 };
	struct queue_name n;
	uint64_t i;
	int64_t k;

	(void)state;
	backlog_begin(&b);
	for (i = 0; i < 2 * BACKLOG_KEEP; i++) {
		n = name(i, (int64_t)(MANY + i));
		backlog_see(&b, &n);
	}
	backlog_end(&b);
	n = name(i, 2 * MANY);
	backlog_add(&b, &n);
	for (i = MANY; i > 0; i--) {
		n = name(i, (int64_t)i);
		backlog_add(&b, &n);
	}
	for (k = 0; backlog_take(&b, 2 * MANY, &n); k++)
		assert_int_equal(n.due, k + 1);
	assert_in_range(k, BACKLOG_KEEP, MANY);
	assert_int_equal(backlog_dry(&b), 1);
	free(b.now.e);
	free(b.next.e);
}

int
main(void)
{
	const struct CMUnitTest test[] = {
		cmocka_unit_test(in_order), cmocka_unit_test(bounded),
		cmocka_unit_test(cut_window)
	};

	return cmocka_run_group_tests(test, NULL, NULL);
}
