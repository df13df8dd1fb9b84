#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include "mail/idna.h"

static void
rows(void **state)
{
	static const struct {
		const char *in, *out;	/* NULL: refused */
	} row[] = {
		{ "a.test", "a.test" },
		{ "b\xc3\xbc" "cher.example", "xn--bcher-kva.example" },
		{ "\xe4\xbe\x8b\xe3\x81\x88.test", "xn--r8jz45g.test" },
		{ "m\xc3\xbcnchen", "xn--mnchen-3ya" },
		{ "xn--r8jz45g", "xn--r8jz45g" },
		/* RFC 3492 7.1 (L) */
		{ "3\xe5\xb9\xb4" "b\xe7\xb5\x84\xe9\x87\x91\xe5\x85\xab"
		    "\xe5\x85\x88\xe7\x94\x9f",
		    "xn--3b-ww4c5e180e575a65lsy2b" },
		{ "", "" }, { "\xff.test", NULL }, { "\xc0\x80", NULL },
		{ "\xed\xa0\x80", NULL }, { "\xc3", NULL },
	};
	char out[256];
	size_t i;
	int r;

	(void)state;
	for (i = 0; i < sizeof row / sizeof *row; i++) {
		r = idna_ascii(span_of(row[i].in), out, sizeof out);
		if ((r == 0) != (row[i].out != NULL) || (r == 0 &&
		    strcmp(out, row[i].out) != 0))
			fail_msg("row %zu: %d %s", i, r, out);
	}
}

int
main(void)
{
	const struct CMUnitTest test[] = { cmocka_unit_test(rows) };

	return cmocka_run_group_tests(test, NULL, NULL);
}
