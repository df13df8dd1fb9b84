/* forward_test - forwarding files as their owners write them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "mail/forward.h"

static const char kind_letter[] = {
	[TARGET_ADDRESS] = '@', [TARGET_LOCAL] = '.', [TARGET_BACKSLASH] = '\\',
	[TARGET_PATH] = '/', [TARGET_PROGRAM] = '|'
};

/* "ENTRY:KIND TEXT;" of each, then "!LINE" when it is not valid. */
static void
read_all(const char *text, char *out, size_t size)
{
	struct forward f = { .in = span_of(text) };
	struct buf b = { .max = size - 1 };
	struct target t;
	const char *why = NULL;
	int r;

	while ((r = forward_next(&f, &t, &why)) == 1) {
		buf_addf(&b, "%u:%c", f.entry, kind_letter[t.kind]);
		assert_int_equal(target_text(&t, &b), 0);
		buf_addc(&b, ';');
	}
	if (r < 0) {
		assert_non_null(why);
		buf_addf(&b, "!%u", f.line_nr);
	}
	assert_int_equal(span_str(buf_span(&b), out, size), 0);
	buf_free(&b);
}

static void
files(void **state)
{
	static const struct {
		const char *text, *out;
	} row[] = {
		{ "", "" }, { "\n\n", "" }, { "# comment\n  # too\n", "" },
		{ "a@b.test\n", "1:@a@b.test;" },
		{ "a@b.test", "1:@a@b.test;" },
		{ "a@b.test, c@d.test\n", "1:@a@b.test;2:@c@d.test;" },
		{ "a@b.test\r\nbob\r\n", "1:@a@b.test;2:.bob;" },
		{ "\\alice\n", "1:\\alice;" },
		{ "\\alice, |prog\n", "1:\\alice;2:|prog;" },
		{ "\"|/usr/bin/vacation alice\"\n",
		    "1:|/usr/bin/vacation alice;" },
		{ "|/bin/prog -x\nbob\n", "1:|/bin/prog -x;2:.bob;" },
		{ "\"|IFS=' ' && exec prog -f- || exit 75 #alice\"\n",
		    "1:|IFS=' ' && exec prog -f- || exit 75 #alice;" },
		{ "\"|echo \\\"x, y\\\"\"\n", "1:|echo \"x, y\";" },
		{ "/home/alice/Maildir/\n", "1://home/alice/Maildir/;" },
		{ "# x\n\nbob\n#\n/m/\n", "1:.bob;2://m/;" },
		{ "a@b.test # \"mine, too\nbob, #x\n", "1:@a@b.test;2:.bob;" },
		{ "bob#x\n|a #b\n", "1:.bob#x;2:|a #b;" },
		{ "\"|open\nbob\n", "!1" },
		{ "bob\n~/Maildir/\n", "1:.bob;!2" },
		{ "bob, Jane Doe <jane@b.test>\n", "1:.bob;2:.Jane;!1" },
		{ "bob\n:include:/etc/passwd\n", "1:.bob;!2" }
	};
	char out[512];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof row / sizeof *row; i++) {
		read_all(row[i].text, out, sizeof out);
		if (strcmp(out, row[i].out) != 0)
			fail_msg("row %zu: %s", i, out);
	}
}

static void
limit(void **state)
{
	static char text[2 * (FORWARD_TARGETS + 1)];
	struct forward f = { .in = { (unsigned char *)text, sizeof text } };
	struct target t;
	const char *why;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof text; i += 2)
		memcpy(text + i, "a\n", 2);
	for (i = 0; i < FORWARD_TARGETS; i++)
		assert_int_equal(forward_next(&f, &t, &why), 1);
	assert_int_equal(forward_next(&f, &t, &why), -1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(files),
		cmocka_unit_test(limit)
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
