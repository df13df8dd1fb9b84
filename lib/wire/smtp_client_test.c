#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "wire/smtp_client.h"

static void
replies(void **state)
{
	static const struct {
		const char *in;
		int result;
		const char *out;	/* kind code enhanced text, or a word */
		size_t left;
	} row[] = {
		{ "250 ok\r\n", 1, "done 250 2.0.0 ok", 0 },
		{ "250\r\n", 1, "done 250 2.0.0 ", 0 },
		{ "250 ok\nnext", 1, "done 250 2.0.0 ok", 4 },
		{ "250-a\r\n250-b\r\n250 c\r\n", 1, "done 250 2.0.0 a b c", 0 },
		{ "550 5.1.1 nobody\r\n", 1, "never 550 5.1.1 nobody", 0 },
		{ "550-5.1.1 no\r\n550 5.1.1 body\r\n", 1,
		    "never 550 5.1.1 no body", 0 },
		{ "450 5.1.1 odd\r\n", 1, "later 450 4.0.0 5.1.1 odd", 0 },
		{ "550 5.1234.1 odd\r\n", 1, "never 550 5.0.0 5.1234.1 odd",
		    0 },
		{ "354 go\r\n", 1, "done 354 2.0.0 go", 0 },
		{ "421 4.3.2 \a\x1b[31m\r\n", 1, "later 421 4.3.2 ??[31m", 0 },
		{ "250 a\rb\r\n", 1, "done 250 2.0.0 a?b", 0 },
		{ "250 a", 0, "", 0 },
		{ "25", 0, "", 0 },
		{ "250-a\r\n251 b\r\n", -1, "several codes", 0 },
		{ "ok\r\n", -1, "no code", 0 },
		{ "150 x\r\n", -1, "no code", 0 },
		{ "650 x\r\n", -1, "no code", 0 },
		{ "250x\r\n", -1, "without space", 0 },
		{ "\r\n", -1, "without a code", 0 },
		{ "25\r\n", -1, "without a code", 0 },
	};
	static struct reply r;
	char got[700];
	struct verdict v;
	struct span in;
	const char *why;
	size_t i, cut;
	int k;

	(void)state;
	for (i = 0; i < sizeof row / sizeof *row; i++)
		for (cut = 0; cut <= strlen(row[i].in); cut++) {
			r = (struct reply){ 0 };
			why = "";
			in = span_sub(span_of(row[i].in), 0, cut);
			k = reply_next(&r, &in, &why);
			if (k == 0) {
				assert_int_equal(in.n, 0);
				in = span_from(span_of(row[i].in), cut);
				k = reply_next(&r, &in, &why);
			} else
				in.n += strlen(row[i].in) - cut;
			got[0] = '\0';
			if (k == 1) {
				v = reply_verdict(&r);
				snprintf(got, sizeof got, "%s %u %s %s",
				    verdict_name(v.kind), v.code, v.enhanced,
				    v.text);
			}
			if (k != row[i].result || (k == 1 &&
			    (strcmp(got, row[i].out) != 0 ||
			    in.n != row[i].left)) ||
			    (k < 0 && strstr(why, row[i].out) == NULL))
				fail_msg("row %zu cut %zu: %d \"%s\" %s", i,
				    cut, k, got, why);
		}
}

static void
bounds(void **state)
{
	static unsigned char b[1 << 20];
	static struct reply r;
	struct span in = span_mem(b, sizeof b);
	const char *why;
	size_t i;

	(void)state;
	memset(b, 'x', sizeof b);
	memcpy(b, "250 ", 4);
	assert_int_equal(reply_next(&r, &in, &why), -1);
	assert_true(in.n >= sizeof b - REPLY_BYTES - 1);
	for (i = 0; i + 7 < sizeof b; i += 7)
		memcpy(b + i, "250-a\r\n", 7);
	r = (struct reply){ 0 };
	in = span_mem(b, sizeof b);
	assert_int_equal(reply_next(&r, &in, &why), -1);
	assert_non_null(strstr(why, "100 lines"));
}

static void
caps(void **state)
{
	static const char text[] = "250-peer.test PIPELINING\r\n"
	    "250-size 1000\r\n250-8bitmime\r\n250-DSN\r\n250-STARTTLS x\r\n"
	    "250-AUTH PLAIN scram-sha-256 GSSAPI\r\n250-AUTH=LOGIN\r\n"
	    "250-XYZ\r\n250-chunking\r\n250 SMTPUTF8\r\n";
	static struct reply r;
	struct span in = SPAN(text), name;
	struct smtp_caps c;
	const char *why;

	(void)state;
	assert_int_equal(reply_next(&r, &in, &why), 1);
	smtp_caps_read(&r, &c);
	assert_int_equal(c.has, CAP_SIZE | CAP_8BITMIME | CAP_DSN |
	    CAP_STARTTLS | CAP_SMTPUTF8 | CAP_CHUNKING);
	assert_int_equal(c.mechs, MECH_PLAIN | MECH_SCRAM | MECH_LOGIN);
	assert_int_equal(c.size, 1000);
	name = reply_name(&r);
	assert_memory_equal(name.p, "peer.test", name.n);
}

int
main(void)
{
	const struct CMUnitTest test[] = {
		cmocka_unit_test(replies), cmocka_unit_test(bounds),
		cmocka_unit_test(caps)
	};

	return cmocka_run_group_tests(test, NULL, NULL);
}
