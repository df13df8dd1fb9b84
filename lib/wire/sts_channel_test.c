#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include "wire/record.h"
#include "wire/sts_channel.h"

static struct span
inside(const struct buf *b)
{
	struct span in = buf_span(b), fields = { NULL, 0 };
	const char *why;

	assert_int_equal(record_next(&in, RECORD_MAX, &fields, &why), 1);
	assert_int_equal(in.n, 0);
	return fields;
}

static void
round_trips(void **state)
{
	struct sts_request q = { .domain = SPAN("a-b.test"), .counts = 1,
	    .count = { SPAN("sts:enforce:x1"), SPAN("success"),
	    SPAN("mx.a.test"), SPAN("2001:db8::1") } }, r;
	struct sts_answer a = { .policy = { .mode = STS_TESTING, .nmx = 2,
	    .mx = { SPAN("mx.a.test"), SPAN("*.b.test") } },
	    .id = SPAN("x1") }, c;
	struct buf b = { .max = RECORD_MAX };
	const char *why = "";

	(void)state;
	assert_int_equal(sts_request_add(&b, &q), 0);
	assert_int_equal(sts_request_parse(inside(&b), &r, &why), 0);
	assert_true(r.counts && span_eq(r.domain, q.domain) &&
	    span_eq(r.count.policy, q.count.policy) &&
	    span_eq(r.count.result, q.count.result) &&
	    span_eq(r.count.host, q.count.host) &&
	    span_eq(r.count.ip, q.count.ip));
	buf_reset(&b);
	q.counts = 0;
	assert_int_equal(sts_request_add(&b, &q), 0);
	assert_int_equal(sts_request_parse(inside(&b), &r, &why), 0);
	assert_true(!r.counts && span_eq(r.domain, q.domain));
	buf_reset(&b);
	assert_int_equal(sts_answer_add(&b, &a), 0);
	assert_int_equal(sts_answer_parse(inside(&b), &c, &why), 0);
	assert_true(c.policy.mode == STS_TESTING && c.policy.nmx == 2 &&
	    span_eq(c.policy.mx[1], a.policy.mx[1]) && span_eq(c.id, a.id));
	buf_free(&b);
}

static void
refused(void **state)
{
	static const char *const request[] = {
		"", "ask 0:,\n", "ask 2:..,\n", "ask 6:../x.y,\n",
		"ask 3:a/b,\n", "ask 6:A.test,\n", "ask 2:.a,\n",
		"ask 3:a\nb,\n", "other 1:a,\n", "count 1:a,\n",
		"count 1:a,\npolicy 1:p,\nresult 1:r,\nhost 1:h,\n",
		"count 1:a,\npolicy 1:p,\nresult 3:r\nr,\nhost 1:h,\nip 1:1,\n",
		"count 1:a,\npolicy 3:p p,\nresult 1:r,\nhost 1:h,\nip 1:1,\n",
		"count 1:a,\npolicy 1:p,\npolicy 1:p,\nresult 1:r,\nip 1:1,\n",
		"ask 1:a", "count 1:a,\npolicy",
	};
	static const char *const answer[] = {
		"", "id 1:a,\n", "mode 4:what,\nid 1:a,\n", "mode 4:none",
		"mode 4:none,\nmode 4:none,\n", "mode 7:enforce,\nmx 0:,\n",
	};
	struct sts_request q;
	struct sts_answer a;
	const char *why;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof request / sizeof *request; i++)
		if (sts_request_parse(span_of(request[i]), &q, &why) == 0)
			fail_msg("request %zu", i);
	for (i = 0; i < sizeof answer / sizeof *answer; i++)
		if (sts_answer_parse(span_of(answer[i]), &a, &why) == 0)
			fail_msg("answer %zu", i);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(round_trips), cmocka_unit_test(refused)
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
