/* ip: what is an address, how it is written, what lies in a network. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "base/ip.h"

static void
test_text(void **state)
{
	static const struct {
		const char *in, *out;		/* NULL: no address */
	} t[] = {
		{ "192.0.2.1", "192.0.2.1" }, { "0.0.0.0", "0.0.0.0" },
		{ "255.255.255.255", "255.255.255.255" }, { "256.0.0.1", NULL },
		{ "1.2.3", NULL }, { "1.2.3.4.5", NULL }, { "1.2.3.", NULL },
		{ "01.2.3.4", NULL }, { "1.2.3.4 ", NULL }, { "", NULL },
		{ "0x1.2.3.4", NULL }, { "16909060", NULL },
		{ "::", "::" }, { "::1", "::1" }, { "1::", "1::" },
		{ "2001:DB8:0:0:1:0:0:1", "2001:db8::1:0:0:1" },
		{ "2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1" },
		{ "1:0:0:2:0:0:0:3", "1:0:0:2::3" },
		{ "::ffff:192.0.2.1", "192.0.2.1" },
		{ "::FFFF:c000:201", "192.0.2.1" },
		{ "1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8" },
		{ "1:2:3:4:5:6:7:8:9", NULL }, { "1:2:3:4:5:6:7", NULL },
		{ "1::2::3", NULL }, { ":1::2", NULL }, { "1:::2", NULL },
		{ "12345::", NULL }, { "fe80::1%eth0", NULL },
		{ "[::1]", NULL },
		{ "64:ff9b::1.2.3.4", "64:ff9b::102:304" },
		{ "::g", NULL }, { "::1.2.3", NULL }, { "1.2.3.4::", NULL },
	};
	char out[IP_TEXT];
	struct ip ip;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof t / sizeof *t; i++) {
		int r = ip_parse(span_of(t[i].in), &ip);

		if (r != (t[i].out ? 0 : -1))
			fail_msg("case %zu: %s", i, t[i].in);
		if (r == 0)
			ip_format(&ip, out);
		if (r == 0 && strcmp(out, t[i].out) != 0)
			fail_msg("case %zu: %s is %s", i, t[i].in, out);
	}
	assert_int_equal(ip_parse(SPAN("1.2.3.4\0"), &ip), -1);
	memset(ip.b, 0xff, sizeof ip.b);
	ip_format(&ip, out);
	assert_int_equal(strlen(out), 39);
}

static void
test_net(void **state)
{
	static const struct {
		const char *net, *ip;
		int in;				/* -1: no network */
	} t[] = {
		{ "192.0.2.0/24", "192.0.2.255", 1 },
		{ "192.0.2.0/24", "192.0.3.0", 0 },
		{ "192.0.2.0/24", "::192.0.2.1", 0 },
		{ "192.0.2.128/25", "192.0.2.127", 0 },
		{ "192.0.2.7", "192.0.2.7", 1 },
		{ "192.0.2.7", "192.0.2.6", 0 },
		{ "0.0.0.0/0", "203.0.113.9", 1 }, { "0.0.0.0/0", "::1", 0 },
		{ "::/0", "203.0.113.9", 1 }, { "::/0", "::1", 1 },
		{ "2001:db8::/32", "2001:db8:ffff::1", 1 },
		{ "2001:db8::/32", "2001:db9::", 0 },
		{ "2001:db8::/127", "2001:db8::1", 1 },
		{ "2001:db8::/127", "2001:db8::2", 0 },
		{ "::1/128", "::1", 1 }, { "::ffff:192.0.2.0/120",
		    "192.0.2.9", 1 },
		{ "192.0.2.1/24", "::", -1 }, { "2001:db8::1/64", "::", -1 },
		{ "192.0.2.0/33", "::", -1 }, { "::/129", "::", -1 },
		{ "192.0.2.0/", "::", -1 }, { "192.0.2.0/-1", "::", -1 },
		{ "192.0.2.0/24/24", "::", -1 }, { "/24", "::", -1 },
		{ "", "::", -1 }, { "192.0.2.0/24 ", "::", -1 },
	};
	struct ip_net net;
	struct ip ip;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof t / sizeof *t; i++) {
		int r = ip_net_parse(span_of(t[i].net), &net);

		if (r != (t[i].in < 0 ? -1 : 0))
			fail_msg("case %zu: %s", i, t[i].net);
		if (r == 0 && (ip_parse(span_of(t[i].ip), &ip) < 0 ||
		    ip_in_net(&ip, &net) != t[i].in))
			fail_msg("case %zu: %s in %s", i, t[i].ip, t[i].net);
	}
}

static void
test_kind(void **state)
{
	static const struct {
		const char *in;
		int v4, loopback;
	} t[] = {
		{ "127.0.0.1", 1, 1 }, { "127.255.0.9", 1, 1 },
		{ "128.0.0.1", 1, 0 }, { "::1", 0, 1 }, { "::", 0, 0 },
		{ "::127.0.0.1", 0, 0 }, { "::ffff:127.0.0.1", 1, 1 },
		{ "1::1", 0, 0 },
	};
	struct ip ip, m;
	size_t i, bit;

	(void)state;
	for (i = 0; i < sizeof t / sizeof *t; i++)
		if (ip_parse(span_of(t[i].in), &ip) < 0 ||
		    ip_is_v4(&ip) != t[i].v4 ||
		    ip_is_loopback(&ip) != t[i].loopback)
			fail_msg("case %zu: %s", i, t[i].in);
	memset(ip.b, 0xff, sizeof ip.b);
	for (i = 0; i <= 130; i++) {
		m = ip_masked(&ip, (unsigned)i);
		for (bit = 0; bit < 128; bit++)
			if ((m.b[bit / 8] >> (7 - bit % 8) & 1) != (bit < i))
				fail_msg("/%zu: bit %zu", i, bit);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_text), cmocka_unit_test(test_net),
		cmocka_unit_test(test_kind)
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
