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
		/* what people write, and mean the same */
		{ "B\xc3\x9c" "CHER.Example", "xn--bcher-kva.example" },
		{ "bu\xcc\x88" "cher.example", "xn--bcher-kva.example" },
		{ "b\xc3\xbc" "cher\xe3\x80\x82" "example",
		    "xn--bcher-kva.example" },
		{ "\xef\xbc\xa1" "b.\xc3\xa4", "ab.xn--4ca" },
		{ "b\xc3\xbc" "cher.xn--r8jz45g", "xn--bcher-kva.xn--r8jz45g" },
		/* letters of their own: RFC 5892 2.6 (F) */
		{ "stra\xc3\x9f" "e", "xn--strae-oqa" },
		{ "\xcf\x83\xce\xb1\xcf\x82", "xn--mxa8ab" },
		/* Latin and Cyrillic in one: not for DNS to forbid */
		{ "p\xd0\xb0ypal.test", "xn--pypal-4ve.test" },
		/* what no name may have: a symbol, a sign, a space, an emoji, a
		 * mark in front, a joiner without a virama (it has one next),
		 * one that is not assigned, hyphens where xn has them */
		{ "\xe2\x99\xa5.test", NULL }, { "a\xc2\xa7.test", NULL },
		{ "\xc3\xa4\xc2\xa0" "a", NULL },
		{ "\xf0\x9f\x92\xa9.test", NULL },
		{ "\xcc\x81" "\xc3\xa4", NULL },
		{ "\xc3\xa4\xe2\x80\x8d" "a", NULL },
		{ "\xe0\xa4\x95\xe0\xa5\x8d\xe2\x80\x8d\xe0\xa4\xb7",
		    "xn--11b2ezcw70k" },
		/* one that keeps letters apart (RFC 5892 A.1): Persian, with
		 * a mark, behind one that would not join, before the end */
		{ "\xd9\x86\xd8\xa7\xd9\x85\xd9\x87\xe2\x80\x8c\xd8\xa7"
		    "\xdb\x8c",
		    "xn--mgba3gch31f060k" },
		{ "\xd9\x87\xd9\x90\xe2\x80\x8c\xd8\xa7", "xn--mgb7d1a370v" },
		{ "\xd8\xa7\xe2\x80\x8c\xd9\x87", NULL },
		{ "\xd9\x87\xe2\x80\x8c", NULL },
		{ "\xd9\x87\xe2\x80\x8d\xd8\xa7", NULL },
		{ "\xc3\xa4\xcd\xb8", NULL }, { "ab--\xc3\xa4", NULL },
		{ "-\xc3\xa4", NULL }, { "\xc3\xa4..test", NULL },
		{ "\xc3\xa4\xc2\xad" "a", NULL },
		/* RFC 5893 2: Hebrew and digits of either kind, but not both;
		 * no Latin letter, no hyphen at its end; in such a domain no
		 * label begins with a digit */
		{ "\xd7\x90" "1.test", "xn--1-zhc.test" },
		{ "\xd7\x90\xd9\xa1", "xn--4db40a" },
		{ "\xd7\x90" "1\xd9\xa1", NULL },
		{ "\xd7\x90" "a.test", NULL }, { "a\xd7\x90.test", NULL },
		{ "1\xd7\x90.test", NULL }, { "\xd9\xa1.test", NULL },
		{ "\xd7\x90\xd6\xb7.test", "xn--fdb3c.test" },
		{ "a1.\xd7\x90", "a1.xn--4db" },
		{ "1a.\xd7\x90", NULL }, { "1a.\xc3\xa4", "1a.xn--4ca" },
		{ "xn--bcher-kva.\xd7\x90", "xn--bcher-kva.xn--4db" },
		/* an A-label is DNS's to judge, where nothing else is said */
		{ "xn--a", "xn--a" },
		/* 63 octets, and 64 */
		{ "\xc3\xa4"
		    "0123456789012345678901234567890123456789012345678901234",
		    "xn--012345678901234567890123456789012345"
		    "6789012345678901234-9te" },
		{ "\xc3\xa4"
		    "01234567890123456789012345678901234567890123456789012345",
		    NULL },
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
