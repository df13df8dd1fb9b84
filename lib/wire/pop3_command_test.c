/* pop3_command - each form, and what is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "wire/pop3_command.h"

static void
lines(void **state)
{
	static const struct {
		const char *in;
		int result;
		enum pop3_verb verb;
		const char *text, *initial;
		int has_number;
		uint32_t number, lines;
	} t[] = {
		{ "STAT", 0, POP3_STAT, "", "", 0, 0, 0 },
		{ "sTaT ", 0, POP3_STAT, "", "", 0, 0, 0 },
		{ "STAT 1", -1, POP3_STAT, "", "", 0, 0, 0 },
		{ "", -1, POP3_NONE, "", "", 0, 0, 0 },
		{ " STAT", -1, POP3_NONE, "", "", 0, 0, 0 },
		{ "STATS", -1, POP3_NONE, "", "", 0, 0, 0 },
		{ "LIST", 0, POP3_LIST, "", "", 0, 0, 0 },
		{ "LIST 4294967295", 0, POP3_LIST, "", "", 1, UINT32_MAX, 0 },
		{ "LIST 4294967296", -1, POP3_LIST, "", "", 0, 0, 0 },
		{ "LIST -1", -1, POP3_LIST, "", "", 0, 0, 0 },
		{ "LIST 1 2", -1, POP3_LIST, "", "", 1, 1, 0 },
		{ "UIDL 00000000000000000007  ", 0, POP3_UIDL, "", "", 1, 7,
		    0 },
		{ "RETR", -1, POP3_RETR, "", "", 0, 0, 0 },
		{ "RETR 0", 0, POP3_RETR, "", "", 1, 0, 0 },
		{ "RETR 1x", -1, POP3_RETR, "", "", 0, 0, 0 },
		{ "TOP 1", -1, POP3_TOP, "", "", 0, 1, 0 },
		{ "TOP 1 10", 0, POP3_TOP, "", "", 1, 1, 10 },
		{ "TOP 1 10 1", -1, POP3_TOP, "", "", 1, 1, 10 },
		{ "USER", -1, POP3_USER, "", "", 0, 0, 0 },
		{ "USER ", -1, POP3_USER, "", "", 0, 0, 0 },
		{ "USER alice@example.test", 0, POP3_USER,
		    "alice@example.test", "", 0, 0, 0 },
		{ "PASS  a  b ", 0, POP3_PASS, " a  b ", "", 0, 0, 0 },
		{ "PASS \xc3\xa4", 0, POP3_PASS, "\xc3\xa4", "", 0, 0, 0 },
		{ "PASS \xe4", -1, POP3_PASS, "\xe4", "", 0, 0, 0 },
		{ "AUTH", 0, POP3_AUTH, "", "", 0, 0, 0 },
		{ "AUTH PLAIN", 0, POP3_AUTH, "PLAIN", "", 0, 0, 0 },
		{ "AUTH PLAIN =", 0, POP3_AUTH, "PLAIN", "=", 0, 0, 0 },
		{ "AUTH PLAIN AGEAYg== x", -1, POP3_AUTH, "PLAIN",
		    "AGEAYg==", 0, 0, 0 },
		{ "LANG *", 0, POP3_LANG, "*", "", 0, 0, 0 },
		{ "UTF8", 0, POP3_UTF8, "", "", 0, 0, 0 },
	};
	struct pop3_command c;
	const char *why = NULL;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof t / sizeof *t; i++) {
		int r = pop3_command_parse(span_of(t[i].in), &c, &why);

		if (r != t[i].result || c.verb != t[i].verb ||
		    !span_eq(c.text, span_of(t[i].text)) ||
		    !span_eq(c.initial, span_of(t[i].initial)) ||
		    c.has_initial != (t[i].initial[0] != '\0') ||
		    c.has_number != t[i].has_number ||
		    c.number != t[i].number || c.lines != t[i].lines)
			fail_msg("%zu: \"%s\" gives %d %d (%s)", i, t[i].in, r,
			    (int)c.verb, why ? why : "");
	}
}

static void
nul(void **state)
{
	struct pop3_command c;
	const char *why;

	(void)state;
	assert_int_equal(pop3_command_parse(span_mem("PASS a\0b", 8), &c,
	    &why), -1);
	assert_int_equal(pop3_command_parse(span_mem("STAT\0", 5), &c, &why),
	    -1);
}

int
main(void)
{
	const struct CMUnitTest t[] = {
		cmocka_unit_test(lines), cmocka_unit_test(nul)
	};

	return cmocka_run_group_tests(t, NULL, NULL);
}
