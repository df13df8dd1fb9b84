/* imap_envelope: ENVELOPE, BODY and BODYSTRUCTURE, and the sections. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "wire/imap_envelope.h"
#include "wire/imap_section.h"

enum how { ENV, ENV8, BODY, STRUCTURE, STRUCTURE2 };

#define GLOBAL "Content-Type: multipart/mixed; boundary=b\n\n" \
	"--b\nContent-Type: message/Global\n" \
	"Content-Transfer-Encoding: 8bit\n\nSubject: s\n\nt\n" \
	"--b\n\nu\n--b--\n"

static const struct {
	enum how how;
	const char *in, *out;
} cases[] = {
	/* RFC 9051 8 and 7.5.2 */
	{ ENV, "Date: Wed, 17 Jul 1996 02:23:25 -0700 (PDT)\n"
	    "From: Terry Gray <gray@cac.washington.edu>\n"
	    "Subject: IMAP4rev2 WG mtg summary and minutes\n"
	    "To: imap@cac.washington.edu\n"
	    "cc: minutes@CNRI.Reston.VA.US, John Klensin <KLENSIN@MIT.EDU>\n"
	    "Message-Id: <B27397-0100000@cac.washington.edu>\n\n",
	    "(\"Wed, 17 Jul 1996 02:23:25 -0700 (PDT)\" "
	    "\"IMAP4rev2 WG mtg summary and minutes\" "
	    "((\"Terry Gray\" NIL \"gray\" \"cac.washington.edu\")) "
	    "((\"Terry Gray\" NIL \"gray\" \"cac.washington.edu\")) "
	    "((\"Terry Gray\" NIL \"gray\" \"cac.washington.edu\")) "
	    "((NIL NIL \"imap\" \"cac.washington.edu\")) "
	    "((NIL NIL \"minutes\" \"CNRI.Reston.VA.US\")"
	    "(\"John Klensin\" NIL \"KLENSIN\" \"MIT.EDU\")) NIL NIL "
	    "\"<B27397-0100000@cac.washington.edu>\")" },
	{ ENV, "\n", "(NIL NIL NIL NIL NIL NIL NIL NIL NIL NIL)" },
	{ ENV, "Subject:\nFrom:\nIn-Reply-To: \n\n",
	    "(NIL \"\" NIL NIL NIL NIL NIL NIL \"\" NIL)" },
	{ ENV, "Subject: a \"q\" \\ b\n c\n\n",
	    "(NIL \"a \\\"q\\\" \\\\ b c\" NIL NIL NIL NIL NIL NIL NIL NIL)" },
	{ ENV, "Subject: =?utf-8?q?a?=\nSubject: two\n\n",
	    "(NIL \"=?utf-8?q?a?=\" NIL NIL NIL NIL NIL NIL NIL NIL)" },
	{ ENV, "Subject: \303\251\n\n",
	    "(NIL {2}\r\n\303\251 NIL NIL NIL NIL NIL NIL NIL NIL)" },
	{ ENV8, "Subject: \303\251\n\n",
	    "(NIL \"\303\251\" NIL NIL NIL NIL NIL NIL NIL NIL)" },
	{ ENV, "From: a@b\nSender: \nReply-To: c@d\nFrom: e@f\n\n",
	    "(NIL NIL ((NIL NIL \"a\" \"b\")(NIL NIL \"e\" \"f\")) "
	    "((NIL NIL \"a\" \"b\")(NIL NIL \"e\" \"f\")) "
	    "((NIL NIL \"c\" \"d\")) NIL NIL NIL NIL NIL)" },
	{ ENV, "To: G: a@b, \"x \\\" y\" <@r,@s:c@d>;, e\nCc: E:;\n\n",
	    "(NIL NIL NIL NIL NIL ((NIL NIL \"G\" NIL)(NIL NIL \"a\" \"b\")"
	    "(\"x \\\" y\" \"@r,@s\" \"c\" \"d\")(NIL NIL NIL NIL)"
	    "(NIL NIL \"e\" \"\")) ((NIL NIL \"E\" NIL)(NIL NIL NIL NIL)) "
	    "NIL NIL NIL)" },
	/* RFC 9051 7.5.2: two parts */
	{ BODY, "Content-Type: multipart/mixed; boundary=b\n\n--b\n"
	    "Content-Type: text/plain; charset=US-ASCII\n\nx\n--b\n"
	    "Content-Type: TEXT/PLAIN; CHARSET=US-ASCII; NAME=\"cc.diff\"\n"
	    "Content-ID: <960723163407.20117h@cac.washington.edu>\n"
	    "Content-Description: Compiler diff\n"
	    "Content-Transfer-Encoding: BASE64\n\nYQ==\nYQ==\n\n--b--\n",
	    "((\"text\" \"plain\" (\"charset\" \"US-ASCII\") NIL NIL \"7bit\" "
	    "1 0)(\"TEXT\" \"PLAIN\" (\"CHARSET\" \"US-ASCII\" \"NAME\" "
	    "\"cc.diff\") \"<960723163407.20117h@cac.washington.edu>\" "
	    "\"Compiler diff\" \"BASE64\" 12 2) \"mixed\")" },
	{ STRUCTURE, "Content-Type: image/png; name=a\nContent-MD5: xyz\n"
	    "Content-Disposition: attachment; filename=\"a \\\"b\"; size=3\n"
	    "Content-Language: de, en-US\nContent-Location: http://x\n\nabc",
	    "(\"image\" \"png\" (\"name\" \"a\") NIL NIL \"7bit\" 3 \"xyz\" "
	    "(\"attachment\" (\"filename\" \"a \\\"b\" \"size\" \"3\")) "
	    "(\"de\" \"en-US\") \"http://x\")" },
	/* RFC 2231 6: pieces are told as one */
	{ STRUCTURE, "Content-Type: image/png; x*1=b; y=z; x*0=\"a \"; x*3=n\n"
	    "Content-Disposition: inline; f*0*=utf-8''%C3%A9; f*1=\"a'%b\";"
	    " f*2*=%20; g*1=lost; g*=''w\n\nabc",
	    "(\"image\" \"png\" (\"y\" \"z\" \"x\" \"a b\") NIL NIL "
	    "\"7bit\" 3 NIL (\"inline\" (\"f*\" \"utf-8''%C3%A9a%27%25b%20\""
	    " \"g*\" \"''w\")) NIL NIL)" },
	{ STRUCTURE, "Content-Type: text/plain; charset*=us-ascii''utf-8\n\n",
	    "(\"text\" \"plain\" (\"charset*\" \"us-ascii''utf-8\") NIL NIL "
	    "\"7bit\" 0 0 NIL NIL NIL NIL)" },
	{ STRUCTURE, "\nx\n", "(\"text\" \"plain\" (\"charset\" \"us-ascii\") "
	    "NIL NIL \"7bit\" 3 1 NIL NIL NIL NIL)" },
	{ STRUCTURE, "Content-Type: text/html; x=y\n"
	    "Content-Disposition: inline\n\nx\n",
	    "(\"text\" \"html\" (\"x\" \"y\" \"charset\" \"us-ascii\") "
	    "NIL NIL \"7bit\" 3 1 NIL (\"inline\" NIL) NIL NIL)" },
	{ STRUCTURE, "Content-Type: multipart/mixed; boundary=b\n\n--b\n"
	    "Content-Type: message/rfc822\n\nSubject: s\n\nt\n--b\n"
	    "Content-Type: multipart/alternative; boundary=c\n\n--c\n\nu\n"
	    "--c--\n--b--\n",
	    "((\"message\" \"rfc822\" NIL NIL NIL \"7bit\" 15 (NIL \"s\" NIL "
	    "NIL NIL NIL NIL NIL NIL NIL) (\"text\" \"plain\" (\"charset\" "
	    "\"us-ascii\") NIL NIL \"7bit\" 1 0 NIL NIL NIL NIL) 2 NIL NIL NIL "
	    "NIL)((\"text\" \"plain\" (\"charset\" \"us-ascii\") NIL NIL "
	    "\"7bit\" 1 0 NIL NIL NIL NIL) \"alternative\" (\"boundary\" "
	    "\"c\") NIL NIL NIL) \"mixed\" (\"boundary\" \"b\") NIL NIL NIL)" },
	/* only in RFC 9051 a message is told within */
	{ STRUCTURE, GLOBAL, "((\"message\" \"Global\" NIL NIL NIL \"8bit\" 15 "
	    "NIL NIL NIL NIL)(\"text\" \"plain\" (\"charset\" \"us-ascii\") "
	    "NIL NIL \"7bit\" 1 0 NIL NIL NIL NIL) \"mixed\" (\"boundary\" "
	    "\"b\") NIL NIL NIL)" },
	{ STRUCTURE2, GLOBAL, "((\"message\" \"Global\" NIL NIL NIL \"8bit\" "
	    "15 (NIL \"s\" NIL NIL NIL NIL NIL NIL NIL NIL) (\"text\" "
	    "\"plain\" (\"charset\" \"us-ascii\") NIL NIL \"7bit\" 1 0 NIL "
	    "NIL NIL NIL) 2 NIL NIL NIL NIL)(\"text\" \"plain\" (\"charset\" "
	    "\"us-ascii\") NIL NIL \"7bit\" 1 0 NIL NIL NIL NIL) \"mixed\" "
	    "(\"boundary\" \"b\") NIL NIL NIL)" }
};

