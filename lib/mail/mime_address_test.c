/* mime_address: RFC 5322 A.1, A.5, A.6 and what real mail has instead. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "mail/mime_address.h"

/* out: name|route|local|domain, groups as {name and }; each ends with ; */
static const struct {
	const char *in, *out;
} cases[] = {
	{ "", "" }, { " ,, ;", "" }, { "(only a comment)", "" },
	{ "a@b", "||a|b;" }, { " a@b , c@d ", "||a|b;||c|d;" },
	{ "John Doe <jdoe@machine.example>",
	    "John Doe||jdoe|machine.example;" },
	{ "\"Joe Q. Public\" <john.q.public@example.com>",
	    "Joe Q. Public||john.q.public|example.com;" },
	{ "\"Giant; \\\"Big\\\" Box\" <sysservices@example.net>",
	    "Giant; \"Big\" Box||sysservices|example.net;" },
	{ "Who? <one@y.test>", "Who?||one|y.test;" },
	{ "A Group:Ed Jones <c@a.test>,joe@where.test,John <jdoe@one.test>;",
	    "{A Group;Ed Jones||c|a.test;||joe|where.test;John||jdoe|one.test;"
	    "};" },
	{ "Undisclosed recipients:;", "{Undisclosed recipients;};" },
	{ "Pete(A nice \\) chap) <pete(his account)@silly.test(his host)>",
	    "Pete||pete|silly.test;" },
	{ "A Group(Some people)\n     :Chris Jones <c@(Chris's host.)public."
	    "example>,\n         joe@example.org,\n  John <jdoe@one.test> (my "
	    "dear friend); (the end of the group)",
	    "{A Group;Chris Jones||c|public.example;||joe|example.org;"
	    "John||jdoe|one.test;};" },
	{ "(Empty list)(start)Hidden recipients  :(nobody(that I know))  ;",
	    "{Hidden recipients;};" },
	{ "Joe Q. Public <john . q .  public@example.com>",
	    "Joe Q. Public||john.q.public|example.com;" },
	{ "Mary Smith <@node.test:mary@example.net>, , jdoe@test  . example",
	    "Mary Smith|@node.test|mary|example.net;||jdoe|test.example;" },
	{ "<@a,@b ,@c:d@e>", "|@a,@b,@c|d|e;" },
	{ "a@b (Full Name)", "Full Name||a|b;" },
	{ "a@b (x) (Full (nested) Name)", "Full (nested) Name||a|b;" },
	{ "X <a@b> (Full Name)", "X||a|b;" },
	{ "<a@b> (Full Name)", "Full Name||a|b;" },
	{ "\"a b\"@c", "||a b|c;" }, { "\"a\\\"b\"@c", "||a\"b|c;" },
	{ "x.\"y z\"@c", "||x.y z|c;" },
	{ "a@[192.0.2.1]", "||a|[192.0.2.1];" },
	{ "a@[IPv6:2001:db8::1]", "||a|[IPv6:2001:db8::1];" },
	{ "=?utf-8?q?J=C3=BCrgen?= <j@b>", "=?utf-8?q?J=C3=BCrgen?=||j|b;" },
	{ "J\303\274rgen <j@b>", "J\303\274rgen||j|b;" },
	/* not as the RFC has it */
	{ "undisclosed", "||undisclosed|;" }, { "John Doe", "||John Doe|;" },
	{ "john@doe.test <x@y>", "john@doe.test||x|y;" },
	{ "John Doe [CEO] <x@y>", "John Doe [CEO]||x|y;" },
	{ "Doe, John <x@y>", "||Doe|;John||x|y;" },
	{ "<>", "|||;" }, { "X <>", "X|||;" }, { "<a>", "||a|;" },
	{ "<a@b", "||a|b;" }, { "<a@b, c@d", "||a|b;||c|d;" },
	{ "X <a@b>> y, c@d", "X||a|b;||c|d;" }, { "\"a", "||a|;" },
	{ "\"a@b", "||a@b|;" }, { "(a", "" }, { "a@b (c", "c||a|b;" },
	{ "a@b@c", "||a|bc;" }, { "@b", "|||b;" }, { "a@", "||a|;" },
	{ "G: a@b", "{G;||a|b;};" }, { "G: a@b, H: c@d;",
	    "{G;||a|b;||H: c|d;};" },
	{ "a@b; c@d", "||a|b;||c|d;" }, { ">", "" }, { ") , a@b", "||a|b;" },
	{ ":;", "{;};" }, { "a@b c@d", "||a|b;" }, { "A..B@c", "||A..B|c;" },
	{ "a.@b", "||a.|b;" }, { "X <a b@c>", "X||a b|c;" },
	{ "mailto:x@y", "{mailto;||x|y;};" },
	{ "\"A\" \"B\" <a@b>", "A B||a|b;" },
	{ "A \"B\"C <a@b>", "A BC||a|b;" },
};

static void
add(struct buf *b, const struct mime_address *a)
{
	if (a->kind == MIME_GROUP_END)
		buf_addc(b, '}');
	if (a->kind == MIME_GROUP)
		buf_addc(b, '{');
	if (a->kind != MIME_GROUP_END)
		buf_addspan(b, buf_span(&a->name));
	if (a->kind == MIME_MAILBOX) {
		buf_addc(b, '|');
		buf_addspan(b, buf_span(&a->route));
		buf_addc(b, '|');
		buf_addspan(b, buf_span(&a->local));
		buf_addc(b, '|');
		buf_addspan(b, buf_span(&a->domain));
	}
	buf_addc(b, ';');
}

static void
test_lists(void **state)
{
	struct buf b = { .max = 10000 };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct span in = span_of(cases[i].in);
		struct mime_address a = { 0 };

		buf_reset(&b);
		while (mime_address_next(&in, &a) == 1)
			add(&b, &a);
		if (!span_eq(buf_span(&b), span_of(cases[i].out)))
			fail_msg("case %zu: %.*s", i, SPAN_ARG(buf_span(&b)));
		mime_address_free(&a);
	}
	buf_free(&b);
}

/* 500,000 addresses, and what nests, in linear time. */
static void
test_many(void **state)
{
	static const char *const part[] = {
		"a@b,", "(", "\"", "<", "<@a:", "G:", "a ", "[", "\\", "(a)",
		"@", ";"
	};
	struct buf b = { .max = 4 << 20 };
	struct mime_address a = { 0 };
	struct span in;
	size_t i, k;

	(void)state;
	for (i = 0; i < sizeof part / sizeof *part; i++) {
		buf_reset(&b);
		for (k = 0; k < 500000; k++)
			buf_adds(&b, part[i]);
		in = buf_span(&b);
		for (k = 0; mime_address_next(&in, &a) == 1; k++)
			;
		if (i == 0)
			assert_int_equal(k, 500000);
	}
	mime_address_free(&a);
	buf_free(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lists), cmocka_unit_test(test_many)
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
