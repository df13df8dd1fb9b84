/* PROXY headers: good ones, cut ones, wrong ones. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "wire/proxy.h"

#define SIG "\r\n\r\n\0\r\nQUIT\n"
#define ROW(s) { s, sizeof(s) - 1
static const struct {
	const char *in;
	size_t n;
	int result;
	const char *client;	/* NULL: local */
	unsigned port;
	size_t used;
} t[] = {
	ROW("PROXY TCP4 192.0.2.1 192.0.2.9 1025 25\r\nEHLO"), 1,
	    "192.0.2.1", 1025, 40 },
	ROW("PROXY TCP6 2001:db8::1 2001:db8::2 1 2\r\n"), 1,
	    "2001:db8::1", 1, 40 },
	ROW("PROXY TCP6 ::ffff:192.0.2.1 ::ffff:192.0.2.9 1 2\r\n"), 1,
	    "192.0.2.1", 1, 50 },
	ROW("PROXY UNKNOWN\r\n"), 1, NULL, 0, 15 },
	ROW("PROXY UNKNOWN ffff:: :: 1 2\r\n"), 1, NULL, 0, 29 },
	ROW("PROXY TCP4 192.0.2.1"), 0, NULL, 0, 0 },
	ROW("PRO"), 0, NULL, 0, 0 },
	ROW(""), 0, NULL, 0, 0 },
	ROW("EHLO x\r\n"), -1, NULL, 0, 0 },
	ROW("PROXY TCP4 2001:db8::1 2001:db8::2 1 2\r\n"), -1, NULL, 0, 0 },
	ROW("PROXY TCP6 192.0.2.1 192.0.2.9 1 2\r\n"), -1, NULL, 0, 0 },
	ROW("PROXY TCP4 192.0.2.1 192.0.2.9 65536 25\r\n"), -1, NULL, 0, 0 },
	ROW("PROXY TCP4 192.0.2.1 192.0.2.9 1\r\n"), -1, NULL, 0, 0 },
	ROW("PROXY UDP4 192.0.2.1 192.0.2.9 1 1\r\n"), -1, NULL, 0, 0 },
	ROW(SIG "\x21\x11\0\x0c\xc0\0\2\1\xc0\0\2\x09\x04\x01\0\x19rest"), 1,
	    "192.0.2.1", 1025, 28 },
	ROW(SIG "\x20\x00\0\0"), 1, NULL, 0, 16 },
	ROW(SIG "\x21\x11\0\x0c\xc0\0\2\1"), 0, NULL, 0, 0 },
	ROW(SIG "\x21\x11\0\x04\xc0\0\2\1"), -1, NULL, 0, 0 },
	ROW(SIG "\x31\x11\0\0"), -1, NULL, 0, 0 },
	ROW(SIG "\x22\x11\0\0"), -1, NULL, 0, 0 },
	ROW(SIG "\x21\x11\xff\xff"), -1, NULL, 0, 0 },
};

static void
headers(void **state)
{
	struct proxy_header h;
	struct ip want;
	const char *why = "";
	size_t i;

	(void)state;
	for (i = 0; i < sizeof t / sizeof *t; i++) {
		int r = proxy_parse(span_mem(t[i].in, t[i].n), &h, &why);

		if (r != t[i].result)
			fail_msg("row %zu: %d %s", i, r, why);
		if (r != 1)
			continue;
		if (h.n != t[i].used || h.local != (t[i].client == NULL))
			fail_msg("row %zu: %zu bytes, local %d", i, h.n,
			    h.local);
		if (t[i].client && (ip_parse(span_of(t[i].client), &want) < 0
		    || memcmp(&want, &h.client, sizeof want) != 0 ||
		    h.client_port != t[i].port))
			fail_msg("row %zu: address", i);
	}
}

/* Cut anywhere, a good header needs more; 108 bytes without an end do not. */
static void
cuts(void **state)
{
	struct proxy_header h;
	char many[200];
	const char *why;
	size_t i, k;

	(void)state;
	for (i = 0; i < sizeof t / sizeof *t; i++)
		for (k = 0; t[i].result == 1 && k < t[i].used; k++)
			if (proxy_parse(span_mem(t[i].in, k), &h, &why) != 0)
				fail_msg("row %zu cut at %zu", i, k);
	memset(many, 'x', sizeof many);
	memcpy(many, "PROXY ", 6);
	assert_int_equal(proxy_parse(span_mem(many, 106), &h, &why), 0);
	assert_int_equal(proxy_parse(span_mem(many, 107), &h, &why), -1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(headers), cmocka_unit_test(cuts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