static void
test_replies(void **state)
{
	struct buf b = { .max = 10000 };
	struct mime m = { 0 };
	size_t i;
	int r;

	(void)state;
	for (i = 0; i < sizeof cases / sizeof *cases; i++) {
		buf_reset(&b);
		assert_int_equal(mime_parse(&m, span_of(cases[i].in)), 0);
		r = cases[i].how <= ENV8 ?
		    imap_envelope(&m, m.part, cases[i].how == ENV8, &b) :
		    imap_bodystructure(&m, cases[i].how != BODY,
		    cases[i].how == STRUCTURE2 ? IMAP_REV2 : IMAP_REV1, &b);
		if (r < 0 || !span_eq(buf_span(&b), span_of(cases[i].out)))
			fail_msg("case %zu: %.*s", i, SPAN_ARG(buf_span(&b)));
	}
	mime_free(&m);
	buf_free(&b);
}

/* The message of RFC 9051 6.4.5.1, with parts 1, 2, 3, 3.1, 3.2, 4, 4.1, 4.2,
 * 4.2.1, 4.2.2, 4.2.2.1, 4.2.2.2. */
static const char message[] = "Subject: top\n"
    "Content-Type: multipart/mixed; boundary=a\n\n"
    "--a\n\none\n"
    "--a\nContent-Type: application/octet-stream\n\ntwo\n"
    "--a\nContent-Type: message/rfc822\n\nSubject: three\n"
    "Content-Type: multipart/mixed; boundary=b\n\n"
    "--b\n\n3.1\n--b\nContent-Type: a/b\n\n3.2\n--b--\n"
    "--a\nContent-Type: multipart/mixed; boundary=c\n\n"
    "--c\nContent-Type: image/gif\n\n4.1\n"
    "--c\nContent-Type: message/rfc822\n\nSubject: four two\nTo: x\nX:  y\n"
    "Content-Type: multipart/mixed; boundary=d\n\n"
    "--d\nContent-Type: text/plain\n\n4.2.1\n"
    "--d\nContent-Type: multipart/alternative; boundary=e\n\n"
    "--e\nContent-Type: text/plain\n\n4.2.2.1\n"
    "--e\nContent-Type: text/richtext\n\n4.2.2.2\n--e--\n--d--\n--c--\n"
    "--a--\n";

