/* An order is read as it was written; one of another form is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "queued/order.h"
#include "wire/record.h"

static struct order a, b;

static void
round_trip(void **state)
{
	struct buf one = { .max = 1 << 17 }, two = { .max = 1 << 17 };
	struct span in, fields;
	const char *why;
	size_t size = 0, i;

	(void)state;
	a = (struct order){ .kind = ORDER_DELAY, .id = SPAN("0f2k"),
	    .sender = SPAN("a@b.test"), .envid = SPAN("e,\n 1:"), .utf8 = 1,
	    .whole = 1, .arrived = 5, .until = 7, .number = UINT32_MAX };
	for (i = 0; size < ORDER_BYTES && i < ORDER_RCPTS; i++) {
		a.rcpt[i] = (struct order_rcpt){ .to = SPAN("c@d.test"),
		    .orig = SPAN("x@y"), .orcpt = SPAN("rfc822;x@y"),
		    .action = SPAN("delayed"), .code = 451,
		    .enhanced = SPAN("4.2.2"), .text = SPAN("full"),
		    .peer = SPAN("mx"), .when = 9 };
		size += order_size(&a.rcpt[i]);
	}
	a.nrcpt = i;
	assert_int_equal(order_add(&one, &a), 0);
	in = buf_span(&one);
	assert_int_equal(record_next(&in, RECORD_MAX, &fields, &why), 1);
	assert_int_equal(order_parse(fields, &b, &why), 0);
	assert_int_equal(order_add(&two, &b), 0);
	assert_true(span_eq(buf_span(&one), buf_span(&two)));
	buf_free(&one);
	buf_free(&two);
}

static void
refused(void **state)
{
	static const char *const row[] = {
		"", "kind 5:delay,\n", "id 1:x,\n", "kind 3:any,\nid 1:x,\n",
		"kind 5:delay,\nid 1:x,\nnull 1:x,\n",
		"kind 5:delay,\nid 1:x,\nto 1:a,\ncode 1:x,\n",
		"kind 5:delay,\nid 1:x"
	};
	const char *why;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof row / sizeof *row; i++)
		if (order_parse(span_of(row[i]), &b, &why) != -1)
			fail_msg("row %zu", i);
}

int
main(void)
{
	const struct CMUnitTest test[] = {
		cmocka_unit_test(round_trip), cmocka_unit_test(refused)
	};

	return cmocka_run_group_tests(test, NULL, NULL);
}
