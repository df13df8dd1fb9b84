#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "wire/login.h"
#include "wire/record.h"

static struct span
inside(struct buf *b)
{
	struct span in = buf_span(b), fields;
	const char *why;

	assert_int_equal(record_next(&in, LOGIN_RECORD, &fields, &why), 1);
	assert_int_equal(in.n, 0);
	return fields;
}

static void
asks(void **state)
{
	static const struct login_ask t[] = {
		{ .mech = { (const unsigned char *)"PLAIN", 5 } },
		{ .mech = { (const unsigned char *)"PLAIN", 5 },
		    .has_response = 1 },
		{ .has_response = 1 },
		{ .has_response = 1,
		    .response = { (const unsigned char *)"\0a\0,b\n", 6 } }
	};
	struct login_ask a;
	const char *why;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof t / sizeof *t; i++) {
		struct buf b = { .max = LOGIN_RECORD + 64 };

		if (login_add_ask(&b, &t[i]) < 0 ||
		    login_parse_ask(inside(&b), &a, &why) < 0 ||
		    !span_eq(a.mech, t[i].mech) ||
		    !span_eq(a.response, t[i].response) ||
		    a.has_response != t[i].has_response)
			fail_msg("case %zu", i);
		buf_free(&b);
	}
}

static void
answers(void **state)
{
	static const struct login_answer t[] = {
		{ LOGIN_CHALLENGE, { 0 }, { 0 } },
		{ LOGIN_CHALLENGE, { (const unsigned char *)"x\0", 2 }, { 0 } },
		{ LOGIN_OK, { 0 }, { (const unsigned char *)"ok", 2 } },
		{ LOGIN_OK, { (const unsigned char *)"v=", 2 },
		    { (const unsigned char *)"ok", 2 } },
		{ LOGIN_BAD, { 0 }, { (const unsigned char *)"no", 2 } },
		{ LOGIN_LATER, { 0 }, { (const unsigned char *)"busy", 4 } }
	};
	struct login_answer a;
	const char *why;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof t / sizeof *t; i++) {
		struct buf b = { .max = LOGIN_RECORD + 64 };

		if (login_add_answer(&b, &t[i]) < 0 ||
		    login_parse_answer(inside(&b), &a, &why) < 0 ||
		    a.result != t[i].result ||
		    !span_eq(a.challenge, t[i].challenge) ||
		    !span_eq(a.text, t[i].text))
			fail_msg("case %zu", i);
		buf_free(&b);
	}
}

static void
nonsense(void **state)
{
	static const char *const t[] = { "", "done 3:yes,\n", "text 2:ok,\n",
	    "challenge 9:x,\n", "done 2:ok" };
	struct login_answer a;
	struct login_ask q;
	const char *why;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof t / sizeof *t; i++)
		if (login_parse_answer(span_of(t[i]), &a, &why) == 0 ||
		    login_parse_ask(span_of(t[i]), &q, &why) == 0)
			fail_msg("case %zu", i);
}

/* The longest message of SASL fits, one byte more than a record does not. */
static void
longest(void **state)
{
	static unsigned char big[LOGIN_RECORD + 1];
	struct login_ask a = { .mech = SPAN("SCRAM-SHA-256-PLUS"),
	    .has_response = 1, .response = { big, 8192 } };
	struct buf b = { .max = LOGIN_RECORD + 64 };

	(void)state;
	assert_int_equal(login_add_ask(&b, &a), 0);
	a.response.n = sizeof big;
	assert_int_equal(login_add_ask(&b, &a), -1);
	buf_free(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(asks),
	    cmocka_unit_test(answers), cmocka_unit_test(nonsense),
	    cmocka_unit_test(longest) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
