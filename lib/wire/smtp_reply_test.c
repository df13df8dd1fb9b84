/* smtp_reply: lines as they leave. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "wire/smtp_reply.h"

static void
replies(void **state)
{
	static const struct {
		unsigned code;
		const char *enhanced, *text, *out;
	} t[] = {
		{ 250, "2.1.5", "ok", "250 2.1.5 ok\r\n" },
		{ 250, "", "mx.example.test", "250 mx.example.test\r\n" },
		{ 354, "", "", "354 \r\n" },
		{ 550, "5.1.1", "a\r\nb\xc3\xa4", "550 5.1.1 a??b??\r\n" },
	};
	char out[SMTP_REPLY], want[SMTP_REPLY];
	struct verdict v;
	size_t i, n;

	(void)state;
	for (i = 0; i < sizeof t / sizeof *t; i++) {
		v = verdict_make(t[i].code, t[i].enhanced, "%s", t[i].text);
		n = smtp_reply_format(out, &v);
		if (!span_eq(span_mem(out, n), span_of(t[i].out)))
			fail_msg("%zu: %.*s", i, (int)n, out);
	}
	n = smtp_reply_line(out, 250, SPAN("SIZE 1"));
	assert_true(span_eq(span_mem(out, n), SPAN("250-SIZE 1\r\n")));
	memset(want, 'x', sizeof want);
	memset(v.text, 'x', VERDICT_TEXT);
	assert_int_equal(smtp_reply_format(out, &v), SMTP_REPLY);
	assert_memory_equal(out + SMTP_REPLY - 3, "x\r\n", 3);
	n = smtp_reply_line(out, 250, span_mem(want, sizeof want));
	assert_int_equal(n, SMTP_REPLY);
}

int
main(void)
{
	const struct CMUnitTest t[] = { cmocka_unit_test(replies) };

	return cmocka_run_group_tests(t, NULL, NULL);
}
