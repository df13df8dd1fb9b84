/* imap_reply: quoted, literal, atom; dates both ways. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "wire/imap_date.h"
#include "wire/imap_reply.h"

enum how { STRING, UTF8, ASTRING };

static const struct {
	enum how how;
	const char *in, *out;
} cases[] = {
	{ STRING, "", "\"\"" }, { STRING, "a b", "\"a b\"" },
	{ STRING, "a\"b\\c", "\"a\\\"b\\\\c\"" }, { STRING, "\"", "\"\\\"\"" },
	{ STRING, "NIL", "\"NIL\"" }, { STRING, "a\tb", "\"a\tb\"" },
	{ STRING, "a\nb", "{3}\r\na\nb" }, { STRING, "a\r", "{2}\r\na\r" },
	{ STRING, "\303\251", "{2}\r\n\303\251" },
	{ UTF8, "\303\251", "\"\303\251\"" }, { UTF8, "\351", "{1}\r\n\351" },
	{ ASTRING, "abc", "abc" }, { ASTRING, "", "\"\"" },
	{ ASTRING, "a b", "\"a b\"" }, { ASTRING, "a(b", "\"a(b\"" },
	{ ASTRING, "a]b", "a]b" }, { ASTRING, "a%b", "\"a%b\"" },
	{ ASTRING, "\\a", "\"\\\\a\"" }, { ASTRING, "nil", "\"nil\"" },
	{ ASTRING, "[Gmail]/x", "[Gmail]/x" }, { ASTRING, "{1}", "\"{1}\"" },
};

static void
test_strings(void **state)
{
	struct buf b = { .max = 5000 };
	unsigned char big[IMAP_QUOTED_MAX + 1];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct span in = span_of(cases[i].in);

		buf_reset(&b);
		if (cases[i].how == ASTRING)
			imap_reply_astring(&b, in, 0);
		else
			imap_reply_string(&b, in, cases[i].how == UTF8);
		if (!span_eq(buf_span(&b), span_of(cases[i].out)))
			fail_msg("case %zu: %.*s", i, SPAN_ARG(buf_span(&b)));
	}
	buf_reset(&b);
	imap_reply_string(&b, SPAN("a\0b"), 0);
	assert_true(span_eq(buf_span(&b), SPAN("{3}\r\na\200b")));
	memset(big, 'a', sizeof big);
	buf_reset(&b);
	imap_reply_astring(&b, span_mem(big, sizeof big), 0);
	assert_true(span_starts(buf_span(&b), SPAN("{1001}\r\naaa")));
	buf_reset(&b);
	imap_reply_date(&b, 837596665);
	imap_reply_date(&b, 1);
	assert_true(span_eq(buf_span(&b), SPAN(
	    "\"17-Jul-1996 09:44:25 +0000\"\" 1-Jan-1970 00:00:01 +0000\"")));
	buf_free(&b);
}

static const struct {
	const char *in;
	int time;
	int64_t out;			/* -1: none */
} dates[] = {
	{ "1-Feb-1994", 0, 760060800 }, { "01-Feb-1994", 0, 760060800 },
	{ "1-FEB-1994", 0, 760060800 }, { "29-Feb-2024", 0, 1709164800 },
	{ "29-Feb-2023", 0, -1 }, { "32-Jan-2023", 0, -1 },
	{ "0-Jan-2023", 0, -1 }, { "1-Foo-1994", 0, -1 }, { "", 0, -1 },
	{ "1-Feb-94", 0, -1 }, { "1-Feb-1994 ", 0, -1 },
	{ "001-Feb-1994", 0, -1 }, { "1 Feb 1994", 0, -1 },
	{ "1-Feb-19940", 0, -1 }, { "1-Fe", 0, -1 },
	{ "17-Jul-1996 02:44:25 -0700", 1, 837596665 },
	{ " 1-Jan-1970 00:00:01 +0000", 1, 1 },
	{ "1-Jan-1970 00:00:01 +0000", 1, 1 },
	{ "17-Jul-1996 02:44:25", 1, -1 },
	{ "17-Jul-1996 24:44:25 -0700", 1, -1 },
	{ "17-Jul-1996 02:44:25 -070", 1, -1 },
	{ "17-Jul-1996 02:44:25 PDT", 1, -1 },
	{ "17-Jul-1996 02:44:25 -0760", 1, -1 },
	{ "17-Jul-1996 2:44:25 -0700", 1, -1 },
	{ "17-Jul-1996  02:44:25 -0700", 1, -1 }, { " ", 1, -1 },
	{ "07-Feb-1994 21:52:25 -0800", 1, 760686745 },
};

static void
test_dates(void **state)
{
	const char *why;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof dates / sizeof *dates; i++) {
		int64_t t = -2;
		int r = (dates[i].time ? imap_date_time_parse :
		    imap_date_parse)(span_of(dates[i].in), &t, &why);

		if (dates[i].out < 0 ? r == 0 : r < 0 || t != dates[i].out)
			fail_msg("date %zu: %lld", i, (long long)t);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_strings), cmocka_unit_test(test_dates)
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