static const struct {
	const char *section;
	const char *out;		/* NULL: not there; "=x…": begins so */
} sections[] = {
	{ "BODY[1]", "one" }, { "BODY[2]", "two" },
	{ "BODY[3]", "=Subject: three\nContent-Type: multipart/mixed" },
	{ "BODY[3.HEADER]", "Subject: three\n"
	    "Content-Type: multipart/mixed; boundary=b\n\n" },
	{ "BODY[3.TEXT]", "--b\n\n3.1\n--b\nContent-Type: a/b\n\n3.2\n--b--" },
	{ "BODY[3.MIME]", "Content-Type: message/rfc822\n\n" },
	{ "BODY[3.1]", "3.1" }, { "BODY[3.2]", "3.2" },
	{ "BODY[3.2.MIME]", "Content-Type: a/b\n\n" },
	{ "BODY[3.1.MIME]", "\n" },
	{ "BODY[4]", "=--c\nContent-Type: image/gif" }, { "BODY[4.1]", "4.1" },
	{ "BODY[4.2.HEADER.FIELDS (TO x)]", "To: x\nX:  y\n\r\n" },
	{ "BODY[4.2.HEADER.FIELDS.NOT (To content-type X)]",
	    "Subject: four two\n\r\n" },
	{ "BODY[4.2.HEADER.FIELDS (None)]", "\r\n" },
	{ "BODY[4.2.1]", "4.2.1" }, { "BODY[4.2.2.1]", "4.2.2.1" },
	{ "BODY[4.2.2.2]", "4.2.2.2" },
	{ "BODY[4.2.2.1.MIME]", "Content-Type: text/plain\n\n" },
	{ "BODY[HEADER]", "Subject: top\n"
	    "Content-Type: multipart/mixed; boundary=a\n\n" },
	{ "BODY[HEADER.FIELDS (Subject)]", "Subject: top\n\r\n" },
	{ "BODY[TEXT]", "=--a\n\none\n--a\n" },
	{ "BODY[]", "=Subject: top\nContent" }, { "BINARY[4.2.1]", "4.2.1" },
	{ "BODY[5]", NULL }, { "BODY[1.1]", NULL }, { "BODY[3.3]", NULL },
	{ "BODY[4.1.1]", NULL }, { "BODY[1.HEADER]", NULL },
	{ "BODY[4.TEXT]", NULL }, { "BODY[4294967295]", NULL },
	{ "BODY[4.2.2.2.1]", NULL },
};

