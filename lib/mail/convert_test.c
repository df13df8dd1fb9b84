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

/* RFC 1847 2.1, 2.2; RFC 2046 5.2; RFC 6152 3. */
static void
not_converted(void **state)
{
	static const struct {
		const char *in, *why;	/* NULL: it can be */
	} row[] = {
		{ HEAD "\r\n\xe9\r\n", NULL },
		{ "Subject: \xe9\r\n\r\nx\r\n", "the header" },
		{ HEAD "Content-Type: multipart/signed; boundary=b\r\n\r\n"
		    "--b\r\n\r\n\xe9\r\n--b\r\n\r\nS\r\n--b--\r\n",
		    "a signed" },
		{ HEAD "Content-Type: multipart/signed; boundary=b\r\n\r\n"
		    "--b\r\n\r\nseven\r\n--b\r\n\r\nS\r\n--b--\r\n",
		    NULL },
		{ HEAD "Content-Type: multipart/signed; boundary=b\r\n\r\n"
		    "--b\r\nContent-Type: multipart/mixed; boundary=c\r\n"
		    "\r\n--c\r\n\r\n\xe9\r\n--c--\r\n--b\r\n\r\nS\r\n"
		    "--b--\r\n", "a signed" },
		/* said to be encoded, and with a byte that is not */
		{ HEAD "Content-Type: multipart/signed; boundary=b\r\n\r\n"
		    "--b\r\nContent-Transfer-Encoding: base64\r\n\r\n\xe9"
		    "\r\n--b--\r\n", "a signed" },
		{ HEAD "Content-Type: multipart/encrypted; boundary=b\r\n\r\n"
		    "--b\r\n\r\nV\r\n--b\r\nContent-Type: application/"
		    "octet-stream\r\n\r\n\xe9\r\n--b--\r\n", "a signed" },
		/* a message within: its text is encoded, it is not */
		{ HEAD "Content-Type: message/rfc822\r\n\r\nSubject: y\r\n"
		    "\r\n\xe9\r\n", NULL },
		{ HEAD "Content-Type: message/rfc822\r\n\r\nSubject: \xe9\r\n"
		    "\r\ny\r\n", "the header" },
		{ HEAD "Content-Type: message/global\r\n\r\nSubject: y\r\n"
		    "\r\n\xe9\r\n", NULL },
		{ HEAD "Content-Type: message/global-headers\r\n\r\n"
		    "Subject: \xe9\r\n", NULL },
		{ HEAD "Content-Type: message/partial; id=x; number=1\r\n\r\n"
		    "Subject: \xe9\r\n", "a part of type message" },
		{ HEAD "Content-Type: multipart/mixed; boundary=b\r\n\r\n"
		    "\xe9\r\n--b\r\n\r\nx\r\n--b--\r\n", "the header" },
	};
	const char *why;
	size_t i;
	int r;

	(void)state;
	for (i = 0; i < sizeof row / sizeof *row; i++) {
		why = "";
		r = convert_can(span_of(row[i].in), &why);
		if (r != (row[i].why == NULL) || (row[i].why &&
		    !span_starts(span_of(why), span_of(row[i].why))))
			fail_msg("row %zu: %d %s", i, r, why);
	}
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
		cmocka_unit_test(converted), cmocka_unit_test(not_converted),
		cmocka_unit_test(long_lines)
	};

	return cmocka_run_group_tests(test, NULL, NULL);
}
