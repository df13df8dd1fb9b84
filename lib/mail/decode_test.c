/* decode: base64 and quoted-printable, cut at every place. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "mail/decode.h"

static const struct {
	enum decode_kind kind;
	const char *in, *out;
	int bad;
} cases[] = {
	{ DECODE_NONE, "a\nb\r\n\nc", "a\r\nb\r\n\r\nc", 0 },
	{ DECODE_NONE, "\n\r\r\n\n", "\r\n\r\r\n\r\n", 0 },
	{ DECODE_BASE64, "", "", 0 }, { DECODE_BASE64, "Zg==", "f", 0 },
	{ DECODE_BASE64, "Zm8=", "fo", 0 }, { DECODE_BASE64, "Zm9v", "foo", 0 },
	{ DECODE_BASE64, "Zm9vYg==", "foob", 0 },
	{ DECODE_BASE64, "Zm9vYmE=", "fooba", 0 },
	{ DECODE_BASE64, "Zm9v\r\nYmFy\n", "foobar", 0 },
	{ DECODE_BASE64, "Z m\t9\nv", "foo", 0 },
	{ DECODE_BASE64, "Zg==Zg==", "ff", 0 }, { DECODE_BASE64, "Zg", "f", 0 },
	{ DECODE_BASE64, "Z", "", 1 },
	{ DECODE_BASE64, "Zm9v!Zm9v", "foofoo", 1 },
	{ DECODE_BASE64, "+/+/", "\373\377\277", 0 },
	{ DECODE_QP, "", "", 0 }, { DECODE_QP, "a=3Db", "a=b", 0 },
	{ DECODE_QP, "a=3db=C3=a9", "a=b\303\251", 0 },
	{ DECODE_QP, "a=\nb", "ab", 0 }, { DECODE_QP, "a=\r\nb", "ab", 0 },
	{ DECODE_QP, "a= \t\nb", "ab", 0 },
	{ DECODE_QP, "a \t\nb", "a\r\nb", 0 },
	{ DECODE_QP, "a b", "a b", 0 },
	{ DECODE_QP, "a\r\nb\n", "a\r\nb\r\n", 0 },
	{ DECODE_QP, "a =3D", "a =", 0 }, { DECODE_QP, " a", " a", 0 },
	{ DECODE_QP, "a ", "a", 0 }, { DECODE_QP, "a=", "a", 0 },
	{ DECODE_QP, "a=x", "a=x", 1 }, { DECODE_QP, "a=3", "a=3", 1 },
	{ DECODE_QP, "a=3x", "a=3x", 1 }, { DECODE_QP, "a==3D", "a==", 1 },
	{ DECODE_QP, "a= b", "a= b", 1 }, { DECODE_QP, "\n\n", "\r\n\r\n", 0 },
	{ DECODE_QP, "a=3\nb", "a=3\r\nb", 1 },
	{ DECODE_QP, "a\rb", "a\rb", 0 },
	{ DECODE_QP, "=E2=82=AC=\n=3D", "\342\202\254=", 0 },
	{ DECODE_QP, "a =\n b =\r\nc\n", "a  b c\r\n", 0 },
	{ DECODE_QP, "a=3D \n=\n=20\t\n", "a=\r\n \r\n", 0 },
	{ DECODE_QP, "a==\nb=3Dc\n", "a=b=c\r\n", 1 },
	{ DECODE_QP, "a=3D=x=3D\n=3D\n", "a==x=\r\n=\r\n", 1 },
	{ DECODE_QP, "a\r \r\n", "a\r\n", 0 },
};

static void
test_decode(void **state)
{
	struct buf b = { .max = 1000 };
	size_t i, at, step;

	(void)state;
	for (i = 0; i < sizeof cases / sizeof *cases; i++)
		for (step = 1; step < 9; step++) {
			struct decode d = { .kind = cases[i].kind };
			struct span in = span_of(cases[i].in);

			buf_reset(&b);
			for (at = 0; at < in.n; at += step)
				decode_add(&d, span_sub(in, at, at + step), &b);
			decode_end(&d, &b);
			if (!span_eq(buf_span(&b), span_of(cases[i].out)) ||
			    d.bad != cases[i].bad)
				fail_msg("case %zu step %zu: %d %.*s", i, step,
				    d.bad, SPAN_ARG(buf_span(&b)));
		}
	buf_free(&b);
}

static void
test_kind(void **state)
{
	(void)state;
	assert_int_equal(decode_kind(SPAN(" BASE64 (c)")), DECODE_BASE64);
	assert_int_equal(decode_kind(SPAN("quoted-printable;")), DECODE_QP);
	assert_int_equal(decode_kind(SPAN("8Bit")), DECODE_NONE);
	assert_int_equal(decode_kind(SPAN("")), DECODE_NONE);
	assert_int_equal(decode_kind(SPAN("x-uuencode")), DECODE_UNKNOWN);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_decode), cmocka_unit_test(test_kind)
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
