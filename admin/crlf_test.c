/* crlf: line ends, NUL and the last dot, for every way of cutting in two. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "admin/crlf.h"

#define S(lit) { (const unsigned char *)(lit), sizeof(lit) - 1 }

static const struct {
	int dot_ends;
	struct span in, out;
	int ended;
} rows[] = {
	{ 0, S(""), S(""), 0 },
	{ 0, S("a"), S("a\r\n"), 0 },
	{ 0, S("a\nb\n"), S("a\r\nb\r\n"), 0 },
	{ 0, S("a\r\nb\r\n"), S("a\r\nb\r\n"), 0 },
	{ 0, S("a\rb"), S("a\r\nb\r\n"), 0 },
	{ 0, S("a\r\r\nb\r"), S("a\r\n\r\nb\r\n"), 0 },
	{ 0, S("a\0b\n"), S("ab\r\n"), 0 },
	{ 0, S("\n\n"), S("\r\n\r\n"), 0 },
	{ 0, S("a\n.\nb\n"), S("a\r\n.\r\nb\r\n"), 0 },
	{ 0, S("\tx\303\251\n"), S("\tx\303\251\r\n"), 0 },
	{ 1, S("a\n.\nb\n"), S("a\r\n"), 1 },
	{ 1, S("a\n.\r\nb\n"), S("a\r\n"), 1 },
	{ 1, S("a\n."), S("a\r\n"), 1 },
	{ 1, S("a\r.\rb"), S("a\r\n"), 1 },
	{ 1, S(".\n"), S(""), 1 },
	{ 1, S("a\n..\n.b\n"), S("a\r\n..\r\n.b\r\n"), 0 },
	{ 1, S("a.\n.\tb\n"), S("a.\r\n.\tb\r\n"), 0 }
};

static void
test_rows(void **state)
{
	struct buf out = { .max = 256 };
	size_t i, at;

	(void)state;
	for (i = 0; i < sizeof rows / sizeof *rows; i++)
		for (at = 0; at <= rows[i].in.n; at++) {
			struct crlf c = { .dot_ends = rows[i].dot_ends };

			buf_reset(&out);
			crlf_add(&c, &out, span_sub(rows[i].in, 0, at));
			crlf_add(&c, &out, span_from(rows[i].in, at));
			if (!c.ended)
				crlf_end(&c, &out);
			if (!span_eq(buf_span(&out), rows[i].out) ||
			    c.ended != rows[i].ended)
				fail_msg("%zu at %zu: '%.*s'", i, at,
				    SPAN_ARG(buf_span(&out)));
		}
	buf_free(&out);
}

int
main(void)
{
	const struct CMUnitTest t[] = { cmocka_unit_test(test_rows) };

	return cmocka_run_group_tests(t, NULL, NULL);
}
