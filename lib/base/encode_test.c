/* encode: the vectors of RFC 4648 10, what base64 refuses, log escapes. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "base/encode.h"

static void
test_base64(void **state)
{
	static const struct {
		const char *in, *out;
	} t[] = {
		{ "", "" }, { "f", "Zg==" }, { "fo", "Zm8=" },
		{ "foo", "Zm9v" }, { "foob", "Zm9vYg==" },
		{ "fooba", "Zm9vYmE=" }, { "foobar", "Zm9vYmFy" },
		{ "\377\376\375\374", "//79/A==" }, { ">>>?", "Pj4+Pw==" },
	};
	static const char *const bad[] = {
		"Z", "Zg", "Zg=", "Zg===", "Zh==", "Zm9=", "=g==", "Z===",
		"====", "Zg==Zg==", "Zm9v\n", "Zm 9", "Zm9-", "Zm=v", "Zm9v=",
	};
	struct buf b = { .max = 100 };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof t / sizeof *t; i++) {
		buf_reset(&b);
		encode_base64(&b, span_of(t[i].in));
		if (!span_eq(buf_span(&b), span_of(t[i].out)))
			fail_msg("encode %zu", i);
		buf_reset(&b);
		if (decode_base64(&b, span_of(t[i].out)) < 0 ||
		    !span_eq(buf_span(&b), span_of(t[i].in)))
			fail_msg("decode %zu", i);
	}
	for (i = 0; i < sizeof bad / sizeof *bad; i++)
		if (decode_base64(&b, span_of(bad[i])) == 0)
			fail_msg("bad %zu: %s", i, bad[i]);
	buf_free(&b);
	b.max = 2;
	assert_int_equal(decode_base64(&b, SPAN("Zm9v")), -1);
	buf_free(&b);
}

static void
test_base32(void **state)
{
	char out[14] = "";

	(void)state;
	encode_base32(out, 13, UINT64_MAX);
	assert_string_equal(out, "fvvvvvvvvvvvv");
	encode_base32(out, 13, 33);
	assert_string_equal(out, "0000000000011");
	encode_base32(out, 2, 1024 + 31);	/* the low digits */
	assert_memory_equal(out, "0v", 2);
}

static void
test_log(void **state)
{
	static const struct {
		struct span in;
		int quoted;
		const char *out;
	} t[] = {
		{ { (const unsigned char *)"", 0 }, 0, "" },
		{ { (const unsigned char *)"a b", 3 }, 0, "a\\x20b" },
		{ { (const unsigned char *)"a b", 3 }, 1, "a b" },
		{ { (const unsigned char *)"\"\\", 2 }, 1, "\\x22\\x5c" },
		{ { (const unsigned char *)"a\0\r\n\177", 5 }, 1,
		    "a\\x00\\x0d\\x0a\\x7f" },
		{ { (const unsigned char *)"\303\251", 2 }, 0, "\303\251" },
		{ { (const unsigned char *)"\302\205", 2 }, 0, "\\xc2\\x85" },
		{ { (const unsigned char *)"\342\200\250", 3 }, 1,
		    "\\xe2\\x80\\xa8" },
		{ { (const unsigned char *)"\342\200\256", 3 }, 0,
		    "\\xe2\\x80\\xae" },
		{ { (const unsigned char *)"\342\201\246", 3 }, 0,
		    "\\xe2\\x81\\xa6" },
		{ { (const unsigned char *)"\342\200\246", 3 }, 0,
		    "\342\200\246" },
		{ { (const unsigned char *)"\303", 1 }, 0, "\\xc3" },
		{ { (const unsigned char *)"\377a", 2 }, 0, "\\xffa" },
	};
	struct buf b = { .max = 100 };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof t / sizeof *t; i++) {
		buf_reset(&b);
		encode_log(&b, t[i].in, t[i].quoted);
		if (!span_eq(buf_span(&b), span_of(t[i].out)))
			fail_msg("case %zu", i);
	}
	buf_reset(&b);
	encode_hex(&b, SPAN("\0\xfe"));
	assert_true(span_eq(buf_span(&b), SPAN("00fe")));
	buf_free(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_base64), cmocka_unit_test(test_base32),
		cmocka_unit_test(test_log)
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
