/* envelope: what is written is read, and what must not be said is refused. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdio.h>

#include "mail/envelope.h"
#include "wire/record.h"

#define HEAD "class 8:stranger,\nclient 9:192.0.2.7,\nhelo 1:h,\nsender 0:,\n"

static const struct {
	const char *in;
	int result;
	size_t nrcpt;
	const char *why;
} cases[] = {
	{ HEAD, 0, 0, "" }, { HEAD "rcpt 3:a@b,\n", 0, 1, "" },
	{ HEAD "rcpt 3:a@b,\nnotify 5:NEVER,\norcpt 1:x,\nrcpt 1:c,\n", 0, 2,
	    "" },
	{ HEAD "colour 3:red,\nrcpt 3:a@b,\nshape 0:,\n", 0, 1, "" },
	{ "class 5:local,\nsender 0:,\n", -1, 0, "class" },
	{ "class 6:local ,\nsender 0:,\n", -1, 0, "class" },
	{ "class 10:stranger x,\nsender 0:,\n", -1, 0, "class" },
	{ "class 5:admin,\nsender 0:,\n", -1, 0, "class" },
	{ "", -1, 0, "class" }, { "sender 0:,\n", -1, 0, "class" },
	{ "class 3:net,\n", -1, 0, "sender" },
	{ "class 3:net,\nrcpt 3:a@b,\n", -1, 0, "sender" },
	{ HEAD "class 3:net,\n", -1, 0, "twice" },
	{ HEAD "client 3:::1,\n", -1, 0, "twice" },
	{ HEAD "sender 1:x,\n", -1, 0, "twice" },
	{ HEAD "utf8 1:1,\nutf8 1:1,\n", -1, 0, "twice" },
	{ HEAD "rcpt 1:a,\nclass 3:net,\n", -1, 0, "twice" },
	{ HEAD "rcpt 1:a,\nnotify 1:x,\nnotify 1:x,\n", -1, 0, "twice" },
	{ HEAD "rcpt 0:,\n", -1, 0, "empty" },
	{ HEAD "rcpt 1:a,", -1, 0, "field" }, { HEAD "x", -1, 0, "field" },
};

static void
test_parse(void **state)
{
	struct envelope e;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof cases / sizeof *cases; i++) {
		const char *why = "";
		int r = envelope_parse(span_of(cases[i].in), &e, &why);

		if (r != cases[i].result ||
		    (r == 0 && e.nrcpt != cases[i].nrcpt) ||
		    (r < 0 && !strstr(why, cases[i].why)))
			fail_msg("case %zu: %d %s", i, r, why);
		if (r == 0)
			envelope_free(&e);
	}
}

static void
test_round(void **state)
{
	struct envelope_rcpt r[2] = {
		{ SPAN("a@b"), SPAN("NEVER"), SPAN("rfc822;x,\n y") },
		{ SPAN("c@d"), { NULL, 0 }, { NULL, 0 } }
	};
	struct envelope e = { CLASS_USER, SPAN("alice@example.test"),
	    SPAN("::1"), SPAN("he\0lo"), SPAN("ESMTPSA"), SPAN("TLSv1.3 X"),
	    SPAN("s@t"), SPAN("HDRS"), SPAN("id"), SPAN("8BITMIME"), 1, 0,
	    NULL }, got;
	struct buf b = { .max = 1000 };
	const char *why = "";

	(void)state;
	envelope_add_head(&b, &e);
	envelope_add_rcpt(&b, &r[0]);
	assert_int_equal(envelope_add_rcpt(&b, &r[1]), 0);
	assert_int_equal(envelope_parse(buf_span(&b), &got, &why), 0);
	assert_int_equal(got.class, CLASS_USER);
	assert_true(span_eq(got.class_arg, e.class_arg));
	assert_true(span_eq(got.client, e.client));
	assert_true(span_eq(got.helo, e.helo));
	assert_true(span_eq(got.proto, e.proto));
	assert_true(span_eq(got.tls, e.tls));
	assert_true(span_eq(got.sender, e.sender));
	assert_true(span_eq(got.ret, e.ret));
	assert_true(span_eq(got.envid, e.envid));
	assert_true(span_eq(got.body, e.body));
	assert_int_equal(got.utf8, 1);
	assert_int_equal(got.nrcpt, 2);
	assert_true(span_eq(got.rcpt[0].orcpt, r[0].orcpt));
	assert_true(span_eq(got.rcpt[0].notify, r[0].notify));
	assert_true(span_eq(got.rcpt[1].address, r[1].address));
	assert_int_equal(got.rcpt[1].notify.n, 0);
	envelope_free(&got);
	buf_free(&b);
	b.max = 30;
	assert_int_equal(envelope_add_head(&b, &e), -1);
	buf_free(&b);
}

static void
test_many(void **state)
{
	struct envelope e = { .class = CLASS_NET };
	struct buf b = { .max = 1 << 20 };
	const char *why = "";
	char text[32];
	size_t i;

	(void)state;
	envelope_add_head(&b, &e);
	for (i = 0; i < ENVELOPE_RCPTS; i++) {
		snprintf(text, sizeof text, "r%zu@b", i);
		envelope_add_rcpt(&b, &(struct envelope_rcpt){
		    .address = span_of(text) });
	}
	assert_int_equal(envelope_parse(buf_span(&b), &e, &why), 0);
	assert_int_equal(e.nrcpt, ENVELOPE_RCPTS);
	assert_true(span_eq(e.rcpt[9999].address, SPAN("r9999@b")));
	envelope_free(&e);
	field_adds(&b, "rcpt", "x");
	assert_int_equal(envelope_parse(buf_span(&b), &e, &why), -1);
	assert_non_null(strstr(why, "10000"));
	buf_free(&b);
}

static void
test_long(void **state)
{
	static char text[ENVELOPE_VALUE + 1];
	struct envelope e = { .class = CLASS_NET }, got;
	struct buf b = { .max = 1 << 20 };
	const char *why = "";
	size_t n;

	(void)state;
	memset(text, 'x', sizeof text);
	for (n = ENVELOPE_VALUE; n <= ENVELOPE_VALUE + 1; n++) {
		buf_reset(&b);
		e.sender = span_mem(text, n);
		envelope_add_head(&b, &e);
		assert_int_equal(envelope_parse(buf_span(&b), &got, &why),
		    n > ENVELOPE_VALUE ? -1 : 0);
	}
	assert_non_null(strstr(why, "longer than 4096"));
	buf_free(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parse), cmocka_unit_test(test_round),
		cmocka_unit_test(test_many), cmocka_unit_test(test_long)
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
