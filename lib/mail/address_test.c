/* address: RFC 5321 4.1.2 and RFC 6531, the limits, the one normal form. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "mail/address.h"

static const struct {
	const char *in;
	unsigned flags;
	const char *normal;		/* NULL: refused, and why has: */
	const char *rest;		/* behind the path; or that word */
} paths[] = {
	{ "<a@b.example>", 0, "a@b.example", "" },
	{ "<a@b.example> SIZE=1", 0, "a@b.example", " SIZE=1" },
	{ "<Alice.B@Example.TEST>", 0, "alice.b@example.test", "" },
	{ "<a@b.example.>", 0, "a@b.example", "" },
	{ "<a@localhost>x", 0, "a@localhost", "x" },
	{ "<!#$%&'*+-/=?^_`{|}~@b.example>", 0,
	    "!#$%&'*+-/=?^_`{|}~@b.example", "" },
	{ "<a%b@c.example>", 0, "a%b@c.example", "" },
	{ "<c!a@b.example>", 0, "c!a@b.example", "" },
	{ "<a@my_host.example>", 0, "a@my_host.example", "" },
	{ "<a@1.2.3.4>", 0, "a@1.2.3.4", "" },
	{ "<a@x--y.example>", 0, "a@x--y.example", "" },
	/* quotes */
	{ "<\"alice\"@b.example>", 0, "alice@b.example", "" },
	{ "<\"A.B\"@b.example>", 0, "a.b@b.example", "" },
	{ "<\"a\\l\\ice\"@b.example>", 0, "alice@b.example", "" },
	{ "<\"a b\"@b.example>", 0, "\"a b\"@b.example", "" },
	{ "<\"a\\ b\"@b.example>", 0, "\"a b\"@b.example", "" },
	{ "<\"a@b\"@c.example>", 0, "\"a@b\"@c.example", "" },
	{ "<\"a>b\"@c.example>", 0, "\"a>b\"@c.example", "" },
	{ "<\"a\\\"b\\\\\"@c.example>", 0, "\"a\\\"b\\\\\"@c.example", "" },
	{ "<\".a\"@c.example>", 0, "\".a\"@c.example", "" },
	{ "<\"a..b\"@c.example>", 0, "\"a..b\"@c.example", "" },
	{ "<\"\"@c.example>", 0, "\"\"@c.example", "" },
	{ "<\"a@c.example>", 0, NULL, "quote" },
	{ "<\"a\tb\"@c.example>", 0, NULL, "printable" },
	{ "<\"a\\\"@c.example>", 0, NULL, "quote" },
	{ "<\"a\\\303\251\"@c.example>", 0, NULL, "printable" },
	{ "<\"a\"b@c.example>", 0, NULL, "local-part@domain" },
	{ "<a\"b\"@c.example>", 0, NULL, "local-part@domain" },
	/* literals */
	{ "<a@[192.0.2.1]>", 0, "a@[192.0.2.1]", "" },
	{ "<a@[IPv6:2001:DB8::0:1]>", 0, "a@[ipv6:2001:db8::1]", "" },
	{ "<a@[ipv6:::ffff:192.0.2.1]>", 0, "a@[192.0.2.1]", "" },
	{ "<a@[2001:db8::1]>", 0, NULL, "literal" },
	{ "<a@[IPv6:192.0.2.1]>", 0, NULL, "literal" },
	{ "<a@[192.0.2.256]>", 0, NULL, "literal" },
	{ "<a@[x400:a]>", 0, NULL, "literal" },
	{ "<a@[]>", 0, NULL, "literal" },
	{ "<a@[192.0.2.1>", 0, NULL, "literal" },
	{ "<a@[192.0.2.1].example>", 0, NULL, "ends in >" },
	/* UTF-8 */
	{ "<J\303\234rgen@B\303\274cher.Example>", 0,
	    "j\303\234rgen@xn--bcher-kva.example", "" },
	{ "<x@XN--Bcher-KVA.example>", 0, "x@xn--bcher-kva.example", "" },
	{ "<x@\342\231\245.example>", 0, "x@\342\231\245.example", "" },
	{ "<\"\303\251\"@c.example>", 0, "\303\251@c.example", "" },
	{ "<a\377@c.example>", 0, NULL, "local-part@domain" },
	{ "<a@c\303.example>", 0, NULL, "labels" },
	/* nothing, postmaster, routes */
	{ "<>", ADDRESS_NULL, "", "" },
	{ "<> BODY=7BIT", ADDRESS_NULL, "", " BODY=7BIT" },
	{ "<>", ADDRESS_POSTMASTER, NULL, "null path" },
	{ "<>", 0, NULL, "null path" },
	{ "<PostMaster>", ADDRESS_POSTMASTER, "postmaster", "" },
	{ "<postmaster@b.example>", ADDRESS_POSTMASTER,
	    "postmaster@b.example", "" },
	{ "<postmasters>", ADDRESS_POSTMASTER, NULL, "local-part@domain" },
	{ "<postmaster>", ADDRESS_NULL, NULL, "local-part@domain" },
	{ "<@a.example,@b.example:c@d.example>", 3, "c@d.example", "" },
	{ "<@a.example:c@d.example>", 3, "c@d.example", "" },
	{ "<@a.example>", 3, NULL, "source route" },
	{ "<@a.example:>", 3, NULL, "atoms" },
	{ "<@a.example,c@d.example>", 3, NULL, "source route" },
	{ "<@a.example,:c@d.example>", 3, NULL, "source route" },
	{ "<@a.example:postmaster>", 3, "postmaster", "" },
	{ "<@:c@d.example>", 3, NULL, "labels" },
	{ "<@a.example@b.example:c@d.example>", 3, NULL, "source route" },
	/* broken */
	{ "", 3, NULL, "begins with <" }, { "a@b.example", 3, NULL,
	    "begins with <" },
	{ "<", 3, NULL, "atoms" }, { "< >", 3, NULL, "atoms" },
	{ "<a@b.example", 0, NULL, "ends in >" },
	{ "<a@b.example >", 0, NULL, "ends in >" },
	{ "<a@b.example\r>", 0, NULL, "ends in >" },
	{ "<a>", 0, NULL, "local-part@domain" },
	{ "<a@>", 0, NULL, "labels" }, { "<a@.b>", 0, NULL, "labels" },
	{ "<a@b..c>", 0, NULL, "labels" }, { "<a@.>", 0, NULL, "labels" },
	{ "<a@-b.example>", 0, NULL, "labels" },
	{ "<a@b-.example>", 0, NULL, "labels" },
	{ "<a@b.example->", 0, NULL, "labels" },
	{ "<.a@b.example>", 0, NULL, "atoms" },
	{ "<a.@b.example>", 0, NULL, "atoms" },
	{ "<a..b@b.example>", 0, NULL, "atoms" },
	{ "<a b@c.example>", 0, NULL, "local-part@domain" },
	{ "<a@b@c.example>", 0, NULL, "ends in >" },
	{ "<a@b,c.example>", 0, NULL, "ends in >" },
	{ "<a(c)@b.example>", 0, NULL, "local-part@domain" },
};

