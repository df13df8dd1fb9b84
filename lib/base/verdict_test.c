/* verdict: kinds follow codes, somebody else's words come out clean. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "base/verdict.h"

static void
test_kind(void **state)
{
	static const struct {
		unsigned code;
		enum verdict_kind kind;
	} t[] = {
		{ 0, VERDICT_LATER }, { 199, VERDICT_LATER },
		{ 200, VERDICT_DONE }, { 250, VERDICT_DONE },
		{ 354, VERDICT_DONE }, { 400, VERDICT_LATER },
		{ 499, VERDICT_LATER }, { 500, VERDICT_NEVER },
		{ 599, VERDICT_NEVER }, { 600, VERDICT_LATER },
	};
	static const enum verdict_kind all[] = { VERDICT_DONE, VERDICT_LATER,
		VERDICT_NEVER, VERDICT_TO, VERDICT_RUN };
	enum verdict_kind k;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof t / sizeof *t; i++)
		if (verdict_make(t[i].code, "", "x").kind != t[i].kind)
			fail_msg("case %zu", i);
	for (i = 0; i < sizeof all / sizeof *all; i++)
		if (verdict_parse(span_of(verdict_name(all[i])), &k) < 0 ||
		    k != all[i])
			fail_msg("name %zu", i);
	assert_int_equal(verdict_parse(SPAN("Done"), &k), -1);
	assert_int_equal(verdict_parse(SPAN(""), &k), -1);
}

static void
test_enhanced(void **state)
{
	static const struct {
		const char *in, *out;
	} t[] = {
		{ "2.0.0", "2.0.0" }, { "5.7.999", "5.7.999" },
		{ "4.100.10", "4.100.10" }, { "", "" }, { "3.0.0", "" },
		{ "5.1", "" }, { "5.1.", "" }, { "5..1", "" },
		{ "5.1.1.1", "" }, { "5.1.1000", "" }, { "5.0001.1", "" },
		{ "05.1.1", "05.1.1" }, { "5.1.1\r\n", "" }, { "x", "" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof t / sizeof *t; i++)
		if (strcmp(verdict_words(550, span_of(t[i].in),
		    SPAN("x")).enhanced, t[i].out) != 0)
			fail_msg("case %zu: %s", i, t[i].in);
}

static void
test_text(void **state)
{
	char big[2 * VERDICT_TEXT];
	struct verdict v;

	(void)state;
	v = verdict_words(550, SPAN("5.1.1"), SPAN("a\r\n250\0\177b\303\251"));
	assert_string_equal(v.text, "a??250??b\303\251");
	memset(big, 'x', sizeof big);
	v = verdict_words(450, SPAN("4.0.0"), span_mem(big, sizeof big));
	assert_int_equal(strlen(v.text), VERDICT_TEXT);
	big[sizeof big - 1] = '\0';
	v = verdict_make(450, "4.0.0", "%s", big);
	assert_int_equal(strlen(v.text), VERDICT_TEXT);
	v = verdict_make(250, "2.0.0", "%d\n", 5);
	assert_string_equal(v.text, "5?");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_kind), cmocka_unit_test(test_enhanced),
		cmocka_unit_test(test_text)
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
