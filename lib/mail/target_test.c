/* target: what the right side of an alias may be. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "mail/target.h"

static const struct {
	const char *in, *out;		/* kinds and texts; "!why" */
} lists[] = {
	{ "", "" }, { " ,\t\r\n, ", "" },
	{ "alice", "L(alice)" }, { "alice, bob", "L(alice)L(bob)" },
	{ "a@b.example,c@d.example", "A(a@b.example)A(c@d.example)" },
	{ "a@b.example c@d.example\n e", "A(a@b.example)A(c@d.example)L(e)" },
	{ "<a@b.example>", "A(a@b.example)" },
	{ "<@r.example:a@b.example>", "A(a@b.example)" },
	{ "\"a b\"@c.example,x", "A(\"a b\"@c.example)L(x)" },
	{ "\"a@b.example\"", "A(a@b.example)" }, { "\"bob\"", "L(bob)" },
	{ "\\alice, bob@b.example", "B(alice)A(bob@b.example)" },
	{ "\"\\alice\"", "B(alice)" },
	{ "/var/mail/x/, /dev/null", "P(/var/mail/x/)P(/dev/null)" },
	{ "\"/a b/\"", "P(/a b/)" },
	{ "|/bin/cat -u >x, bob", "X(/bin/cat -u >x)L(bob)" },
	{ "|/bin/cat\nbob", "X(/bin/cat)L(bob)" },
	{ "\"|/bin/cat a, b\"", "X(/bin/cat a, b)" },
	{ "|\"/bin/cat a, b\" bob", "X(/bin/cat a, b)L(bob)" },
	{ "\"|IFS=' ' && exec /usr/bin/procmail -f- || exit 75 #alice\"",
	    "X(IFS=' ' && exec /usr/bin/procmail -f- || exit 75 #alice)" },
	{ "\"| say \\\"hi\\\" \\\\n\"", "X(say \"hi\" \\n)" },
	{ ":include:/etc/list, bob", "I(/etc/list)L(bob)" },
	{ "\":include:/a b\"", "I(/a b)" }, { ":include:list", "!begins" },
	{ ":include:", "!begins" }, { ":fail: x", "!only :include:" },
	{ "\":include:/a\nb\"", "!control" },
	{ "|", "!command" }, { "\"|  \"", "!command" }, { "|\"\"", "!command" },
	{ "\"", "!quote" }, { "\"a\\\"", "!quote" }, { "\"\"", "!target" },
	{ "\"a b\"", "!target" }, { "\\", "!target" }, { "\\a@b", "!target" },
	{ "a..b", "!target" }, { "a;b", "!target" }, { "(a)", "!target" },
	{ "Maildir/", "!path" }, { "~/Maildir/", "!path" },
	{ "./Maildir/", "!path" }, { "a/b@c.example", "A(a/b@c.example)" },
	{ "@example.test", "!atoms" }, { "a@", "!labels" },
	{ "\"a\"b", "!commas" }, { "<a@b.example>c", "!commas" },
	{ "<>", "!null path" }, { "/a\001b", "!control" },
	{ "\"|a\nb\"", "!control" }, { "good, a@b@c", "!domain" },
};

static void
test_lists(void **state)
{
	struct buf b = { .max = 1000 };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof lists / sizeof *lists; i++) {
		struct span in = span_of(lists[i].in);
		const char *why = "", *want = lists[i].out;
		struct target t;
		int r;

		buf_reset(&b);
		while ((r = target_next(&in, &t, &why)) == 1) {
			buf_addf(&b, "%c(", "ALBPIX"[t.kind]);
			target_text(&t, &b);
			buf_addc(&b, ')');
		}
		if (want[0] == '!' ? r != -1 || !strstr(why, want + 1) :
		    r != 0 || in.n || !span_eq(buf_span(&b), span_of(want)))
			fail_msg("case %zu: %s: %.*s %s", i, lists[i].in,
			    SPAN_ARG(buf_span(&b)), why);
	}
	buf_free(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_lists) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
