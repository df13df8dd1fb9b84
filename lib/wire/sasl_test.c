/* The messages of PLAIN and SCRAM: what is taken, and what is not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "wire/sasl.h"

static void
plain(void **state)
{
	static const struct {
		const char *in;
		size_t n;
		const char *authzid, *authcid, *password;
	} t[] = {
		{ "\0tim\0tanstaaftanstaaf", 21, "", "tim",
		    "tanstaaftanstaaf" },	/* RFC 4616 4 */
		{ "Ursel\0Kurt\0xipj3plmq", 20, "Ursel", "Kurt", "xipj3plmq" },
		{ "\0a\0b", 4, "", "a", "b" },
		{ "\0\0b", 3, NULL, NULL, NULL },
		{ "\0a\0", 3, NULL, NULL, NULL },
		{ "a\0b", 3, NULL, NULL, NULL },
		{ "\0a\0b\0c", 6, NULL, NULL, NULL },
		{ "\0\xff\0b", 4, NULL, NULL, NULL },
		{ "", 0, NULL, NULL, NULL },
	};
	struct span z, c, p;
	const char *why;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof t / sizeof *t; i++) {
		int r = sasl_plain(span_mem(t[i].in, t[i].n), &z, &c, &p,
		    &why);

		if (r != (t[i].authcid ? 0 : -1))
			fail_msg("row %zu: %d", i, r);
		if (r == 0 && (!span_eq(z, span_of(t[i].authzid)) ||
		    !span_eq(c, span_of(t[i].authcid)) ||
		    !span_eq(p, span_of(t[i].password))))
			fail_msg("row %zu: parts", i);
	}
}

static void
first(void **state)
{
	static const struct {
		const char *in, *name, *nonce, *gs2, *binding;
	} t[] = {
		{ "n,,n=user,r=fyko+d2lbbFgONRv9qkxdawL", "user",
		    "fyko+d2lbbFgONRv9qkxdawL", "n,,", "" },
		{ "p=tls-exporter,a=x,n=u,r=a,ext=1", "u", "a",
		    "p=tls-exporter,a=x,", "tls-exporter" },
		{ "y,,n=a=2Cb,r=z", "a=2Cb", "z", "y,,", "" },
		{ "n,,m=1,n=u,r=a", NULL, NULL, NULL, NULL },
		{ "q,,n=u,r=a", NULL, NULL, NULL, NULL },
		{ "n,n=u,r=a", NULL, NULL, NULL, NULL },
		{ "n,,n=,r=a", NULL, NULL, NULL, NULL },
		{ "n,,n=u,r=", NULL, NULL, NULL, NULL },
		{ "n,,n=u", NULL, NULL, NULL, NULL },
		{ "p=,,n=u,r=a", NULL, NULL, NULL, NULL },
		{ "", NULL, NULL, NULL, NULL },
	};
	struct scram_first f;
	const char *why;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof t / sizeof *t; i++) {
		int r = scram_first_parse(span_of(t[i].in), &f, &why);

		if (r != (t[i].name ? 0 : -1))
			fail_msg("row %zu: %d", i, r);
		if (r == 0 && (!span_eq(f.name, span_of(t[i].name)) ||
		    !span_eq(f.nonce, span_of(t[i].nonce)) ||
		    !span_eq(f.gs2, span_of(t[i].gs2)) ||
		    !span_eq(f.binding_name, span_of(t[i].binding))))
			fail_msg("row %zu: parts", i);
	}
}

static void
server(void **state)
{
	static const struct {
		const char *in, *nonce, *salt;
		unsigned iterations;	/* 0: refused */
	} t[] = {
		{ "r=abc,s=QUJD,i=4096", "abc", "QUJD", 4096 },
		{ "r=abc,s=QUJD,i=1000000,x=y", "abc", "QUJD", 1000000 },
		{ "r=abc,s=QUJD,i=1000001", "", "", 0 },
		{ "r=abc,s=QUJD,i=0", "", "", 0 },
		{ "r=abc,s=QUJD,i=", "", "", 0 },
		{ "r=abc,s=QUJD", "", "", 0 },
		{ "r=abc,i=4096", "", "", 0 },
		{ "s=QUJD,r=abc,i=4096", "", "", 0 },
		{ "m=x,r=abc,s=QUJD,i=4096", "", "", 0 },
		{ "r=,s=QUJD,i=4096", "", "", 0 },
		{ "e=other-error", "", "", 0 },
		{ "", "", "", 0 },
	};
	struct scram_server m;
	const char *why;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof t / sizeof *t; i++) {
		int r = scram_server_parse(span_of(t[i].in), &m, &why);

		if (r != (t[i].iterations ? 0 : -1))
			fail_msg("row %zu: %d", i, r);
		if (r == 0 && (!span_eq(m.nonce, span_of(t[i].nonce)) ||
		    !span_eq(m.salt, span_of(t[i].salt)) ||
		    m.iterations != t[i].iterations))
			fail_msg("row %zu: parts", i);
	}
}

static void
final(void **state)
{
	static const struct {
		const char *in, *proof, *without;
	} t[] = {
		{ "c=biws,r=abc,p=v0X8", "v0X8", "c=biws,r=abc" },
		{ "c=biws,r=abc,x=y,p=v0X8", "v0X8", "c=biws,r=abc,x=y" },
		{ "c=biws,r=abc", NULL, NULL },
		{ "r=abc,c=biws,p=x", NULL, NULL },
		{ "c=biws,r=,p=x", NULL, NULL },
		{ "c=biws,p=x", NULL, NULL },
		{ "", NULL, NULL },
	};
	struct scram_final f;
	const char *why;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof t / sizeof *t; i++) {
		int r = scram_final_parse(span_of(t[i].in), &f, &why);

		if (r != (t[i].proof ? 0 : -1))
			fail_msg("row %zu: %d", i, r);
		if (r == 0 && (!span_eq(f.proof, span_of(t[i].proof)) ||
		    !span_eq(f.without_proof, span_of(t[i].without))))
			fail_msg("row %zu: parts", i);
	}
}

static void
names(void **state)
{
	struct buf b = { .max = 100 };

	(void)state;
	assert_int_equal(sasl_name_decode(&b, SPAN("a=2Cb=3Dc")), 0);
	assert_true(span_eq(buf_span(&b), SPAN("a,b=c")));
	buf_reset(&b);
	assert_int_equal(sasl_name_decode(&b, SPAN("a=2")), -1);
	buf_reset(&b);
	assert_int_equal(sasl_name_decode(&b, SPAN("=41")), -1);
	buf_reset(&b);
	assert_int_equal(sasl_name_encode(&b, SPAN("a,b=c")), 0);
	assert_true(span_eq(buf_span(&b), SPAN("a=2Cb=3Dc")));
	buf_free(&b);
}

int
main(void)
{
	const struct CMUnitTest t[] = {
		cmocka_unit_test(plain), cmocka_unit_test(first),
		cmocka_unit_test(server), cmocka_unit_test(final),
		cmocka_unit_test(names),
	};

	return cmocka_run_group_tests(t, NULL, NULL);
}
