/* uidl - forms, and what they give. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "pop3d/uidl.h"

static void
forms(void **state)
{
	static const struct {
		const char *form, *base;
		int ok;
		const char *id;
	} t[] = {
		{ "%08Xu%08Xv", "", 1, "000000ff5f3b2c1a" },
		{ "%v.%u", "", 1, "1597713434.255" },
		{ "UID%u-%v", "", 1, "UID255-1597713434" },
		{ "%f", "1.M1.h,S=3", 1, "1.M1.h,S=3" },
		{ "%f", "1 2", 1, "000000ff5f3b2c1a" },
		{ "%f", "\xc3\xa4", 1, "000000ff5f3b2c1a" },
		{ "%%%u", "", 1, "%255" },
		{ "", "", 0, "" },
		{ "x", "", 0, "x" },
		{ "%v", "", 0, "1597713434" },
		{ "%", "", 0, NULL },
		{ "%u%", "", 0, NULL },
		{ "%x%u", "", 0, NULL },
		{ "%08Xf", "", 0, NULL },
		{ "%u %v", "", 0, NULL },
	};
	struct buf b = { .max = UIDL_ID };
	struct uidl u = { 255, 0x5f3b2c1a, { 0 } };
	const char *why;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof t / sizeof *t; i++) {
		if ((uidl_check(span_of(t[i].form), &why) == 0) != t[i].ok)
			fail_msg("%zu: \"%s\": %s", i, t[i].form, why);
		if (t[i].id == NULL)
			continue;
		u.base = span_of(t[i].base);
		buf_reset(&b);
		uidl_format(&b, span_of(t[i].form), &u);
		if (!span_eq(buf_span(&b), span_of(t[i].id)))
			fail_msg("%zu: %.*s", i, SPAN_ARG(buf_span(&b)));
	}
	buf_free(&b);
}

int
main(void)
{
	const struct CMUnitTest t[] = { cmocka_unit_test(forms) };

	return cmocka_run_group_tests(t, NULL, NULL);
}
