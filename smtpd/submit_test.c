/* submit: a user's header, before and after. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "smtpd/submit.h"

#define FROM "From: a@b.test\r\n"
#define DATE "Date: x\r\n"
#define ID "Message-ID: <x@y>\r\n"
#define ALL FROM DATE ID

static int
owns(void *arg, struct span address)
{
	(void)arg;
	if (span_eq(address, SPAN("broken@b.test")))
		return -1;
	return span_eq(address, SPAN("a@b.test")) ||
	    span_eq(address, SPAN("a+x@b.test"));
}

static const struct {
	const char *in, *out;		/* out NULL: refused */
	unsigned code;
	const char *enhanced;
} t[] = {
	{ ALL "\r\n", ALL "\r\n", 250, "" },
	{ ALL, ALL, 250, "" },
	{ ALL "Bcc: x@y\r\n\r\n", ALL "\r\n", 250, "" },
	{ "Bcc: x@y,\r\n z@y\r\n" ALL "bcc:\r\n\r\n", ALL "\r\n", 250, "" },
	{ ALL "Resent-Bcc: x\r\nX-Bcc: stays\r\n\r\n",
	    ALL "X-Bcc: stays\r\n\r\n", 250, "" },
	{ ALL "Sender: a+x@b.test\r\n\r\n", ALL "Sender: a+x@b.test\r\n\r\n",
	    250, "" },
	{ ALL "Sender: z@b.test\r\n\r\n", ALL "\r\n", 250, "" },
	{ FROM ID "\r\n", "Date: Thu, 1 Jan 1970 00:00:00 +0000\r\n" FROM ID
	    "\r\n", 250, "" },
	{ "From: A <A@B.Test>\r\n" DATE ID "\r\n",
	    "From: A <A@B.Test>\r\n" DATE ID "\r\n", 250, "" },
	{ "From: a@b.test,\r\n\ta+x@b.test\r\n" DATE ID "\r\n",
	    "From: a@b.test,\r\n\ta+x@b.test\r\n" DATE ID "\r\n", 250, "" },
	{ "From: team: a@b.test;\r\n" DATE ID, "From: team: a@b.test;\r\n"
	    DATE ID, 250, "" },
	{ DATE ID "\r\n", NULL, 550, "5.6.0" },
	{ "\r\n", NULL, 550, "5.6.0" },
	{ "", NULL, 550, "5.6.0" },
	{ FROM ALL "\r\n", NULL, 550, "5.6.0" },
	{ ALL DATE "\r\n", NULL, 550, "5.6.0" },
	{ ALL ID "\r\n", NULL, 550, "5.6.0" },
	{ ALL "no field\r\n\r\n", NULL, 550, "5.6.0" },
	{ "From: z@b.test\r\n" DATE ID "\r\n", NULL, 550, "5.7.1" },
	{ "From: a@b.test, z@b.test\r\n" DATE ID, NULL, 550, "5.7.1" },
	{ "From: a@b.test <z@b.test>\r\n" DATE ID, NULL, 550, "5.7.1" },
	/* what is shown of these differs from program to program */
	{ "From: <a@b.test> z@b.test\r\n" DATE ID, NULL, 550, "5.7.1" },
	{ "From: <z@b.test> <a@b.test>\r\n" DATE ID, NULL, 550, "5.7.1" },
	{ "From: z@b.test <a@b.test>\r\n" DATE ID, NULL, 550, "5.7.1" },
	{ "From: z@b.test: a@b.test;\r\n" DATE ID, NULL, 550, "5.7.1" },
	{ "From: [z@b.test] <a@b.test>\r\n" DATE ID, NULL, 550, "5.7.1" },
	{ "From: a@b.test ( <z@b.test>\r\n" DATE ID, NULL, 550, "5.6.0" },
	{ "From: \"(\" <z@b.test> \")\" <a@b.test>\r\n" DATE ID, NULL, 550,
	    "5.7.1" },
	{ "From: (\") <z@b.test> (\") <a@b.test>\r\n" DATE ID, NULL, 550,
	    "5.6.0" },
	{ "From: \\\" <z@b.test> \\\" <a@b.test>\r\n" DATE ID, NULL, 550,
	    "5.7.1" },
	{ "From: <a@b.test> \"<z@b.test>\r\n" DATE ID, NULL, 550, "5.6.0" },
	{ "From: <a@b.test> \"\\\r\n" DATE ID, NULL, 550, "5.6.0" },
	{ "From: a@b.test (<z@b.test>)\r\n" DATE ID, "From: a@b.test "
	    "(<z@b.test>)\r\n" DATE ID, 250, "" },
	{ "From: A (home) a@b.test <a+x@b.test>\r\n" DATE ID, "From: A (home) "
	    "a@b.test <a+x@b.test>\r\n" DATE ID, 250, "" },
	{ "From: \"z@b.test (x\\\")\" <a@b.test>\r\n" DATE ID, "From: "
	    "\"z@b.test (x\\\")\" <a@b.test>\r\n" DATE ID, 250, "" },
	{ "From: \"<a@b.test>\" <z@b.test>\r\n" DATE, NULL, 550, "5.7.1" },
	{ "From: z@b.test (a@b.test)\r\n" DATE ID, NULL, 550, "5.7.1" },
	{ "From: a\r\n" DATE ID, NULL, 550, "5.7.1" },
	{ "From: ()\r\n" DATE ID, NULL, 550, "5.6.0" },
	{ "From: broken@b.test\r\n" DATE ID, NULL, 451, "4.3.5" }
};

static void
headers(void **state)
{
	struct submit s = { .owns = owns, .hostname = "mx.b.test" };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof t / sizeof *t; i++) {
		struct buf out = { .max = 0 };
		struct verdict v = submit_header(&s, span_of(t[i].in), &out);

		if (v.code != t[i].code || (t[i].out == NULL &&
		    strcmp(v.enhanced, t[i].enhanced) != 0) || (t[i].out &&
		    !span_eq(buf_span(&out), span_of(t[i].out))))
			fail_msg("case %zu: %u %s %s: %.*s", i, v.code,
			    v.enhanced, v.text, SPAN_ARG(buf_span(&out)));
		buf_free(&out);
	}
}

static void
an_id_is_made(void **state)
{
	struct submit s = { .owns = owns, .hostname = "mx.b.test" };
	struct buf one = { .max = 0 }, two = { .max = 0 };

	(void)state;
	submit_header(&s, SPAN(FROM DATE "\r\n"), &one);
	submit_header(&s, SPAN(FROM DATE "\r\n"), &two);
	assert_true(span_starts(buf_span(&one), SPAN("Message-ID: <0.")));
	assert_true(span_ends(buf_span(&one), SPAN("@mx.b.test>\r\n" FROM DATE
	    "\r\n")));
	assert_false(span_eq(buf_span(&one), buf_span(&two)));
	buf_free(&one);
	buf_free(&two);
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(headers),
	    cmocka_unit_test(an_id_is_made) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
