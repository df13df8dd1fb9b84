/* param: types, parameters, and the pieces of RFC 2231. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "mail/param.h"

/* out: type/subtype, then name=value of each, with ; behind */
static const struct {
	const char *in, *out;
} cases[] = {
	{ "text/plain", "text/plain;" }, { "", "-;" }, { "text", "-;" },
	{ "text/", "-;" }, { "/plain", "-;" }, { "text plain", "-;" },
	{ " (c) text (d) / (e) plain (f)", "text/plain;" },
	{ "text/plain; charset=us-ascii (Plain text)",
	    "text/plain;charset=us-ascii;" },
	{ "text/plain; charset=\"us-ascii\"", "text/plain;charset=us-ascii;" },
	{ "a/b; x=\"a\\\"b\\\\c\"", "a/b;x=a\"b\\c;" },
	{ "a/b; x=\"a\n b\"", "a/b;x=a b;" }, { "a/b;x=a;y=b", "a/b;x=a;y=b;" },
	{ "a/b; x=a y=b", "a/b;x=a;y=b;" }, { "a/b;; x = a ;", "a/b;x=a;" },
	{ "a/b; x", "a/b;" }, { "a/b; x; y=b", "a/b;y=b;" },
	{ "a/b; =x; y=b", "a/b;y=b;" }, { "a/b; x=", "a/b;x=;" },
	{ "a/b; x=;y=b", "a/b;x=;y=b;" }, { "a/b; x=\"a", "a/b;x=a;" },
	{ "a/b; x=a=b/c@d", "a/b;x=a=b/c@d;" },
	{ "a/b; x=\"\"; y=\"\"", "a/b;x=;y=;" }, { "a/b; (x=1", "a/b;" },
	{ "a/b\n\t; x=a", "a/b;x=a;" }, { "a/b; \"x\"=a; y=b", "a/b;y=b;" },
	{ "a/b; x=\303\251", "a/b;x=\303\251;" },
};

static void
test_params(void **state)
{
	struct buf b = { .max = 1000 };
	struct span in, type, subtype;
	struct param p;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof cases / sizeof *cases; i++) {
		in = span_of(cases[i].in);
		buf_reset(&b);
		if (param_type(&in, &type, &subtype)) {
			buf_addspan(&b, type);
			buf_addc(&b, '/');
			buf_addspan(&b, subtype);
			buf_addc(&b, ';');
			while (param_next(&in, &p)) {
				buf_addspan(&b, p.name);
				buf_addc(&b, '=');
				param_text(&p, &b);
				buf_addc(&b, ';');
			}
		} else
			buf_adds(&b, "-;");
		if (!span_eq(buf_span(&b), span_of(cases[i].out)))
			fail_msg("case %zu: %.*s", i, SPAN_ARG(buf_span(&b)));
	}
	buf_free(&b);
}

static const struct {
	const char *in, *charset, *out;	/* out NULL: not there */
} found[] = {
	{ "; name=a; x=b", "", "b" }, { "; X=b", "", "b" },
	{ "; y=b", "", NULL },
	/* RFC 2231 3, 4, 4.1 */
	{ "; x*0=\"ftp://\"; x*1=\"cs.utk.edu/pub\"", "",
	    "ftp://cs.utk.edu/pub" },
	{ "; x*=us-ascii'en-us'This%20is%20%2A%2A%2Afun%2A%2A%2A", "us-ascii",
	    "This is ***fun***" },
	{ "; x*0*=us-ascii'en'This%20is%20even%20more%20; "
	    "x*1*=%2A%2A%2Afun%2A%2A%2A%20; x*2=\"isn't it!\"", "us-ascii",
	    "This is even more ***fun*** isn't it!" },
	{ "; x*1=b; x*0=a; x*2=c", "", "abc" }, { "; x*1=b", "", NULL },
	{ "; x*0=a; x*2=c", "", "a" }, { "; x*0=a; x*0=b", "", "a" },
	{ "; x*0*=''%zz%4", "", "%zz%4" }, { "; x*=utf-8''%C3%A9", "utf-8",
	    "\303\251" },
	{ "; x*99999999999999999999=a", "", NULL }, { "; x*a=b", "", NULL },
	{ "; xx=a", "", NULL }, { "; x*0=a; x=b", "", "b" },
};

static void
test_find(void **state)
{
	struct buf b = { .max = 100000 };
	struct span charset;
	size_t i, k;

	(void)state;
	for (i = 0; i < sizeof found / sizeof *found; i++) {
		int r;

		buf_reset(&b);
		r = param_find(span_of(found[i].in), "x", &b, &charset);
		if (found[i].out == NULL ? r != 0 : r != 1 ||
		    !span_eq(buf_span(&b), span_of(found[i].out)) ||
		    !span_eq(charset, span_of(found[i].charset)))
			fail_msg("find case %zu: %d %.*s", i, r,
			    SPAN_ARG(buf_span(&b)));
	}
	/* 100,000 pieces: the first hundred are looked at */
	{
		struct buf in = { .max = 4 << 20 };

		for (k = 0; k < 100000; k++)
			buf_addf(&in, "; x*%zu=a", k);
		buf_reset(&b);
		assert_int_equal(param_find(buf_span(&in), "x", &b, &charset),
		    1);
		assert_int_equal(b.n, PARAM_MAX);
		buf_free(&in);
	}
	buf_free(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_params), cmocka_unit_test(test_find)
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
