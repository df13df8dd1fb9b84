/* Reports: their parts, their fields, and nothing that others said in them
 * that could become a line or a part of its own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "mail/dsn.h"

#define PARTS "--=_0f2k8r1q3m5hj9ab2c7d/correo"

static struct span
make(struct buf *b, const struct dsn *d)
{
	buf_reset(b);
	assert_int_equal(dsn_compose(b, d), 0);
	return buf_span(b);
}

static void
has(struct span s, const char *what)
{
	if (span_search(s, span_of(what)) == s.n)
		fail_msg("no \"%s\" in:\n%.*s", what, SPAN_ARG(s));
}

static unsigned
times(struct span s, const char *what)
{
	unsigned n = 0;
	size_t at;

	while ((at = span_search(s, span_of(what))) < s.n) {
		s = span_from(s, at + 1);
		n++;
	}
	return n;
}

static const struct dsn_rcpt failed = { .to = SPAN("bob@far.test"),
    .named = SPAN("info@example.test"), .orcpt = SPAN("rfc822;i@example.test"),
    .action = "failed", .code = 550, .enhanced = SPAN("5.1.1"),
    .text = SPAN("no such user"), .peer = SPAN("mx.far.test[192.0.2.1]:25"),
    .when = 60 };

static const struct dsn base = { .kind = DSN_FAILED,
    .hostname = "mx.example.test", .id = "0f2k8r1q3m5hj9ab2c7d",
    .to = SPAN("a@sender.test"), .envid = SPAN("E1"),
    .message_id = SPAN("<1@x>"), .now = 120, .arrived = 0, .until = 432000,
    .original = SPAN("From: a\r\nSubject: s\r\n"), .nrcpt = 1,
    .rcpt = &failed };

static void
fields(void **state)
{
	static const char *const want[] = {
		"From: Mail Delivery System <MAILER-DAEMON@mx.example.test>",
		"\r\nTo: <a@sender.test>\r\n",
		"\r\nAuto-Submitted: auto-replied",
		"\r\nIn-Reply-To: <1@x>\r\n", "report-type=delivery-status",
		"\r\nMessage-ID: <0f2k8r1q3m5hj9ab2c7d@mx.example.test>\r\n",
		"  <bob@far.test>\r\n    (from your mail to "
		    "<info@example.test>)\r\n    There is no mailbox",
		"    Server mx.far.test[192.0.2.1]:25: 550 5.1.1 no such "
		    "user\r\n",
		"Content-Type: message/delivery-status\r\n\r\nReporting-MTA: "
		    "dns; mx.example.test\r\nOriginal-Envelope-Id: E1\r\n"
		    "Arrival-Date: Thu, 1 Jan 1970 00:00:00 +0000\r\n\r\n"
		    "Original-Recipient: rfc822;i@example.test\r\n"
		    "Final-Recipient: rfc822; bob@far.test\r\n"
		    "Action: failed\r\nStatus: 5.1.1\r\n"
		    "Remote-MTA: dns; mx.far.test\r\n"
		    "Diagnostic-Code: smtp; 550 5.1.1 no such user\r\n"
		    "Last-Attempt-Date: Thu, 1 Jan 1970 00:01:00 +0000\r\n",
		"Content-Type: text/rfc822-headers\r\n\r\nFrom: a\r\n"
		    "Subject: s\r\n\r\n" PARTS "--\r\n"
	};
	struct buf b = { .max = 1 << 20 };
	struct span s = make(&b, &base);
	struct dsn d = base;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof want / sizeof *want; i++)
		has(s, want[i]);
	assert_int_equal(times(s, PARTS), 4);
	assert_int_equal(times(s, "8bit"), 0);
	d.whole = 1;
	has(make(&b, &d), "Content-Type: message/rfc822\r\n");
	d.kind = DSN_DELAYED;
	has(make(&b, &d), "Will-Retry-Until: Tue, 6 Jan 1970");
	has(make(&b, &d), "Subject: Your mail is still waiting\r\n");
	d.null = 1;
	has(make(&b, &d), "nobody can be told");
	buf_free(&b);
}

/* Whose words they are (RFC 3464 2.3.5, 2.3.6), for programs and people. */
static void
authors(void **state)
{
	static const struct {
		const char *peer, *want, *person;
	} row[] = {
		{ "", "Status: 5.1.1\r\nDiagnostic-Code: x-correo; 550",
		    "    In detail: 550" },
		{ "mx.far.test[192.0.2.1]:25", "Remote-MTA: dns; mx.far.test"
		    "\r\nDiagnostic-Code: smtp; 550",
		    "    Server mx.far.test[192.0.2.1]:25: 550" },
		{ "192.0.2.1[192.0.2.1]:25", "Remote-MTA: dns; [192.0.2.1]"
		    "\r\nDiagnostic-Code: smtp; 550",
		    "    Server 192.0.2.1[192.0.2.1]:25: 550" },
		{ "2001:db8::1[2001:db8::1]:25", "Remote-MTA: dns; "
		    "[IPv6:2001:db8::1]\r\nDiagnostic-Code: smtp; 550",
		    "    Server 2001:db8::1[2001:db8::1]:25: 550" },
		{ "/run/lmtp", "Remote-MTA: x-unix; /run/lmtp"
		    "\r\nDiagnostic-Code: smtp; 550",
		    "    Server /run/lmtp: 550" },
	};
	struct buf b = { .max = 1 << 20 };
	struct dsn_rcpt r = failed;
	struct dsn d = base;
	size_t i;

	(void)state;
	d.rcpt = &r;
	for (i = 0; i < sizeof row / sizeof *row; i++) {
		r.peer = span_of(row[i].peer);
		has(make(&b, &d), row[i].want);
		has(make(&b, &d), row[i].person);
	}
	buf_free(&b);
}

