/* json: what must be escaped, commas, numbers. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "base/json.h"

static const struct {
	struct span in;
	const char *out;
} text[] = {
	{ { 0 }, "\"\"" },
	{ { (const unsigned char *)"a b", 3 }, "\"a b\"" },
	{ { (const unsigned char *)"\"\\", 2 }, "\"\\\"\\\\\"" },
	{ { (const unsigned char *)"\0\n\x7f", 3 }, "\"\\u0000\\u000a\\u007f\"" },
	{ { (const unsigned char *)"\xc3\xa9", 2 }, "\"\xc3\xa9\"" },
	{ { (const unsigned char *)"\xc3(", 2 }, "\"\\ufffd(\"" },
	{ { (const unsigned char *)"\xed\xa0\x80", 3 },
	    "\"\\ufffd\\ufffd\\ufffd\"" }
};

static void
test_text(void **state)
{
	struct buf b = { .max = 256 };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof text / sizeof *text; i++) {
		buf_reset(&b);
		json_item(&b, text[i].in);
		if (!span_eq(buf_span(&b), span_of(text[i].out)))
			fail_msg("%zu", i);
	}
	buf_free(&b);
}

static void
test_object(void **state)
{
	struct buf b = { .max = 256 };

	(void)state;
	json_open(&b);
	json_str(&b, "a", "x");
	json_num(&b, "b", INT64_MIN);
	json_list(&b, "c");
	json_item(&b, SPAN("1"));
	json_item(&b, SPAN("["));
	json_item(&b, SPAN("3"));
	json_list_end(&b);
	json_list(&b, "d");
	json_list_end(&b);
	json_null(&b, "e");
	json_bool(&b, "f", 2);
	json_close(&b);
	assert_true(span_eq(buf_span(&b), SPAN("{\"a\":\"x\","
	    "\"b\":-9223372036854775808,\"c\":[\"1\",\"[\",\"3\"],\"d\":[],"
	    "\"e\":null,\"f\":true}\n")));
	buf_free(&b);
}

int
main(void)
{
	const struct CMUnitTest t[] = {
		cmocka_unit_test(test_text),
		cmocka_unit_test(test_object)
	};

	return cmocka_run_group_tests(t, NULL, NULL);
}
