/* Lines of state/ID: what is read is what was written. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "mail/outcome.h"

/* out NULL: the same as in; "": refused. */
static void
lines(void **state)
{
	static const struct {
		const char *in, *out;
	} row[] = {
		{ "1795300000 r1 done 250 2.0.0 smtp mx1.remote.test"
		    "[198.51.100.4]:25 taken as 4XYZ", NULL },
		{ "1795300000 r2 later 451 4.7.1 smtp mx1.remote.test"
		    "[198.51.100.4]:25 come back later", NULL },
		{ "1795300001 r3 to 2 carol@elsewhere.example,"
		    "bob@example.test sender=SRS0=x@example.test", NULL },
		{ "1795300001 r3 to 1 |2:.forward", NULL },
		{ "1795300001 r3 to 1 a@b.test sender=", NULL },
		{ "1 r3 to 1 a@b.test kept", NULL },
		{ "1 r3 to 1 a@b.test sender=x@y.test kept", NULL },
		{ "1 r3 to 1 a@b.test sender= kept", NULL },
		{ "1 r0 to 1 archive@example.test", NULL },
		{ "1 r0 report delay 0f2k8r1q3m5hj9ab2c7d", NULL },
		{ "1 r9 never 550 5.1.1 local - ", NULL },
		{ "1 r9 later 0 - queue - no  code - here", NULL },
		{ "1 r9 later 0 - queue -", "1 r9 later 0 - queue - " },
		{ "", "" }, { "x r1 done", "" }, { "1 1 done", "" },
		{ "1 r1", "" }, { "1 r1 perhaps 1 2 3 4", "" },
		{ "1 r done 250 2.0.0 smtp - x", "" },
		{ "1 r1 done 2x0 2.0.0 smtp - x", "" },
		{ "1 r1 done 250", "" }, { "1 r1 to x a@b", "" },
		{ "1 r1 to 1", "" }, { "1 r1 to 1 a@b extra", "" },
		{ "1 r1 to 1 a@b kept sender=x", "" },
		{ "1 r1 to 1 a@b kept kept", "" },
		{ "1 r1 to 1 a@b sender=x y", "" },
		{ "1 r0 report delay", "" }, { "1 r0 report delay id x", "" },
		{ "1 r1 to 1 a@b sender=x\x01", "" },
		{ "1 r1 to 2 a@b", "" }, { "1 r1 to 1 a@b,c@d", "" },
		{ "1 r99999999 done 250 2.0.0 smtp - x", "" },
	};
	struct buf b = { .max = 4096 };
	struct outcome o;
	const char *why;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof row / sizeof *row; i++) {
		const char *want = row[i].out ? row[i].out : row[i].in;
		struct span got = span_of("");

		buf_reset(&b);
		if (outcome_parse(span_of(row[i].in), &o, &why) == 0 &&
		    outcome_add(&b, &o) == 0)
			got = span_sub(buf_span(&b), 0, b.n - 1);
		if (!span_eq(got, span_of(want)))
			fail_msg("row %zu: \"%.*s\"", i, SPAN_ARG(got));
	}
	buf_free(&b);
}

/* Cut off anywhere and given its end, a line says what it said, or nothing. */
static void
torn(void **state)
{
	static const char *const row[] = {
		"1795300000 r1 done 250 2.0.0 smtp mx.test taken as 4XYZ",
		"1795300001 r13 to 2 c@d.test,bob@e.test sender=SRS0=x@e.test",
		"1795300001 r3 to 2 |2:.forward,bob@example.test",
		"1795300001 r3 to 2 c@d.test,bob@e.test sender=x@e.test kept",
		"1 r0 report delay 0f2k8r1q3m5hj9ab2c7d"
	};
	struct buf b = { .max = 4096 };
	struct outcome whole, part;
	const char *why;
	size_t i, n;

	(void)state;
	for (i = 0; i < sizeof row / sizeof *row; i++)
		for (n = 0; n <= strlen(row[i]); n++) {
			assert_int_equal(outcome_parse(span_of(row[i]), &whole,
			    &why), 0);
			buf_reset(&b);
			buf_add(&b, row[i], n);
			buf_adds(&b, OUTCOME_TORN);
			if (outcome_parse(span_sub(buf_span(&b), 0, b.n - 1),
			    &part, &why) < 0)
				continue;
			if (part.when != whole.when || part.nr != whole.nr ||
			    part.kind != whole.kind ||
			    part.code != whole.code ||
			    part.kind >= OUTCOME_TO)
				fail_msg("row %zu, cut at %zu", i, n);
		}
	buf_free(&b);
}

static void
targets(void **state)
{
	static const struct {
		const char *in[3], *out;
	} row[] = {
		{ { "a@b.test" }, "a@b.test" },
		{ { "a@b.test", "\\c@d.test", "|3:.forward+x" },
		    "a@b.test,\\x5cc@d.test,|3:.forward+x" },
		{ { "\"a, b\"@c.test", "d@e" },
		    "\\x22a\\x2c\\x20b\\x22@c.test,d@e" },
		{ { "\xc3\xa9@\xc3\xa9.test" }, "\xc3\xa9@\xc3\xa9.test" },
		{ { "\xff@x" }, "\\xff@x" },
	};
	struct buf list = { .max = 4096 }, one = { .max = 4096 };
	struct span in;
	size_t i, k;

	(void)state;
	for (i = 0; i < sizeof row / sizeof *row; i++) {
		buf_reset(&list);
		for (k = 0; k < 3 && row[i].in[k]; k++)
			outcome_add_target(&list, span_of(row[i].in[k]));
		in = buf_span(&list);
		if (!span_eq(in, span_of(row[i].out)))
			fail_msg("row %zu: %.*s", i, SPAN_ARG(in));
		for (k = 0; k < 3 && row[i].in[k]; k++) {
			buf_reset(&one);
			if (outcome_next_target(&in, &one) != 1 ||
			    !span_eq(buf_span(&one), span_of(row[i].in[k])))
				fail_msg("row %zu, target %zu", i, k);
		}
		assert_int_equal(outcome_next_target(&in, &one), 0);
	}
	in = SPAN("a\\x2");
	assert_int_equal(outcome_next_target(&in, &one), -1);
	in = SPAN("a\\y20");
	assert_int_equal(outcome_next_target(&in, &one), -1);
	buf_free(&list);
	buf_free(&one);
}

int
main(void)
{
	const struct CMUnitTest test[] = {
		cmocka_unit_test(lines), cmocka_unit_test(torn),
		cmocka_unit_test(targets)
	};

	return cmocka_run_group_tests(test, NULL, NULL);
}
