#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include "wire/sts.h"

static void
records(void **state)
{
	static const struct {
		struct span data;
		int r;
		const char *id;
	} row[] = {
		{ SPAN("\020v=STSv1; id=2016"), 1, "2016" },
		{ SPAN("\x07v=STSv1\x05;id=a"), 1, "a" },
		{ SPAN("\x14v=STSv1;x=y; id=b7; "), 1, "b7" },
		{ SPAN("\x16v=STSv1 ; id=a1 ; id=b"), 1, "a1" },
		{ SPAN(""), 0, "" },
		{ SPAN("\x00"), 0, "" },
		{ SPAN("\x0bv=spf1 -all"), 0, "" },
		{ SPAN("\x08v=STSv12"), 0, "" },
		{ SPAN("\x09xv=STSv1;"), 0, "" },
		{ SPAN("\x07v=STSv1"), -1, "" },
		{ SPAN("\x0bv=STSv1;id="), -1, "" },
		{ SPAN("\x0ev=STSv1;id=a-b"), -1, "" },
		{ SPAN("\x2cv=STSv1;id=123456789012345678901234567890123"),
		    -1, "" },
		{ SPAN("\x2bv=STSv1;id=12345678901234567890123456789012"), 1,
		    "12345678901234567890123456789012" },
		{ SPAN("\x40v=STSv1; id=2016"), 0, "" },
	};
	char id[STS_ID];
	size_t i;
	int r;

	(void)state;
	for (i = 0; i < sizeof row / sizeof *row; i++) {
		id[0] = '\0';
		r = sts_record(row[i].data, id);
		if (r != row[i].r || (r == 1 && strcmp(id, row[i].id) != 0))
			fail_msg("row %zu: %d %s", i, r, id);
	}
}

static void
policies(void **state)
{
	static const struct {
		const char *in;
		int r;
		enum sts_mode mode;
		unsigned age, nmx;
	} row[] = {
		{ "version: STSv1\r\nmode: enforce\r\nmx: a.test\r\n"
		    "max_age: 604800\r\n", 0, STS_ENFORCE, 604800, 1 },
		{ "version:STSv1\nmode:testing\nmx:*.a.test\nmx: b.test \n"
		    "max_age:1", 0, STS_TESTING, 1, 2 },
		{ "version: STSv1\nmode: none\nmax_age: 0\n", 0, STS_NONE, 0,
		    0 },
		{ "max_age: 9999999999\nx_y: z: 1\nmode: enforce\nmx: a\n\n"
		    "mode: none\nversion: STSv1", 0, STS_ENFORCE, STS_AGE, 1 },
		{ "", -1, STS_NONE, 0, 0 },
		{ "version: STSv2\nmode: none\nmax_age: 1\n", -1, STS_NONE, 0,
		    0 },
		{ "version: STSv1\nmode: none\n", -1, STS_NONE, 0, 0 },
		{ "version: STSv1\nmode: enforce\nmax_age: 1\n", -1, STS_NONE,
		    0, 0 },
		{ "version: STSv1\nmode: Enforce\nmx: a\nmax_age: 1\n", -1,
		    STS_NONE, 0, 0 },
		{ "version: STSv1\nmode: enforce\nmx: *\nmax_age: 1\n", -1,
		    STS_NONE, 0, 0 },
		{ "version: STSv1\nmode: enforce\nmx: *.*.a\nmax_age: 1\n",
		    -1, STS_NONE, 0, 0 },
		{ "version: STSv1\nmode: enforce\nmx: a b\nmax_age: 1\n", -1,
		    STS_NONE, 0, 0 },
		{ "version: STSv1\nmode: enforce\nmx: a\nmax_age: -1\n", -1,
		    STS_NONE, 0, 0 },
		{ "version: STSv1\nmode: enforce\nmx: a\nmax_age: "
		    "10000000000\n", -1, STS_NONE, 0, 0 },
		{ "<html>", -1, STS_NONE, 0, 0 },
		{ "version: STSv1\nmode: none\nmax_age: 1\nx: \x01\n", -1,
		    STS_NONE, 0, 0 },
	};
	struct sts_policy p;
	const char *why;
	size_t i;
	int r;

	(void)state;
	for (i = 0; i < sizeof row / sizeof *row; i++) {
		why = "";
		r = sts_parse(span_of(row[i].in), &p, &why);
		if (r != row[i].r || (r == 0 && (p.mode != row[i].mode ||
		    p.max_age != row[i].age || p.nmx != row[i].nmx)))
			fail_msg("row %zu: %d %s", i, r, why);
	}
}

static void
too_many(void **state)
{
	static char text[4096] = "version: STSv1\nmode: none\nmax_age: 1\n";
	struct sts_policy p;
	const char *why;
	size_t i, n = strlen(text);

	(void)state;
	for (i = 0; i < STS_MX; i++)
		n += (size_t)snprintf(text + n, sizeof text - n, "mx: a\n");
	assert_int_equal(sts_parse(span_mem(text, n), &p, &why), 0);
	n += (size_t)snprintf(text + n, sizeof text - n, "mx: a\n");
	assert_int_equal(sts_parse(span_mem(text, n), &p, &why), -1);
}

static void
hosts(void **state)
{
	static const struct {
		const char *host;
		int is;
	} row[] = {
		{ "mx.a.test", 1 }, { "MX.A.TEST", 1 }, { "a.b.test", 1 },
		{ "x-y.B.test", 1 }, { "b.test", 0 }, { "c.a.b.test", 0 },
		{ "amx.a.test", 0 }, { "", 0 }, { "test", 0 },
		{ "a.bb.test", 0 }, { "*.b.test", 1 },
	};
	struct sts_policy p;
	const char *why;
	size_t i;

	(void)state;
	assert_int_equal(sts_parse(SPAN("version: STSv1\nmode: enforce\n"
	    "mx: mx.a.test\nmx: *.b.test\nmax_age: 9\n"), &p, &why), 0);
	for (i = 0; i < sizeof row / sizeof *row; i++)
		if (sts_match(&p, span_of(row[i].host)) != row[i].is)
			fail_msg("row %zu: %s", i, row[i].host);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(records), cmocka_unit_test(policies),
		cmocka_unit_test(too_many), cmocka_unit_test(hosts)
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
