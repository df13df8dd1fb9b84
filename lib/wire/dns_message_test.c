#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include "base/buf.h"
#include "base/encode.h"
#include "wire/dns_message.h"

/* Messages in words: xHH… bytes, "name/" a whole name, @N a pointer. */
static struct dns_answer a;

static void
add_name(struct buf *b, struct span name)
{
	struct span label;

	while (name.n) {
		span_cut(&name, '.', &label);
		buf_addc(b, (unsigned char)label.n);
		buf_addspan(b, label);
	}
	buf_addc(b, 0);
}

/* Header with n answers, and the question q.test of a type. */
static void
begin(struct buf *b, unsigned rcode, int ad, unsigned type, unsigned n)
{
	unsigned char h[12] = { 0, 1, 0x81, (unsigned char)(rcode |
	    (ad ? 0x20 : 0)), 0, 1, (unsigned char)(n >> 8),
	    (unsigned char)n, 0, 0, 0, 0 };

	buf_reset(b);
	buf_add(b, h, sizeof h);
	add_name(b, SPAN("q.test"));
	buf_addc(b, 0);
	buf_addc(b, (unsigned char)type);
	buf_add(b, "\0\1", 2);
}

static void
record(struct buf *b, const char *name, unsigned type, struct span data)
{
	if (name == NULL)
		buf_add(b, "\xc0\x0c", 2);
	else
		add_name(b, span_of(name));
	buf_addc(b, 0);
	buf_addc(b, (unsigned char)type);
	buf_add(b, "\0\1\0\0\1\0", 6);
	buf_addc(b, (unsigned char)(data.n >> 8));
	buf_addc(b, (unsigned char)data.n);
	buf_addspan(b, data);
}

static int
parse(const struct buf *b, unsigned type)
{
	const char *why;

	return dns_parse(buf_span(b), "Q.test.", type, &a, &why);
}

static void
answers(void **state)
{
	struct buf b = { .max = 65536 };

	(void)state;
	begin(&b, 0, 1, DNS_MX, 3);
	record(&b, NULL, DNS_MX, SPAN("\0\12\2mx\xc0\x0c"));
	record(&b, "Q.TEST", DNS_MX, SPAN("\0\5\1M\4test\0"));
	record(&b, "other.test", DNS_MX, SPAN("\0\1\1x\0"));
	assert_int_equal(parse(&b, DNS_MX), 0);
	assert_int_equal(a.n, 2);
	assert_true(a.secure);
	assert_string_equal(a.record[0].name, "mx.q.test");
	assert_int_equal(a.record[0].preference, 10);
	assert_string_equal(a.record[1].name, "m.test");
	begin(&b, 0, 0, DNS_MX, 1);
	record(&b, NULL, DNS_MX, SPAN("\0\0\0"));
	assert_int_equal(parse(&b, DNS_MX), 0);
	assert_int_equal(a.n, 1);
	assert_string_equal(a.record[0].name, "");
	assert_false(a.secure);
	/* a chain that stands in the wrong order */
	begin(&b, 0, 0, DNS_A, 3);
	record(&b, "c.test", DNS_A, SPAN("\300\0\2\1"));
	record(&b, "b.test", DNS_CNAME, SPAN("\1c\4test\0"));
	record(&b, NULL, DNS_CNAME, SPAN("\1b\4test\0"));
	assert_int_equal(parse(&b, DNS_A), 0);
	assert_int_equal(a.n, 1);
	assert_true(a.alias);
	assert_string_equal(a.name, "c.test");
	begin(&b, 3, 0, DNS_A, 0);
	assert_int_equal(parse(&b, DNS_A), 0);
	assert_int_equal(a.rcode, DNS_NXDOMAIN);
	/* records of odd lengths and hosts that no host has are left out */
	begin(&b, 0, 0, DNS_A, 1);
	record(&b, NULL, DNS_A, SPAN("\1\2\3"));
	assert_int_equal(parse(&b, DNS_A), 0);
	assert_int_equal(a.n, 0);
	begin(&b, 0, 0, DNS_MX, 2);
	record(&b, NULL, DNS_MX, SPAN("\0\1\3a b\0"));
	record(&b, NULL, DNS_MX, SPAN("\0\1\1a\0x"));
	assert_int_equal(parse(&b, DNS_MX), 0);
	assert_int_equal(a.n, 0);
	buf_free(&b);
}

static void
hostile(void **state)
{
	struct buf b = { .max = 1 << 20 };
	unsigned i;
	size_t n;

	(void)state;
	/* pointers to themselves, forward, in a ring */
	begin(&b, 0, 0, DNS_MX, 1);
	record(&b, NULL, DNS_MX, SPAN("\0\1\xc0\x26"));
	assert_int_equal(parse(&b, DNS_MX), 0);
	assert_int_equal(a.n, 0);
	begin(&b, 0, 0, DNS_CNAME, 1);
	record(&b, NULL, DNS_CNAME, SPAN("\xff\xff"));
	assert_int_equal(parse(&b, DNS_CNAME), 0);
	/* a CNAME ring, and a record cut short at each byte */
	begin(&b, 0, 0, DNS_A, 2);
	record(&b, NULL, DNS_CNAME, SPAN("\1b\4test\0"));
	record(&b, "b.test", DNS_CNAME, SPAN("\1q\4test\0"));
	assert_int_equal(parse(&b, DNS_A), -1);
	begin(&b, 0, 0, DNS_A, 1);
	record(&b, NULL, DNS_A, SPAN("\1\2\3\4"));
	for (n = b.n; n-- > 0;) {
		b.n = n;
		assert_int_equal(parse(&b, DNS_A), -1);
	}
	/* a thousand of them */
	begin(&b, 0, 0, DNS_MX, 1000);
	for (i = 0; i < 1000; i++)
		record(&b, NULL, DNS_MX, SPAN("\0\1\1a\0"));
	assert_int_equal(parse(&b, DNS_MX), 0);
	assert_int_equal(a.n, DNS_FOUND);
	/* another question's answer */
	begin(&b, 0, 0, DNS_A, 0);
	assert_int_equal(parse(&b, DNS_MX), -1);
	b.p[2] = 0;
	assert_int_equal(parse(&b, DNS_A), -1);
	buf_free(&b);
}

static void
questions(void **state)
{
	static const struct {
		const char *name;
		size_t n;
	} row[] = {
		{ "a.test", 12 + 8 + 4 + 11 }, { "a.test.", 12 + 8 + 4 + 11 },
		{ "", 12 + 1 + 4 + 11 }, { "a..test", 0 }, { ".a", 0 },
		{ "1234567890123456789012345678901234567890123456789012345678"
		    "901234.test", 0 },
	};
	unsigned char q[320];
	char longest[400];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof row / sizeof *row; i++)
		if (dns_question(q, 7, row[i].name, DNS_MX, 1) != row[i].n)
			fail_msg("row %zu", i);
	for (i = 0; i < 398; i += 2)
		memcpy(longest + i, "a.", 3);
	assert_int_equal(dns_question(q, 7, longest, DNS_MX, 1), 0);
	longest[254] = '\0';
	assert_true(dns_question(q, 7, longest, DNS_MX, 1) > 0);
}

int
main(void)
{
	const struct CMUnitTest test[] = {
		cmocka_unit_test(answers), cmocka_unit_test(hostile),
		cmocka_unit_test(questions)
	};

	return cmocka_run_group_tests(test, NULL, NULL);
}
