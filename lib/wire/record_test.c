/* record: the grammar, at every cut of its bytes. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "wire/record.h"

static const struct {
	const char *in;
	int result;			/* of field_next */
	const char *name, *value, *rest;
} fields[] = {
	{ "", 0, "", "", "" },
	{ "a 0:,\n", 1, "a", "", "" },
	{ "rcpt 1:1,\nto 0:,\n", 1, "rcpt", "1", "to 0:,\n" },
	{ "a-9 4:a,\nb,\n", 1, "a-9", "a,\nb", "" },
	{ "abcdefghijklmnopqrst 0:,\n", 1, "abcdefghijklmnopqrst", "", "" },
	{ "abcdefghijklmnopqrstu 0:,\n", -1, "", "", "" },
	{ "A 0:,\n", -1, "", "", "" }, { " 0:,\n", -1, "", "", "" },
	{ "a", -1, "", "", "" }, { "a ", -1, "", "", "" },
	{ "a 1", -1, "", "", "" }, { "a :,\n", -1, "", "", "" },
	{ "a  1:x,\n", -1, "", "", "" }, { "a 01:x,\n", -1, "", "", "" },
	{ "a 00:,\n", -1, "", "", "" }, { "a +1:x,\n", -1, "", "", "" },
	{ "a 1:x,", -1, "", "", "" }, { "a 1:x\n", -1, "", "", "" },
	{ "a 1:,\n", -1, "", "", "" }, { "a 2:x,\n", -1, "", "", "" },
	{ "a 0:x,\n", -1, "", "", "" }, { "a 0:\n,", -1, "", "", "" },
	{ "a 99999999:x,\n", -1, "", "", "" },
	{ "a 100000000:x,\n", -1, "", "", "" },
};

static void
test_field(void **state)
{
	struct field f;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof fields / sizeof *fields; i++) {
		struct span in = span_of(fields[i].in);
		const char *why = NULL;
		int r = field_next(&in, &f, &why);

		if (r != fields[i].result || (r < 0 && why == NULL))
			fail_msg("case %zu: %d", i, r);
		if (r == 1 && (!field_is(&f, fields[i].name) ||
		    !span_eq(f.value, span_of(fields[i].value)) ||
		    !span_eq(in, span_of(fields[i].rest))))
			fail_msg("case %zu", i);
		if (r < 0 && in.n != strlen(fields[i].in))
			fail_msg("case %zu: eaten", i);
	}
}

static void
test_record(void **state)
{
	static const struct {
		const char *in;
		int result;
		const char *fields, *rest;
	} t[] = {
		{ "0:,", 1, "", "" }, { "0:,x", 1, "", "x" },
		{ "6:a 0:,\n,", 1, "a 0:,\n", "" }, { "3:a,b,3:", 1, "a,b",
		    "3:" },
		{ "20:", 0, "", "" }, { "21:", -1, "", "" },
		{ "00:,", -1, "", "" }, { "1:xx", -1, "", "" },
		{ ":,", -1, "", "" }, { "x", -1, "", "" },
		{ "12345678", 0, "", "" }, { "123456789", -1, "", "" },
	};
	size_t i, cut;

	(void)state;
	for (i = 0; i < sizeof t / sizeof *t; i++) {
		struct span in = span_of(t[i].in), got = { NULL, 0 }, part;
		const char *why = NULL;
		size_t n;

		if (record_next(&in, 20, &got, &why) != t[i].result ||
		    (t[i].result == 1 && (!span_eq(in, span_of(t[i].rest)) ||
		    !span_eq(got, span_of(t[i].fields)))))
			fail_msg("case %zu", i);
		n = strlen(t[i].in) - in.n;
		for (cut = 0; t[i].result == 1 && cut < n; cut++) {
			part = span_sub(span_of(t[i].in), 0, cut);
			if (record_next(&part, 20, &got, &why) != 0)
				fail_msg("case %zu cut at %zu", i, cut);
		}
	}
}

static void
test_add(void **state)
{
	struct buf b = { .max = 30 }, f = { .max = 20 };
	const char *why;
	struct span in, got;

	(void)state;
	field_addu(&f, "n", UINT64_MAX / 10000000000);
	assert_int_equal(record_close(&b, &f), 0);
	assert_null(f.p);
	in = buf_span(&b);
	assert_int_equal(record_next(&in, RECORD_MAX, &got, &why), 1);
	assert_true(span_eq(got, SPAN("n 10:1844674407,\n")));
	/* no room: nothing is added */
	assert_int_equal(record_add(&b, SPAN("0123456789")), -1);
	assert_int_equal(b.n, 21);
	buf_reset(&b);
	field_adds(&f, "name", "longer than twenty bytes");
	assert_int_equal(record_close(&b, &f), -1);
	assert_int_equal(b.n, 0);
	buf_free(&b);
}

static void
test_store(void **state)
{
	struct pair {
		struct span a, b;
	} p = { .a = { NULL, 0 } };
	static const struct field_slot slot[] = {
		{ "a", offsetof(struct pair, a) },
		{ "b", offsetof(struct pair, b) }, { NULL, 0 }
	};
	struct field f = { SPAN("b"), SPAN("") };
	struct buf out = { .max = 100 };
	const char *why = NULL;

	(void)state;
	assert_int_equal(field_store(&f, slot, &p, &why), 1);
	assert_int_equal(field_store(&f, slot, &p, &why), -1);
	assert_non_null(why);
	f = (struct field){ SPAN("a"), SPAN("x") };
	assert_int_equal(field_store(&f, slot, &p, &why), 1);
	f.name = SPAN("c");
	assert_int_equal(field_store(&f, slot, &p, &why), 0);
	assert_int_equal(field_give(&out, slot, &p), 0);
	assert_true(span_eq(buf_span(&out), SPAN("a 1:x,\n")));
	buf_free(&out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_field), cmocka_unit_test(test_record),
		cmocka_unit_test(test_add), cmocka_unit_test(test_store)
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