/* What a person reads before the server's words. */
static void
reasons(void **state)
{
	static const char *const row[][2] = {
		{ "5.1.1", "    There is no mailbox of this name.\r\n" },
		{ "4.4.2", "    The other server broke off, or did not reply in " },
		{ "4.4.3", "    Where the other server is could not be found " },
		{ "5.6.3", "    The other server cannot take the letters of " },
		{ "5.6.7", "    The other server takes no address or subject " },
		{ "4.7.4", "    Encryption is demanded, and could not be had.\r\n" },
		{ "4.7.5", "    It cannot be proved that the other server is " }
	};
	struct buf b = { .max = 1 << 20 };
	struct dsn_rcpt r = failed;
	struct dsn d = base;
	size_t i;

	(void)state;
	d.rcpt = &r;
	for (i = 0; i < sizeof row / sizeof *row; i++) {
		r.enhanced = span_of(row[i][0]);
		has(make(&b, &d), row[i][1]);
	}
	buf_free(&b);
}

/* RFC 6533 */
static void
international(void **state)
{
	struct buf b = { .max = 1 << 20 };
	struct dsn_rcpt r = failed;
	struct dsn d = base;
	struct span s;

	(void)state;
	r.to = SPAN("j\xc3\xb6rg@far.test");
	d.rcpt = &r;
	d.utf8 = 1;
	s = make(&b, &d);
	has(s, "Content-Type: message/global-delivery-status\r\n");
	has(s, "Final-Recipient: utf-8; j\xc3\xb6rg@far.test\r\n");
	has(s, "Content-Type: message/global-headers\r\n");
	has(s, "charset=utf-8");
	d.whole = 1;
	has(make(&b, &d), "Content-Type: message/global\r\n");
	/* where it was not asked for, no field goes above ASCII */
	d.utf8 = 0;
	has(make(&b, &d), "Final-Recipient: rfc822; j??rg@far.test\r\n");
	buf_free(&b);
}

static void
hostile(void **state)
{
	struct buf b = { .max = 1 << 20 };
	struct dsn_rcpt r = failed;
	struct dsn d = base;
	struct span s;

	(void)state;
	r.to = r.named = r.orcpt = r.peer = r.text = r.enhanced =
	    d.to = d.envid = d.message_id =
	    SPAN("x\r\nEvil: 1\r\n\r\n" PARTS "\r\n\xff\x00y");
	d.rcpt = &r;
	s = make(&b, &d);
	assert_int_equal(times(s, "\nEvil"), 0);
	assert_int_equal(times(s, "\n" PARTS), 4);
	assert_int_equal(span_find(s, 0), s.n);
	assert_int_equal(span_find(s, 0xff), s.n);
	b.max = 1000;
	buf_reset(&b);
	assert_int_equal(dsn_compose(&b, &d), -1);
	buf_free(&b);
}

int
main(void)
{
	const struct CMUnitTest test[] = {
		cmocka_unit_test(fields), cmocka_unit_test(authors),
		cmocka_unit_test(reasons),
		cmocka_unit_test(international), cmocka_unit_test(hostile)
	};

	return cmocka_run_group_tests(test, NULL, NULL);
}
