/* trace: the Received field to the byte, and what a hostile peer says. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "mail/trace.h"

#define DATE ";\r\n\tSun, 22 Nov 2026 02:03:22 +0000\r\n"

static const struct {
	enum mail_class class;
	const char *arg, *client, *helo, *proto, *tls, *rcpt, *out;
} cases[] = {
	{ CLASS_STRANGER, "", "192.0.2.7", "sender.test", "ESMTP", "", "",
	    "Received: from sender.test ([192.0.2.7])\r\n"
	    "\tby mx.example.test with ESMTP\r\n\tid I" DATE },
	{ CLASS_NET, "", "2001:db8::1", "[IPv6:2001:db8::1]", "ESMTPS",
	    "TLSv1.3 TLS_AES_256_GCM_SHA384", "a@b.example",
	    "Received: from [IPv6:2001:db8::1] ([IPv6:2001:db8::1])\r\n"
	    "\tby mx.example.test with ESMTPS\r\n"
	    "\t(TLSv1.3 cipher TLS_AES_256_GCM_SHA384)\r\n\tid I\r\n"
	    "\tfor <a@b.example>" DATE },
	{ CLASS_USER, "alice@example.test", "192.0.2.7", "[192.0.2.7]",
	    "ESMTPSA", "TLSv1.2 ECDHE-RSA-AES128-GCM-SHA256", "",
	    "Received: from unknown\r\n\tby mx.example.test with ESMTPSA\r\n"
	    "\t(TLSv1.2 cipher ECDHE-RSA-AES128-GCM-SHA256)\r\n\tid I" DATE },
	{ CLASS_LOCAL, "1000", "", "", "", "", "a@b.example",
	    "Received: by mx.example.test (correo, from userid 1000)\r\n"
	    "\tid I\r\n\tfor <a@b.example>" DATE },
	{ CLASS_REPORT, "P", "", "", "", "", "",
	    "Received: by mx.example.test (correo)\r\n\tid I" DATE },
	{ CLASS_STRANGER, "", "192.0.2.7", "", "SMTP", "", "",
	    "Received: from unknown ([192.0.2.7])\r\n"
	    "\tby mx.example.test with SMTP\r\n\tid I" DATE },
	/* what is hostile */
	{ CLASS_STRANGER, "", "192.0.2.7", "a)\r\nX: (y\\;\t<\303\251>\377",
	    "E\r\nX:", "T\r (x)", "a@b>\r\nX: y",
	    "Received: from a???X:??y????\303\251?? ([192.0.2.7])\r\n"
	    "\tby mx.example.test with E??X?\r\n\t(T? cipher ?x?)\r\n"
	    "\tid I" DATE },
	{ CLASS_STRANGER, "", "192.0.2.7", "\302\205\303", "SMTP", "x", "a\377",
	    "Received: from ??? ([192.0.2.7])\r\n"
	    "\tby mx.example.test with SMTP\r\n\tid I" DATE },
	{ CLASS_LOCAL, "1)\n", "", "", "", "", "",
	    "Received: by mx.example.test (correo, from userid 1?\?)\r\n"
	    "\tid I" DATE },
};

static void
test_received(void **state)
{
	struct buf b = { .max = 4096 };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct trace t = { cases[i].class, span_of(cases[i].arg),
		    span_of(cases[i].client), span_of(cases[i].helo),
		    span_of(cases[i].proto), span_of(cases[i].tls),
		    span_of(cases[i].rcpt), "mx.example.test", "I",
		    1795313002 };

		buf_reset(&b);
		if (trace_received(&b, &t) < 0 ||
		    !span_eq(buf_span(&b), span_of(cases[i].out)))
			fail_msg("case %zu:\n%.*s", i, SPAN_ARG(buf_span(&b)));
	}
	buf_free(&b);
}

static void
test_long(void **state)
{
	char helo[5000];
	struct trace t = { .helo = { (unsigned char *)helo, sizeof helo },
	    .hostname = "h", .id = "i" };
	struct buf b = { .max = 4096 };

	(void)state;
	memset(helo, 'x', sizeof helo);
	t.tls = t.proto = t.client = t.rcpt = t.helo;
	t.client.n = 45;
	assert_int_equal(trace_received(&b, &t), 0);
	assert_true(b.n < 1100);
	buf_free(&b);
	b.max = 20;
	assert_int_equal(trace_received(&b, &t), -1);
	buf_free(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_received), cmocka_unit_test(test_long)
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
