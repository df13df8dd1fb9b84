#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include "base/buf.h"
#include "mail/convert.h"

static int
put(void *arg, struct span s)
{
	return buf_addspan(arg, s);
}

#define HEAD "Subject: x\r\nMIME-Version: 1.0\r\n"

static void
converted(void **state)
{
	static const struct {
		const char *in, *out;
	} row[] = {
		{ HEAD "\r\nplain\r\n",
		    HEAD "\r\nplain\r\n" },
		{ "Subject: x\r\n\r\ncaf\xc3\xa9 = \r\n", "Subject: x\r\n"
		    "MIME-Version: 1.0\r\nContent-Type: text/plain; "
		    "charset=unknown-8bit\r\n"
		    "Content-Transfer-Encoding: quoted-printable\r\n\r\n"
		    "caf=C3=A9 =3D=20\r\n" },
		{ HEAD "Content-Type: text/plain; charset=utf-8\r\n"
		    "Content-Transfer-Encoding: 8bit\r\n\r\n\xc3\xa9\r\n",
		    HEAD "Content-Type: text/plain; charset=utf-8\r\n"
		    "Content-Transfer-Encoding: quoted-printable\r\n\r\n"
		    "=C3=A9\r\n" },
		/* 8bit in name only */
		{ HEAD "Content-Transfer-Encoding: 8bit\r\n\r\nx\r\n",
		    HEAD "Content-Transfer-Encoding: 7bit\r\n\r\nx\r\n" },
		{ HEAD "Content-Type: application/pdf\r\n"
		    "Content-Transfer-Encoding: binary\r\n\r\n\xff\xfe",
		    HEAD "Content-Type: application/pdf\r\n"
		    "Content-Transfer-Encoding: base64\r\n\r\n//4=" },
		{ HEAD "Content-Type: multipart/mixed; boundary=b\r\n"
		    "Content-Transfer-Encoding: 8bit\r\n\r\npre\r\n--b\r\n"
		    "Content-Type: text/plain\r\n\r\n\xe9\r\n--b\r\n\r\n"
		    "seven\r\n--b--\r\npost\r\n",
		    HEAD "Content-Type: multipart/mixed; boundary=b\r\n"
		    "Content-Transfer-Encoding: 7bit\r\n\r\npre\r\n--b\r\n"
		    "Content-Type: text/plain\r\n"
		    "Content-Transfer-Encoding: quoted-printable\r\n\r\n=E9"
		    "\r\n--b\r\n\r\nseven\r\n--b--\r\npost\r\n" },
		/* signed: what is 7-bit stays, header and all */
		{ HEAD "Content-Type: multipart/mixed; boundary=b\r\n\r\n"
		    "--b\r\nContent-Type: multipart/signed; boundary=c\r\n\r\n"
		    "--c\r\nContent-Type: text/plain\r\n"
		    "Content-Transfer-Encoding: 8bit\r\n\r\nseven\r\n--c\r\n"
		    "Content-Type: application/pgp-signature\r\n\r\nS\r\n"
		    "--c--\r\n--b\r\n\r\n\xe9\r\n--b--\r\n",
		    HEAD "Content-Type: multipart/mixed; boundary=b\r\n\r\n"
		    "--b\r\nContent-Type: multipart/signed; boundary=c\r\n\r\n"
		    "--c\r\nContent-Type: text/plain\r\n"
		    "Content-Transfer-Encoding: 8bit\r\n\r\nseven\r\n--c\r\n"
		    "Content-Type: application/pgp-signature\r\n\r\nS\r\n"
		    "--c--\r\n--b\r\nContent-Transfer-Encoding: "
		    "quoted-printable\r\n\r\n=E9\r\n--b--\r\n" },
		/* encoded already, all but one byte */
		{ HEAD "Content-Transfer-Encoding: quoted-printable\r\n\r\n"
		    "a=20b\xe9\r\n", HEAD "Content-Transfer-Encoding: "
		    "quoted-printable\r\n\r\na=20b=E9\r\n" },
	};
	struct buf b = { .max = 65536 };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof row / sizeof *row; i++) {
		buf_reset(&b);
		if (convert_to7(span_of(row[i].in), put, &b) != 0 ||
		    !span_eq(buf_span(&b), span_of(row[i].out)))
			fail_msg("row %zu: %.*s", i, (int)b.n,
			    (const char *)b.p);
	}
	buf_free(&b);
}

static void
long_lines(void **state)
{
	struct buf in = { .max = 65536 }, b = { .max = 1 << 20 };
	struct span rest, line;
	size_t i;

	(void)state;
	buf_adds(&in, HEAD "Content-Type: text/plain\r\n\r\n");
	for (i = 0; i < 5000; i++)
		buf_addc(&in, i % 7 ? 'a' : ' ');
	assert_int_equal(convert_to7(buf_span(&in), put, &b), 0);
	rest = buf_span(&b);
	while (rest.n) {
		span_cut(&rest, '\n', &line);
		assert_true(line.n <= 77);
	}
	buf_free(&in);
	buf_free(&b);
}

int
main(void)
{
	const struct CMUnitTest test[] = {
		cmocka_unit_test(converted), cmocka_unit_test(long_lines)
	};

	return cmocka_run_group_tests(test, NULL, NULL);
}
