/* pop3_text - messages, and each way to cut them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "wire/pop3_text_slow.h"

static const struct {
	const char *in;
	int top;
	const char *out;
} table[] = {
	{ "", -1, ".\r\n" },
	{ "a: b\n\nc\n", -1, "a: b\r\n\r\nc\r\n.\r\n" },
	{ "a: b\r\n\r\nc\r\n", -1, "a: b\r\n\r\nc\r\n.\r\n" },
	{ ".\n..\n.x\n", -1, "..\r\n...\r\n..x\r\n.\r\n" },
	{ "no end", -1, "no end\r\n.\r\n" },
	{ "cr\r", -1, "cr\r\n.\r\n" },
	{ "a\rb\n\r\r\n", -1, "a\rb\r\n\r\r\n.\r\n" },
	{ "h\n\n1\n2\n3\n", 0, "h\r\n\r\n.\r\n" },
	{ "h\n\n1\n2\n3\n", 2, "h\r\n\r\n1\r\n2\r\n.\r\n" },
	{ "h\r\n\r\n.1\r\n2\r\n", 1, "h\r\n\r\n..1\r\n.\r\n" },
	{ "h\n\n1\n", 9, "h\r\n\r\n1\r\n.\r\n" },
	{ "h\nno body", 0, "h\r\nno body\r\n.\r\n" },
	{ "\nonly body\n", 0, "\r\n.\r\n" },
};

static void
messages(void **state)
{
	struct buf b = { .max = 256 };
	size_t i, piece, room;

	(void)state;
	for (i = 0; i < sizeof table / sizeof *table; i++) {
		slow_text(&b, span_of(table[i].in), table[i].top);
		if (!span_eq(buf_span(&b), span_of(table[i].out)))
			fail_msg("%zu: the oracle errs: %.*s", i,
			    SPAN_ARG(buf_span(&b)));
		for (piece = 1; piece < 16; piece++)
			for (room = 4; room < 24; room++) {
				buf_reset(&b);
				text_in_pieces(&b, span_of(table[i].in),
				    table[i].top, piece, room);
				if (!span_eq(buf_span(&b),
				    span_of(table[i].out)))
					fail_msg("%zu, piece %zu, room %zu: "
					    "%.*s", i, piece, room,
					    SPAN_ARG(buf_span(&b)));
			}
		buf_reset(&b);
	}
	buf_free(&b);
}

int
main(void)
{
	const struct CMUnitTest t[] = { cmocka_unit_test(messages) };

	return cmocka_run_group_tests(t, NULL, NULL);
}