static int
find(const struct mime *m, const char *text, struct buf *b, struct span *out)
{
	struct imap_tokens t = { 0 };
	struct imap_section s;
	struct imap_cursor c;
	const char *why;
	int r = -2;

	if (imap_tokens_parse(&t, span_of(text), IMAP_SECTIONS, &why) == 0) {
		c = imap_cursor_all(&t, &why);
		if (imap_section_parse(&c, t.v, &s, 0, &why) == 0)
			r = imap_section_find(m, &s, b, out);
	}
	imap_tokens_free(&t);
	return r;
}

static void
test_sections(void **state)
{
	struct buf b = { .max = 10000 };
	struct mime m = { 0 };
	struct span out;
	size_t i;

	(void)state;
	assert_int_equal(mime_parse(&m, span_of(message)), 0);
	for (i = 0; i < sizeof sections / sizeof *sections; i++) {
		const char *want = sections[i].out;
		int r;

		buf_reset(&b);
		out = (struct span){ 0 };
		r = find(&m, sections[i].section, &b, &out);
		if (want == NULL ? r != 0 : r != 1 || (want[0] == '=' ?
		    !span_starts(out, span_of(want + 1)) :
		    !span_eq(out, span_of(want))))
			fail_msg("section case %zu: %d %.*s", i, r,
			    SPAN_ARG(out));
	}
	/* of a message that is no multipart, 1 is its body */
	assert_int_equal(mime_parse(&m, SPAN("A: b\n\nx\n")), 0);
	assert_int_equal(find(&m, "BODY[1]", &b, &out), 1);
	assert_true(span_eq(out, SPAN("x\n")));
	assert_int_equal(find(&m, "BODY[1.MIME]", &b, &out), 1);
	assert_true(span_eq(out, SPAN("A: b\n\n")));
	assert_int_equal(find(&m, "BODY[1.1]", &b, &out), 0);
	assert_int_equal(find(&m, "BODY[2]", &b, &out), 0);
	assert_int_equal(mime_parse(&m, SPAN("Content-Type: message/rfc822\n\n"
	    "A: b\n\nx\n")), 0);
	assert_int_equal(find(&m, "BODY[1]", &b, &out), 1);
	assert_true(span_eq(out, SPAN("A: b\n\nx\n")));
	assert_int_equal(find(&m, "BODY[1.TEXT]", &b, &out), 1);
	assert_true(span_eq(out, SPAN("x\n")));
	assert_int_equal(find(&m, "BODY[1.1]", &b, &out), 1);
	assert_true(span_eq(out, SPAN("x\n")));
	mime_free(&m);
	buf_free(&b);
}

