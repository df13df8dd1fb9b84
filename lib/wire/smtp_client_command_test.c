#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include "wire/smtp_client_command.h"

static struct job job;

static void
mail(void **state)
{
	static const struct {
		const char *sender, *ret, *envid;
		unsigned has;
		int body8, utf8;
		const char *out;	/* NULL: refused */
	} row[] = {
		{ "", "", "", 0, 0, 0, "MAIL FROM:<>\r\n" },
		{ "a@b.test", "HDRS", "x", 0, 0, 0,
		    "MAIL FROM:<a@b.test>\r\n" },
		{ "a@b.test", "hdrs", "a+b=c d", CAP_DSN | CAP_SIZE, 1, 1,
		    "MAIL FROM:<a@b.test> SIZE=7 BODY=8BITMIME SMTPUTF8 "
		    "RET=HDRS ENVID=a+2Bb+3Dc+20d\r\n" },
		{ "\"a b\"@c", "FULL", "", CAP_DSN, 0, 0,
		    "MAIL FROM:<\"a b\"@c> RET=FULL\r\n" },
		{ "\"a\\\"b\"@c", "", "", 0, 0, 0,
		    "MAIL FROM:<\"a\\\"b\"@c>\r\n" },
		{ "a b@c", "", "", 0, 0, 0, NULL },
		{ "a>b@c", "", "", 0, 0, 0, NULL },
		{ "a\r\nRCPT@c", "", "", 0, 0, 0, NULL },
		{ "\"a\\\n\"@c", "", "", 0, 0, 0, NULL },
	};
	struct buf b = { .max = 1024 };
	struct smtp_caps c = { 0 };
	struct smtp_mail m;
	size_t i;
	int r;

	(void)state;
	job.size = 7;
	for (i = 0; i < sizeof row / sizeof *row; i++) {
		job.sender = span_of(row[i].sender);
		job.ret = span_of(row[i].ret);
		job.envid = span_of(row[i].envid);
		c.has = row[i].has;
		m = (struct smtp_mail){ row[i].body8, row[i].utf8 };
		buf_reset(&b);
		r = smtp_mail_add(&b, &job, &c, &m);
		if ((r == 0) != (row[i].out != NULL) || (r == 0 &&
		    !span_eq(buf_span(&b), span_of(row[i].out))))
			fail_msg("row %zu: %d %.*s", i, r, (int)b.n,
			    (const char *)b.p);
	}
	buf_free(&b);
}

static void
rcpt(void **state)
{
	static const struct {
		const char *to, *notify, *orcpt;
		unsigned has;
		const char *out;
	} row[] = {
		{ "a@b", "NEVER", "rfc822;x@y", 0, "RCPT TO:<a@b>\r\n" },
		{ "a@b", "SUCCESS,DELAY", "rfc822;x+y@z", CAP_DSN,
		    "RCPT TO:<a@b> NOTIFY=SUCCESS,DELAY "
		    "ORCPT=rfc822;x+2By@z\r\n" },
		{ "a@b", "NEVER SIZE=1", "", CAP_DSN, NULL },
		{ "a@b", "", "a b;c", CAP_DSN, "RCPT TO:<a@b>\r\n" },
	};
	struct buf b = { .max = 1024 };
	struct smtp_caps c = { 0 };
	struct job_rcpt r = { .nr = 1 };
	size_t i;
	int k;

	(void)state;
	for (i = 0; i < sizeof row / sizeof *row; i++) {
		r.to = span_of(row[i].to);
		r.notify = span_of(row[i].notify);
		r.orcpt = span_of(row[i].orcpt);
		c.has = row[i].has;
		buf_reset(&b);
		k = smtp_rcpt_add(&b, &r, &c);
		if ((k == 0) != (row[i].out != NULL) || (k == 0 &&
		    !span_eq(buf_span(&b), span_of(row[i].out))))
			fail_msg("row %zu: %d %.*s", i, k, (int)b.n,
			    (const char *)b.p);
	}
	buf_free(&b);
}

static void
stuffed(void **state)
{
	static const struct {
		const char *in, *out;
	} row[] = {
		{ "a\r\nb\r\n", "a\r\nb\r\n" }, { "a", "a\r\n" },
		{ ".\r\n..\r\n", "..\r\n...\r\n" }, { ".", "..\r\n" },
		{ "a\n.b\n", "a\r\n..b\r\n" }, { "a\r.b", "a\r\n..b\r\n" },
		{ "\r\n.\r\n", "\r\n..\r\n" }, { "a\r\r\n", "a\r\n\r\n" },
		{ "a\n\r.\n", "a\r\n\r\n..\r\n" }, { "", "" },
		{ "a\r", "a\r\n" }, { "\n", "\r\n" },
	};
	struct buf b = { .max = 1024 };
	struct smtp_stuff s;
	size_t i, cut;

	(void)state;
	for (i = 0; i < sizeof row / sizeof *row; i++)
		for (cut = 0; cut <= strlen(row[i].in); cut++) {
			s = (struct smtp_stuff){ 0 };
			buf_reset(&b);
			smtp_stuff_add(&s, span_sub(span_of(row[i].in), 0,
			    cut), &b);
			smtp_stuff_add(&s, span_from(span_of(row[i].in),
			    cut), &b);
			smtp_stuff_end(&s, &b);
			if (!span_eq(buf_span(&b), span_of(row[i].out)))
				fail_msg("row %zu cut %zu: %.*s", i, cut,
				    (int)b.n, (const char *)b.p);
		}
	/* in a chunk dots are dots */
	s = (struct smtp_stuff){ .dots = 1 };
	buf_reset(&b);
	smtp_stuff_add(&s, SPAN(".\n..\r\n.a"), &b);
	smtp_stuff_end(&s, &b);
	assert_true(span_eq(buf_span(&b), SPAN(".\r\n..\r\n.a\r\n")));
	buf_free(&b);
}

int
main(void)
{
	const struct CMUnitTest test[] = {
		cmocka_unit_test(mail), cmocka_unit_test(rcpt),
		cmocka_unit_test(stuffed)
	};

	return cmocka_run_group_tests(test, NULL, NULL);
}
