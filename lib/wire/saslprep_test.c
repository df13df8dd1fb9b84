/* saslprep: the examples of RFC 4013 section 3, and each of its rules. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <string.h>

#include "wire/saslprep.h"

static const struct {
	const char *in, *out;		/* NULL: there is none */
} t[] = {
	{ "I\xc2\xadX", "IX" },			/* RFC 4013: 1 to 7 */
	{ "user", "user" },
	{ "USER", "USER" },
	{ "\xc2\xaa", "a" },
	{ "\xe2\x85\xa8", "IX" },
	{ "\x07", NULL },
	{ "\xd8\xa7" "1", NULL },
	{ "", "" },
	{ "two words", "two words" },
	{ "e\xcc\x81t\xc3\xa9", "\xc3\xa9t\xc3\xa9" },
	{ "a\xc2\xa0" "b\xe3\x80\x80" "c\xe2\x80\x8b", "a b c " },
	{ "\xef\xbc\xa1\xef\xbc\x91", "A1" },	/* full width */
	{ "\xe2\x84\xab", "\xc3\x85" },		/* the Angstrom sign */
	{ "q\xcc\x87\xcc\xa3", "q\xcc\xa3\xcc\x87" },
	{ "a\xef\xb8\x8f\xe2\x81\xa0", "a" },
	{ "\xd8\xa7" "1" "\xd8\xa7", "\xd8\xa7" "1" "\xd8\xa7" },
	{ "\xd7\x90" "a" "\xd7\x90", NULL },
	{ "1\xd7\x90", NULL },
	{ "a\x7f", NULL },
	{ "\xc2\x85", NULL },
	{ "\xee\x80\x80", NULL },		/* private use */
	{ "\xef\xbf\xbe", NULL },		/* U+FFFE */
	{ "\xf0\x9f\xbf\xbf", NULL },		/* U+1FFFF */
	{ "\xe2\x80\xae", NULL },		/* right-to-left override */
	{ "\xf3\xa0\x81\x81", NULL },		/* a tag */
	{ "\xf0\x9f\x94\x91", "\xf0\x9f\x94\x91" },	/* a key */
	{ "\xc3", NULL },
	{ "\xed\xa0\x80", NULL },
	{ "caf\xe9", NULL }
};

static void
prepared(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < sizeof t / sizeof *t; i++) {
		struct buf b = { .max = 256 };
		const char *why = NULL;
		int r = saslprep(span_of(t[i].in), &b, &why);

		if (r != (t[i].out ? 0 : -1) || (t[i].out &&
		    !span_eq(buf_span(&b), span_of(t[i].out))))
			fail_msg("case %zu: %d, %.*s", i, r,
			    SPAN_ARG(buf_span(&b)));
		if (r < 0 && (why == NULL || b.n))
			fail_msg("case %zu: no reason, or some text", i);
		buf_free(&b);
	}
}

/* What grows (one becomes 18) ends at the ceiling. */
static void
too_long(void **state)
{
	char in[3 * 200 + 1];
	struct buf b = { .max = 1 << 20 };
	const char *why;
	size_t i;

	(void)state;
	for (i = 0; i < 200; i++)
		memcpy(in + 3 * i, "\xef\xb7\xba", 3);
	assert_int_equal(saslprep(span_mem(in, 600), &b, &why), -1);
	assert_string_equal(why, "SASLprep: too long");
	b.max = 40;
	assert_int_equal(saslprep(span_mem(in, 30), &b, &why), -1);
	buf_free(&b);
}

int
main(void)
{
	const struct CMUnitTest test[] = {
		cmocka_unit_test(prepared), cmocka_unit_test(too_long)
	};

	return cmocka_run_group_tests(test, NULL, NULL);
}