/* What is deep and wide is written without recursion. */
static void
test_deep(void **state)
{
	struct buf in = { .max = 10 << 20 }, b = { .max = 100 << 20 };
	struct mime m = { 0 };
	int i;

	(void)state;
	for (i = 0; i < 100000; i++)
		buf_adds(&in, "Content-Type: message/rfc822\n\n");
	assert_int_equal(mime_parse(&m, buf_span(&in)), 0);
	assert_int_equal(imap_bodystructure(&m, 1, 0, &b), 0);
	assert_true(b.n < 20000);
	mime_free(&m);
	buf_free(&in);
	buf_free(&b);
}

/* What is told is a few times as long as what was sent, whatever that is. */
static void
test_large(void **state)
{
	static const struct {
		const char *head, *again;
		size_t most;		/* of them; 0: up to LARGE bytes */
		const char *end;
	} t[] = {
		{ "To: ", "a,", 0, "\n\n" }, { "From: ", ":;", 0, "\n\n" },
		{ "From: ", "a\\,", 0, "\n\n" },
		{ "", "To: a\n", 0, "\n\n" },
		{ "Content-Type: a/b", ";x*0=y", 90, ";X*1=" },
		{ "Content-Disposition: a", ";x*0*=y", 90, ";x*1=" },
		{ "Content-Type: a/b", ";x=\"\\\"\"", 90, ";y=" }
	};
	enum { LARGE = 3 << 20 };
	struct buf in = { .max = 2 * LARGE }, b = { .max = SIZE_MAX / 4 };
	struct mime m = { 0 };
	size_t i, n;

	(void)state;
	for (i = 0; i < sizeof t / sizeof *t; i++) {
		buf_reset(&in);
		buf_adds(&in, "Content-Type: message/rfc822\n\n");
		buf_adds(&in, t[i].head);
		for (n = 0; t[i].most ? n < t[i].most : in.n < LARGE; n++)
			buf_adds(&in, t[i].again);
		buf_adds(&in, t[i].end);
		while (in.n < LARGE)
			buf_adds(&in, "0123456789");
		buf_adds(&in, "\n\n");
		assert_int_equal(mime_parse(&m, buf_span(&in)), 0);
		buf_reset(&b);
		assert_int_equal(imap_bodystructure(&m, 1, 0, &b), 0);
		if (b.n > 4 * in.n + 50 * IMAP_ADDRESSES)
			fail_msg("%zu: %zu of %zu", i, b.n, in.n);
	}
	mime_free(&m);
	buf_free(&in);
	buf_free(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_replies), cmocka_unit_test(test_sections),
		cmocka_unit_test(test_deep), cmocka_unit_test(test_large)
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
