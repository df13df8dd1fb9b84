/* header: fields as they stand, both line ends, and where the body starts. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "mail/header.h"

static const struct {
	const char *in;
	const char *out;		/* name=value; value unfolded */
	int result;			/* the last one */
	const char *rest;
} cases[] = {
	{ "", "", 0, "" }, { "\n", "", 0, "" }, { "\r\n", "", 0, "" },
	{ "\r\nA: b\r\n", "", 0, "A: b\r\n" },
	{ "A: b\r\nC: d\r\n\r\nbody", "A=b;C=d;", 0, "body" },
	{ "A: b\nC: d\n\nbody", "A=b;C=d;", 0, "body" },
	{ "A: b\r\n c\r\n\td\r\nE: f\r\n", "A=b c\td;E=f;", 0, "" },
	{ "A:\n b\n \n\t\nE:f\n\n", "A=b;E=f;", 0, "" },
	{ "A:b", "A=b;", 0, "" }, { "A:b\r", "A=b;", 0, "" },
	{ "A:\r\n\r\nx", "A=;", 0, "x" }, { "A:", "A=;", 0, "" },
	{ "A \t: b\n", "A=b;", 0, "" },
	{ "A: b: c\n", "A=b: c;", 0, "" },
	{ "A: b\rc\n", "A=b\rc;", 0, "" },
	{ "A: b\r\r\nC: d\n", "A=b;C=d;", 0, "" },
	{ "A: \303\251\377\001\n", "A=\303\251\377\001;", 0, "" },
	{ "A: b\nno field\nC: d\n", "A=b;", -1, "no field\nC: d\n" },
	{ "A: b\n: c\n", "A=b;", -1, ": c\n" },
	{ " A: b\n", "", -1, " A: b\n" }, { "A", "", -1, "A" },
	{ "A\n: b\n", "", -1, "A\n: b\n" }, { "A ", "", -1, "A " },
	{ "\303\251: b\n", "", -1, "\303\251: b\n" },
	{ "From x Sun\nA: b\n", "", -1, "From x Sun\nA: b\n" },
	{ "\rA: b\n", "", -1, "\rA: b\n" },
};

static void
test_fields(void **state)
{
	struct buf b = { .max = 1000 };
	struct header h;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct span in = span_of(cases[i].in);
		size_t n = 0;
		int r;

		buf_reset(&b);
		while ((r = header_next(&in, &h)) == 1) {
			n += h.whole.n;
			buf_addspan(&b, h.name);
			buf_addc(&b, '=');
			header_unfold(h.value, &b);
			buf_addc(&b, ';');
		}
		if (r != cases[i].result ||
		    !span_eq(in, span_of(cases[i].rest)) ||
		    !span_eq(buf_span(&b), span_of(cases[i].out)) ||
		    (r < 0 && n + in.n != strlen(cases[i].in)))
			fail_msg("case %zu: %d %.*s", i, r,
			    SPAN_ARG(buf_span(&b)));
	}
	buf_free(&b);
}

static void
test_raw(void **state)
{
	struct span in = SPAN("Subject : a\r\n b\r\nTo: c\r\n");
	struct header h;

	(void)state;
	assert_int_equal(header_next(&in, &h), 1);
	assert_true(header_is(&h, "subject") && !header_is(&h, "subject "));
	assert_true(span_eq(h.value, SPAN(" a\r\n b")));
	assert_true(span_eq(h.whole, SPAN("Subject : a\r\n b\r\n")));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fields), cmocka_unit_test(test_raw)
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
