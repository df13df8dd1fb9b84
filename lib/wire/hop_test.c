#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include "wire/hop.h"

static void
parsed(void **state)
{
	static const struct {
		const char *in, *out;	/* NULL: refused */
	} row[] = {
		{ "mx", "0  25 0" },
		{ "mx:far.test", "0 far.test 25 0" },
		{ "mx:[192.0.2.1]", "0 192.0.2.1 25 0" },
		{ "mx:[IPv6:2001:db8::1]", "0 2001:db8::1 25 0" },
		{ "mx:[x]", NULL },
		{ "mx:", NULL },
		{ "smtp://127.0.0.1:2525", "1 127.0.0.1 2525 0" },
		{ "smtp://mail.test", "1 mail.test 25 0" },
		{ "smtp://[2001:db8::1]:26 tls=verify",
		    "1 2001:db8::1 26 3" },
		{ "smtps://mail.test tls=require login=far", "2 mail.test 465 2"
		    " login=far" },
		{ "lmtp://h:24  source=192.0.2.1 helo=a.test", "3 h 24 0 "
		    "source=192.0.2.1 helo=a.test" },
		{ "lmtp+unix:///run/l", "4 /run/l 25 0" },
		{ "mx connections=3 rate=60", "0  25 0 3 60" },
		{ "lmtp+unix:///", NULL },
		{ "smtp://", NULL }, { "smtp://a:0", NULL },
		{ "smtp://a:65536", NULL }, { "smtp://a:25x", NULL },
		{ "smtp://a..b", NULL }, { "smtp://[::1", NULL },
		{ "smtp://a/b", NULL }, { "http://a", NULL }, { "", NULL },
		{ "mx tls=maybe", NULL }, { "mx tls=may tls=may", NULL },
		{ "mx what=1", NULL }, { "mx rate=0", NULL },
		{ "mx login=", NULL }, { "mx source=x", NULL },
	};
	char got[400];
	struct hop h;
	const char *why;
	size_t i;
	int n, r;

	(void)state;
	for (i = 0; i < sizeof row / sizeof *row; i++) {
		why = NULL;
		r = hop_parse(span_of(row[i].in), &h, &why);
		if (r < 0 && row[i].out == NULL && why)
			continue;
		n = snprintf(got, sizeof got, "%d %.*s %u %d", (int)h.scheme,
		    SPAN_ARG(h.host), h.port, (int)h.tls);
		if (h.login.n)
			n += snprintf(got + n, 99, " login=%.*s",
			    SPAN_ARG(h.login));
		if (h.source.n)
			n += snprintf(got + n, 99, " source=%.*s helo=%.*s",
			    SPAN_ARG(h.source), SPAN_ARG(h.helo));
		if (h.rate)
			snprintf(got + n, 99, " %u %u", h.connections,
			    h.rate);
		if (r < 0 || row[i].out == NULL ||
		    strcmp(got, row[i].out) != 0)
			fail_msg("row %zu: %d \"%s\"", i, r, got);
	}
}

static void
keys(void **state)
{
	static const struct {
		const char *route, *domain, *key;
	} row[] = {
		{ "mx", "a.test", "mx:a.test" },
		{ "mx  tls=verify", "a.test", "mx:a.test tls=verify" },
		{ "mx:b.test", "a.test", "mx:b.test" },
		{ "smtp://h:1 rate=2", "a.test", "smtp://h:1 rate=2" },
		{ "mx", "[192.0.2.1]", "mx:[192.0.2.1]" },
	};
	char key[HOP_KEY], domain[HOP_KEY + 1];
	struct hop h;
	const char *why;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof row / sizeof *row; i++)
		if (hop_key(span_of(row[i].route), span_of(row[i].domain),
		    key) < 0 || strcmp(key, row[i].key) != 0 ||
		    hop_parse(span_of(key), &h, &why) < 0)
			fail_msg("row %zu: \"%s\"", i, key);
	memset(domain, 'x', sizeof domain);
	assert_int_equal(hop_key(SPAN("mx"), span_mem(domain,
	    sizeof domain), key), -1);
}

int
main(void)
{
	const struct CMUnitTest test[] = {
		cmocka_unit_test(parsed), cmocka_unit_test(keys)
	};

	return cmocka_run_group_tests(test, NULL, NULL);
}