static void
test_paths(void **state)
{
	char out[ADDRESS_MAX + 1];
	struct address a;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof paths / sizeof *paths; i++) {
		struct span in = span_of(paths[i].in);
		const char *why = "";
		int r = address_parse(&in, paths[i].flags, &a, &why);

		if (r != (paths[i].normal ? 1 : -1))
			fail_msg("case %zu: %s: %d %s", i, paths[i].in, r, why);
		if (r < 0 && (strstr(why, paths[i].rest) == NULL ||
		    in.n != strlen(paths[i].in)))
			fail_msg("case %zu: %s: %s", i, paths[i].in, why);
		if (r < 0)
			continue;
		address_normal(&a, out);
		if (strcmp(out, paths[i].normal) != 0 ||
		    !span_eq(in, span_of(paths[i].rest)))
			fail_msg("case %zu: %s is %s", i, paths[i].in, out);
	}
}

static void
test_facts(void **state)
{
	struct address a;
	struct span local, domain;
	const char *why;

	(void)state;
	assert_int_equal(address_mailbox(SPAN("\"x y\"@[192.0.2.1]"), &a,
	    &why), 0);
	assert_true(span_eq(a.local, SPAN("\"x y\"")));
	assert_true(span_eq(a.domain, SPAN("[192.0.2.1]")));
	assert_true(a.literal && !a.utf8);
	assert_int_equal(address_mailbox(SPAN("\303\251@b"), &a, &why), 0);
	assert_true(a.utf8 && !a.literal);
	assert_int_equal(address_mailbox(SPAN("a@b\303\251"), &a, &why), 0);
	assert_true(a.utf8);
	assert_int_equal(address_mailbox(SPAN("a@b>"), &a, &why), -1);
	assert_int_equal(address_mailbox(SPAN("a\0@b"), &a, &why), -1);
	address_split(SPAN("\"a@b\"@c"), &local, &domain);
	assert_true(span_eq(local, SPAN("\"a@b\"")));
	assert_true(span_eq(domain, SPAN("c")));
	address_split(SPAN("root"), &local, &domain);
	assert_true(span_eq(local, SPAN("root")));
	assert_int_equal(domain.n, 0);
}

/* local octets, label octets, labels, quoted; result of mailbox and path */
static void
test_limits(void **state)
{
	static const struct {
		size_t local, label, labels;
		int mailbox, path;
		const char *section;
	} t[] = {
		{ 64, 63, 2, 0, 1, NULL }, { 65, 1, 1, -1, -1, "4.5.3.1.1" },
		{ 1, 64, 1, -1, -1, "4.1.2" }, { 1, 63, 4, 0, -1, "4.5.3.1.3" },
		{ 64, 63, 3, 0, -1, "4.5.3.1.3" },
		{ 62, 63, 3, 0, 1, NULL },		/* 62+1+191+2 */
		{ 63, 63, 3, 0, -1, "4.5.3.1.3" },	/* 257 with <> */
		{ 1, 31, 8, 0, -1, "4.5.3.1.3" },	/* domain of 255 */
		{ 1, 31, 9, -1, -1, "4.5.3.1.2" },
	};
	char text[1024], out[ADDRESS_MAX + 1];
	struct address a;
	size_t i, k, n;

	(void)state;
	for (i = 0; i < sizeof t / sizeof *t; i++) {
		const char *why = "";
		struct span path;

		text[0] = '<';
		memset(text + 1, 'a', n = t[i].local);
		n++;
		for (k = 0; k < t[i].labels; k++) {
			text[n++] = k ? '.' : '@';
			memset(text + n, 'B', t[i].label);
			n += t[i].label;
		}
		text[n++] = '>';
		path = span_mem(text, n);
		if (address_mailbox(span_sub(path, 1, n - 1), &a, &why) !=
		    t[i].mailbox)
			fail_msg("case %zu: mailbox: %s", i, why);
		if (t[i].mailbox == 0)
			address_normal(&a, out);
		if (address_parse(&path, 0, &a, &why) != t[i].path ||
		    (t[i].section && !strstr(why, t[i].section)))
			fail_msg("case %zu: path: %s", i, why);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_paths), cmocka_unit_test(test_facts),
		cmocka_unit_test(test_limits)
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
