/* preview: which part, which words, where it ends. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "base/utf8.h"
#include "mail/preview.h"

/* Knows UTF-8 and Latin-1. */
static int
to_utf8(void *arg, struct span name, struct span in, struct buf *out)
{
	size_t i;

	(void)arg;
	if (name.n == 0 || span_case_eq(name, SPAN("utf-8")))
		return buf_addspan(out, in);
	if (!span_case_eq(name, SPAN("iso-8859-1")))
		return -1;
	for (i = 0; i < in.n; i++)
		if (in.p[i] < 0x80)
			buf_addc(out, in.p[i]);
		else {
			buf_addc(out, (unsigned char)(0xc0 | in.p[i] >> 6));
			buf_addc(out, (unsigned char)(0x80 | (in.p[i] & 63)));
		}
	return buf_ok(out) ? 0 : -1;
}

static const struct charset charset = { to_utf8, NULL };

static const struct {
	const char *in, *out;
} plain[] = {
	{ "", "" }, { "one two", "one two" },
	{ "  one\r\n\r\n\ttwo  \n", "one two" },
	{ "> quoted\n>> more\nanswer\n", "answer" },
	{ "On Monday you wrote:\n> yes\nNo.", "On Monday you wrote: No." },
	{ "a\001\177b", "a b" }, { "x\303\251\377y", "x\303\251\357\277\275y" },
	{ "a\302\240b", "a b" }, { "a\342\200\214\315\217\302\255b", "ab" },
	{ "\360\237\230\200", "\360\237\230\200" },
	{ "-----BEGIN PGP MESSAGE-----\n\nhQEM\n", "" },
	{ "See below.\n-----BEGIN PGP MESSAGE-----\r\nhQEM\n", "See below." },
	{ "-----BEGIN PGP SIGNED MESSAGE-----\r\nHash: SHA512\r\n\r\nHello\r\n"
	    "-----BEGIN PGP SIGNATURE-----\r\n\r\niQEz\r\n", "Hello" }
}, html[] = {
	{ "plain", "plain" }, { "<p>one</p><p>two</p>", "one two" },
	{ "<b>bo</b>ld <i>x</i>", "bold x" },
	{ "<html><head><title>t</title><style type=\"a>b\">p { x }</style>"
	    "</head><body>Hello<br>you</body></html>", "Hello you" },
	{ "<SCRIPT>if (a < b) c();</script >x", "x" },
	{ "<!-- a > b -->x<!doctype html>y<?x ?>z", "x y z" },
	{ "<!-- never ends", "" }, { "<style>never ends", "" },
	{ "a<a href=\"x>y\" title='>'>link</a>", "alink" },
	{ "a<b", "a" }, { "1 < 2 &lt; 3 <3", "1 < 2 < 3 <3" },
	{ "R&amp;D &copy; &eacute;t&eacute; &#8364; &#x20AC;5 &nbsp; x",
	    "R&D \302\251 \303\251t\303\251 \342\202\254 \342\202\254" "5 x" },
	{ "&bogus; &; &#; &#xd800; &#99999999999;&amp",
	    "&bogus; &; &#; &#xd800; &#99999999999;&" },
	{ "a&zwnj;&nbsp;&zwnj;&nbsp;b", "a b" }, { "&szlig;&yuml;&Agrave;",
	    "\303\237\303\277\303\200" }
}, messages[] = {
	{ "Subject: x\n\nthe text\n", "the text" },
	{ "Subject: only a header\n", "" },
	{ "Content-Type: image/png\n\nnothing", "" },
	{ "Content-Type: text/html\n\n<p>a</p>b", "a b" },
	{ "Content-Type: text/plain; charset=iso-8859-1\n"
	    "Content-Transfer-Encoding: quoted-printable\n\ncaf=E9 =\nx",
	    "caf\303\251 x" },
	{ "Content-Type: text/plain; charset=x-none\n\nwords", "words" },
	{ "Content-Transfer-Encoding: x-what\n\nwords", "" },
	{ "Content-Transfer-Encoding: base64\n\nd29yZHM=\n", "words" },
	{ "Content-Type: multipart/alternative; boundary=b\n\n"
	    "--b\nContent-Type: text/html\n\n<p>rich\n"
	    "--b\n\nplain\n--b--\n", "plain" },
	{ "Content-Type: multipart/alternative; boundary=b\n\n"
	    "--b\n\n \n--b\nContent-Type: text/html\n\n<p>rich\n--b--\n",
	    "rich" },
	{ "Content-Type: multipart/mixed; boundary=b\n\n"
	    "--b\nContent-Type: text/html\n\n<p>rich\n"
	    "--b\n\n____\nThe list\n--b--\n", "rich" },
	{ "Content-Type: multipart/mixed; boundary=b\n\n"
	    "--b\nContent-Type: text/html\n\n<img src=x>\n"
	    "--b\n\nwords\n--b--\n", "words" },
	{ "Content-Type: multipart/mixed; boundary=b\n\n"
	    "--b\nContent-Disposition: attachment\n\nno\n"
	    "--b\nContent-Type: message/rfc822\n\nSubject: y\n\nno\n"
	    "--b\nContent-Type: text/html\n\nyes\n--b--\n", "yes" },
	{ "Content-Type: multipart/mixed; boundary=b\n\n"
	    "--b\nContent-Type: message/rfc822\n\nSubject: y\n\nno\n--b--\n",
	    "" }
};

static void
is(struct buf *b, const char *out, const char *table, size_t i)
{
	if (!span_eq(buf_span(b), span_of(out)))
		fail_msg("%s %zu: %.*s", table, i, SPAN_ARG(buf_span(b)));
	buf_reset(b);
}

static void
test_tables(void **state)
{
	struct buf b = { .max = PREVIEW_BYTES };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof plain / sizeof *plain; i++) {
		assert_int_equal(preview_plain(span_of(plain[i].in), &b), 0);
		is(&b, plain[i].out, "plain", i);
	}
	for (i = 0; i < sizeof html / sizeof *html; i++) {
		assert_int_equal(preview_html(span_of(html[i].in), &b), 0);
		is(&b, html[i].out, "html", i);
	}
	for (i = 0; i < sizeof messages / sizeof *messages; i++) {
		struct mime m = { .n = 0 };

		assert_int_equal(mime_parse(&m, span_of(messages[i].in)), 0);
		assert_int_equal(preview_make(&m, &charset, &b), 0);
		is(&b, messages[i].out, "message", i);
		mime_free(&m);
	}
	buf_free(&b);
}

/* 200 characters, however many bytes each has; the last is no space. */
static void
test_length(void **state)
{
	static const char *const word[] = { "a", "\303\251", "\342\202\254",
	    "\360\237\230\200", "a ", "\303\251 " };
	struct buf in = { .max = 10000 }, b = { .max = PREVIEW_BYTES };
	size_t i, k, chars;
	struct span s;

	(void)state;
	for (i = 0; i < sizeof word / sizeof *word; i++) {
		buf_reset(&in);
		buf_reset(&b);
		for (k = 0; k < 500; k++)
			buf_adds(&in, word[i]);
		assert_int_equal(preview_plain(buf_span(&in), &b), 0);
		assert_true(utf8_valid(buf_span(&b)));
		s = buf_span(&b);
		for (chars = 0; s.n; chars++)
			s = span_from(s, utf8_length(s));
		assert_int_equal(chars, PREVIEW_CHARS - (i > 3));
	}
	buf_free(&in);
	buf_free(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_tables), cmocka_unit_test(test_length)
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
