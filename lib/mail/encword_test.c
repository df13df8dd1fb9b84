/* encword: RFC 2047 8, and what lies beside it. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "mail/encword.h"

/* Knows UTF-8, and takes all but x-… for Latin-1. */
static int
to_utf8(void *arg, struct span name, struct span in, struct buf *out)
{
	size_t i;

	(void)arg;
	if (span_case_eq(name, SPAN("utf-8")))
		return buf_addspan(out, in);
	if (span_case_starts(name, SPAN("x-")))
		return -1;
	for (i = 0; i < in.n; i++)
		if (in.p[i] < 0x80)
			buf_addc(out, in.p[i]);
		else {
			buf_addc(out, (unsigned char)(0xc0 | in.p[i] >> 6));
			buf_addc(out, (unsigned char)(0x80 | (in.p[i] & 63)));
		}
	return buf_ok(out) ? 0 : -1;
}

static const struct {
	const char *in, *out;
} words[] = {
	{ "", "" }, { "plain text", "plain text" },
	{ " a\n b\r\n\tc ", "a b\tc" },
	{ "=?ISO-8859-1?Q?a?=", "a" }, { "=?ISO-8859-1?Q?a?= b", "a b" },
	{ "=?ISO-8859-1?Q?a?= =?ISO-8859-1?Q?b?=", "ab" },
	{ "=?ISO-8859-1?Q?a?=  =?ISO-8859-1?Q?b?=", "ab" },
	{ "=?ISO-8859-1?Q?a?=\n    =?ISO-8859-1?Q?b?=", "ab" },
	{ "=?ISO-8859-1?Q?a_b?=", "a b" },
	{ "=?ISO-8859-1?Q?a?= =?ISO-8859-2?Q?_b?=", "a b" },
	{ "=?US-ASCII?Q?Keith_Moore?= <moore@cs.utk.edu>",
	    "Keith Moore <moore@cs.utk.edu>" },
	{ "=?ISO-8859-1?B?SWYgeW91IGNhbiByZWFkIHRoaXMgeW8=?=\n "
	    "=?ISO-8859-2?B?dSB1bmRlcnN0YW5kIHRoZSBleGFtcGxlLg==?=",
	    "If you can read this you understand the example." },
	{ "=?utf-8*en?q?=C3=A9?=", "\303\251" },
	{ "=?utf-8?B?w6k=?= =?utf-8?b?w6k?=", "\303\251\303\251" },
	{ "=?utf-8?q?=C3?= =?utf-8?q?=A9?=", "\303\251" },
	{ "a=?utf-8?q?b?=c", "abc" }, { "\303\251 \351",
	    "\303\203\302\251 \303\251" },
	{ "\303\251", "\303\251" }, { "=?utf-8?q?a b?=", "a b" },
	{ "=?x-none?q?=E9?=", "\303\251" },
	{ "=?utf-8?x?a?=", "=?utf-8?x?a?=" },
	{ "=?utf-8?q?a", "=?utf-8?q?a" }, { "=?", "=?" },
	{ "=?a?b?c", "=?a?b?c" },
	{ "=?utf-8?q?\?= x", " x" }, { "=?=?utf-8?q?a?=", "=?a" },
};

static void
test_words(void **state)
{
	const struct charset cs = { to_utf8, NULL };
	struct buf b = { .max = 1000 };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof words / sizeof *words; i++) {
		buf_reset(&b);
		if (encword_decode(span_of(words[i].in), &cs, &b) < 0 ||
		    !span_eq(buf_span(&b), span_of(words[i].out)))
			fail_msg("word case %zu: %.*s", i,
			    SPAN_ARG(buf_span(&b)));
	}
	buf_free(&b);
}

/* Many heads of words that are none, and many words, in linear time. */
static void
test_many(void **state)
{
	static const char *const part[] = {
		"=?", "=?a?q?", "=?a?q?b?= ", "=?a?q?b?=", "?=", "=?a?b?"
	};
	const struct charset cs = { to_utf8, NULL };
	struct buf in = { .max = 4 << 20 }, b = { .max = 8 << 20 };
	size_t i, k;

	(void)state;
	for (i = 0; i < sizeof part / sizeof *part; i++) {
		buf_reset(&in);
		buf_reset(&b);
		for (k = 0; k < 300000; k++)
			buf_adds(&in, part[i]);
		assert_int_equal(encword_decode(buf_span(&in), &cs, &b), 0);
	}
	buf_free(&in);
	buf_free(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_words), cmocka_unit_test(test_many)
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
