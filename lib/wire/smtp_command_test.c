/* smtp_command: what each line means, or which rule it breaks. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include "wire/smtp_command.h"

#define A10 "aaaaaaaaaa"
#define A60 A10 A10 A10 A10 A10 A10
#define A64 A60 "aaaa"
#define A100 A60 A10 A10 A10 A10
#define A250 A100 A100 A10 A10 A10 A10 A10
#define A500 A250 A250

/* out: what was parsed, or the code, the enhanced code and the rule. */
static const struct {
	const char *in, *out;
} t[] = {
	/* verbs */
	{ "", "500 5.5.2 RFC 5321 4.2.4" },
	{ "   ", "500 5.5.2 RFC 5321 4.2.4" },
	{ "HEL", "500 5.5.2 RFC 5321 4.2.4" },
	{ "HELOO x", "500 5.5.2 RFC 5321 4.2.4" },
	{ "GET / HTTP/1.0", "500 5.5.2 RFC 5321 4.2.4" },
	{ "MAILFROM:<a@b>", "500 5.5.2 RFC 5321 4.2.4" },
	{ "BDAT10", "500 5.5.2 RFC 5321 4.2.4" },
	{ "\xff\xfe", "500 5.5.2 RFC 5321 4.2.4" },
	{ "HELO a.example", "1 arg=a.example" },
	{ "helo a.example", "1 arg=a.example" },
	{ "HELO a.example   ", "1 arg=a.example" },
	{ "HELO\ta.example", "1 arg=a.example" },
	{ "HELO [192.0.2.1]", "1 arg=[192.0.2.1]" },
	{ "HELO [IPv6:::1]", "1 arg=[IPv6:::1]" },
	{ "HELO my_pc", "1 arg=my_pc" },
	{ "HELO", "501 5.5.4 RFC 5321 4.1.1.1" },
	{ "HELO  ", "501 5.5.4 RFC 5321 4.1.1.1" },
	{ "HELO a b", "501 5.5.4 RFC 5321 4.1.1.1" },
	{ "HELO a\1b", "501 5.5.4 RFC 5321 4.1.1.1" },
	{ "HELO " A250 "aaaaa", "1 arg=" A250 "aaaaa" },
	{ "HELO " A250 "aaaaaa", "501 5.5.4 RFC 5321 4.5.3.1.2" },
	{ "EHLO b\xc3\xbc.example", "2 arg=b\xc3\xbc.example" },
	{ "EHLO b\xfc.example", "501 5.5.4 RFC 6531 3.7.1" },
	{ "EHLO", "501 5.5.4 RFC 5321 4.1.1.1" },
	{ "DATA", "5" },
	{ "data  ", "5" },
	{ "DATA now", "501 5.5.4 RFC 5321 4.1.1" },
	{ "RSET", "7" },
	{ "RSET x", "501 5.5.4 RFC 5321 4.1.1" },
	{ "NOOP", "8" },
	{ "NOOP what ever", "8 arg=what ever" },
	{ "QUIT", "9" },
	{ "QUIT x", "501 5.5.4 RFC 5321 4.1.1" },
	{ "VRFY", "501 5.5.4 RFC 5321 4.1.1.6" },
	{ "VRFY alice", "10 arg=alice" },
	{ "HELP", "11" },
	{ "HELP MAIL", "11 arg=MAIL" },
	{ "STARTTLS", "12" },
	{ "STARTTLS x", "501 5.5.4 RFC 5321 4.1.1" },
	{ "AUTH PLAIN", "13 arg=PLAIN" },
	{ "auth plain AGEAYg==", "13 arg=plain" },
	{ "AUTH SCRAM-SHA-256-PLUS =", "13 arg=SCRAM-SHA-256-PLUS" },
	{ "AUTH", "501 5.5.4 RFC 4954 4" },
	{ "AUTH PLAIN a b", "501 5.5.4 RFC 4954 4" },
	{ "AUTH SCRAM-SHA-256-PLUS-XY", "501 5.5.4 RFC 4954 4" },
	{ "AUTH PL\xc3\xa4IN", "501 5.5.4 RFC 4422 3.1" },
	{ "EXPN list", "14 arg=list" },
	/* MAIL: the path */
	{ "MAIL FROM:<a@b.example>", "3 path=a@b.example" },
	{ "mail from:<a@b.example>", "3 path=a@b.example" },
	{ "MAIL FROM:<>", "3 path=" },
	{ "MAIL FROM: <a@b.example>", "3 path=a@b.example" },
	{ "MAIL FROM:\t<a@b.example> ", "3 path=a@b.example" },
	{ "MAIL  FROM:<a@b.example>", "3 path=a@b.example" },
	{ "MAIL FROM:<\"a b\"@b.example>", "3 path=\"a b\"@b.example" },
	{ "MAIL FROM:<\"a> SIZE=1\"@b.example>",
	    "3 path=\"a> SIZE=1\"@b.example" },
	{ "MAIL FROM:<a@[192.0.2.1]>", "3 path=a@[192.0.2.1]" },
	{ "MAIL FROM:<\xc3\xa4@b.example>", "3 path=\xc3\xa4@b.example" },
	{ "MAIL", "501 5.5.2 RFC 5321 4.1.1.2" },
	{ "MAIL FROM", "501 5.5.2 RFC 5321 4.1.1.2" },
	{ "MAIL FROM:", "501 5.5.2 RFC 5321 4.1.1.2" },
	{ "MAIL FROM :<a@b.example>", "501 5.5.2 RFC 5321 4.1.1.2" },
	{ "MAIL FROM:a@b.example", "501 5.5.2 RFC 5321 4.1.1.2" },
	{ "MAIL FROM=<a@b.example>", "501 5.5.2 RFC 5321 4.1.1.2" },
	{ "MAIL TO:<a@b.example>", "501 5.5.2 RFC 5321 4.1.1.2" },
	{ "MAIL FROM:<a@b.example>SIZE=1", "501 5.5.2 RFC 5321 4.1.1.2" },
	{ "MAIL FROM:<a@b.example>>", "501 5.5.2 RFC 5321 4.1.1.2" },
	{ "MAIL FROM:<<a@b.example>>", "553 5.1.7 RFC 5321 4.1.2" },
	{ "MAIL FROM:<a@b.example", "553 5.1.7 RFC 5321 4.1.2" },
	{ "MAIL FROM:<a>", "553 5.1.7 RFC 5321 4.1.2" },
	{ "MAIL FROM:<postmaster>", "553 5.1.7 RFC 5321 4.1.2" },
	{ "MAIL FROM:<@b.example>", "553 5.1.7 RFC 5321 4.1.2" },
	{ "MAIL FROM:<@c:a@b.example>", "3 path=a@b.example" },
	{ "MAIL FROM:<a..b@b.example>", "553 5.1.7 RFC 5321 4.1.2" },
	{ "MAIL FROM:<a b@b.example>", "553 5.1.7 RFC 5321 4.1.2" },
	{ "MAIL FROM:<" A64 "@b.example>", "3 path=" A64 "@b.example" },
	{ "MAIL FROM:<" A64 "a@b.example>", "553 5.1.7 RFC 5321 4.5.3.1.1" },
	{ "MAIL FROM:<\xff@b.example>", "553 5.1.7 RFC 5321 4.1.2" },
	/* MAIL: parameters */
	{ "MAIL FROM:<> SIZE=0", "3 path= size=0" },
	{ "MAIL FROM:<> size=123", "3 path= size=123" },
	{ "MAIL FROM:<>   SIZE=123  ", "3 path= size=123" },
	{ "MAIL FROM:<> SIZE=18446744073709551615",
	    "3 path= size=18446744073709551615" },
	{ "MAIL FROM:<> SIZE=18446744073709551616",
	    "3 path= size=18446744073709551615" },
	{ "MAIL FROM:<> SIZE=99999999999999999999",
	    "3 path= size=18446744073709551615" },
	{ "MAIL FROM:<> SIZE=000000000000000000001",
	    "501 5.5.4 RFC 1870 3" },
	{ "MAIL FROM:<> SIZE", "501 5.5.4 RFC 1870 3" },
	{ "MAIL FROM:<> SIZE=", "501 5.5.4 RFC 5321 4.1.2" },
	{ "MAIL FROM:<> SIZE=-1", "501 5.5.4 RFC 1870 3" },
	{ "MAIL FROM:<> SIZE=+1", "501 5.5.4 RFC 1870 3" },
	{ "MAIL FROM:<> SIZE=1k", "501 5.5.4 RFC 1870 3" },
	{ "MAIL FROM:<> SIZE=0x10", "501 5.5.4 RFC 1870 3" },
	{ "MAIL FROM:<> SIZE=1 SIZE=1", "501 5.5.4 RFC 5321 4.1.1.11" },
	{ "MAIL FROM:<> SIZE =1", "501 5.5.4 RFC 1870 3" },
	{ "MAIL FROM:<> BODY=7BIT", "3 path= body=7BIT" },
	{ "MAIL FROM:<> body=8bitmime", "3 path= body=8bitmime" },
	{ "MAIL FROM:<> BODY=BINARYMIME", "501 5.5.4 RFC 6152 3" },
	{ "MAIL FROM:<> BODY", "501 5.5.4 RFC 6152 3" },
	{ "MAIL FROM:<> BODY=", "501 5.5.4 RFC 5321 4.1.2" },
	{ "MAIL FROM:<> BODY=8BITMIME BODY=7BIT",
	    "501 5.5.4 RFC 5321 4.1.1.11" },
	{ "MAIL FROM:<> SMTPUTF8", "3 path= utf8" },
	{ "MAIL FROM:<> smtputf8", "3 path= utf8" },
	{ "MAIL FROM:<> SMTPUTF8=yes", "501 5.5.4 RFC 6531 3.4" },
	{ "MAIL FROM:<> RET=FULL", "3 path= ret=FULL" },
	{ "MAIL FROM:<> RET=hdrs", "3 path= ret=hdrs" },
	{ "MAIL FROM:<> RET=NONE", "501 5.5.4 RFC 3461 4.3" },
	{ "MAIL FROM:<> RET", "501 5.5.4 RFC 3461 4.3" },
	{ "MAIL FROM:<> ENVID=QQ314159", "3 path= envid=QQ314159" },
	{ "MAIL FROM:<> ENVID=a+2Bb+3D", "3 path= envid=a+b=" },
	{ "MAIL FROM:<> ENVID=a+2bb", "3 path= envid=a+b" },
	{ "MAIL FROM:<> ENVID=a+20b", "3 path= envid=a b" },
	{ "MAIL FROM:<> ENVID=a+0Ab", "501 5.5.4 RFC 3461 4.4" },
	{ "MAIL FROM:<> ENVID=a+00b", "501 5.5.4 RFC 3461 4.4" },
	{ "MAIL FROM:<> ENVID=a+7Fb", "501 5.5.4 RFC 3461 4.4" },
	{ "MAIL FROM:<> ENVID=a+FFb", "501 5.5.4 RFC 3461 4.4" },
	{ "MAIL FROM:<> ENVID=a+2", "501 5.5.4 RFC 3461 4.4" },
	{ "MAIL FROM:<> ENVID=a+", "501 5.5.4 RFC 3461 4.4" },
	{ "MAIL FROM:<> ENVID=a+zz", "501 5.5.4 RFC 3461 4.4" },
	{ "MAIL FROM:<> ENVID=a=b", "501 5.5.4 RFC 3461 4.4" },
	{ "MAIL FROM:<> ENVID=", "501 5.5.4 RFC 5321 4.1.2" },
	{ "MAIL FROM:<> ENVID", "501 5.5.4 RFC 3461 4.4" },
	{ "MAIL FROM:<> ENVID=\xc3\xa4", "501 5.5.4 RFC 3461 4.4" },
	{ "MAIL FROM:<> ENVID=" A100, "3 path= envid=" A100 },
	{ "MAIL FROM:<> ENVID=" A100 "a", "501 5.5.4 RFC 3461 4.4" },
	{ "MAIL FROM:<> NOTIFY=NEVER", "555 5.5.4 RFC 5321 4.1.1.11" },
	{ "MAIL FROM:<> AUTH=<>", "3 path=" },
	{ "MAIL FROM:<> AUTH=a+3Db@c.example", "3 path=" },
	{ "MAIL FROM:<> AUTH", "501 5.5.4 RFC 4954 5" },
	{ "MAIL FROM:<> AUTH=a+zz", "501 5.5.4 RFC 4954 5" },
	{ "MAIL FROM:<> AUTH=<> AUTH=<>", "501 5.5.4 RFC 5321 4.1.1.11" },
	{ "MAIL FROM:<> X", "555 5.5.4 RFC 5321 4.1.1.11" },
	{ "MAIL FROM:<> X=1", "555 5.5.4 RFC 5321 4.1.1.11" },
	{ "MAIL FROM:<> =1", "555 5.5.4 RFC 5321 4.1.1.11" },
	{ "MAIL FROM:<> =", "501 5.5.4 RFC 5321 4.1.2" },
	{ "MAIL FROM:<a@b.example> SIZE=5 BODY=8BITMIME SMTPUTF8 RET=HDRS "
	    "ENVID=x", "3 path=a@b.example size=5 utf8 body=8BITMIME ret=HDRS "
	    "envid=x" },
	/* RCPT */
	{ "RCPT TO:<a@b.example>", "4 path=a@b.example" },
	{ "rcpt to: <a@b.example>", "4 path=a@b.example" },
	{ "RCPT TO:<postmaster>", "4 path=postmaster" },
	{ "RCPT TO:<PostMaster>", "4 path=PostMaster" },
	{ "RCPT TO:<a%c@b.example>", "4 path=a%c@b.example" },
	{ "RCPT TO:<|/bin/sh@b.example>", "4 path=|/bin/sh@b.example" },
	{ "RCPT", "501 5.5.2 RFC 5321 4.1.1.3" },
	{ "RCPT FROM:<a@b.example>", "501 5.5.2 RFC 5321 4.1.1.3" },
	{ "RCPT TO:", "501 5.5.2 RFC 5321 4.1.1.3" },
	{ "RCPT TO:a@b.example", "501 5.5.2 RFC 5321 4.1.1.3" },
	{ "RCPT TO:<>", "553 5.1.3 RFC 5321 4.5.5" },
	{ "RCPT TO:<alice>", "553 5.1.3 RFC 5321 4.1.2" },
	{ "RCPT TO:<a@>", "553 5.1.3 RFC 5321 4.1.2" },
	{ "RCPT TO:<a@b..c>", "553 5.1.3 RFC 5321 4.1.2" },
	{ "RCPT TO:<a@-b>", "553 5.1.3 RFC 5321 4.1.2" },
	{ "RCPT TO:<a@[1.2.3]>", "553 5.1.3 RFC 5321 4.1.3" },
	{ "RCPT TO:<a@b.example> NOTIFY=NEVER",
	    "4 path=a@b.example notify=NEVER" },
	{ "RCPT TO:<a@b.example> NOTIFY=success,FAILURE,Delay",
	    "4 path=a@b.example notify=success,FAILURE,Delay" },
	{ "RCPT TO:<a@b.example> NOTIFY=DELAY",
	    "4 path=a@b.example notify=DELAY" },
	{ "RCPT TO:<a@b.example> NOTIFY=NEVER,SUCCESS",
	    "501 5.5.4 RFC 3461 4.1" },
	{ "RCPT TO:<a@b.example> NOTIFY=SUCCESS,SUCCESS",
	    "501 5.5.4 RFC 3461 4.1" },
	{ "RCPT TO:<a@b.example> NOTIFY=SUCCESS,",
	    "501 5.5.4 RFC 3461 4.1" },
	{ "RCPT TO:<a@b.example> NOTIFY=,", "501 5.5.4 RFC 3461 4.1" },
	{ "RCPT TO:<a@b.example> NOTIFY", "501 5.5.4 RFC 3461 4.1" },
	{ "RCPT TO:<a@b.example> NOTIFY=ALL", "501 5.5.4 RFC 3461 4.1" },
	{ "RCPT TO:<a@b.example> ORCPT=rfc822;c+2Bd@b.example",
	    "4 path=a@b.example orcpt=rfc822;c+d@b.example" },
	{ "RCPT TO:<a@b.example> ORCPT=utf-8;\xc3\xa4@b.example",
	    "4 path=a@b.example orcpt=utf-8;\xc3\xa4@b.example" },
	{ "RCPT TO:<a@b.example> ORCPT=utf-8;\xe4@b.example",
	    "501 5.5.4 RFC 3461 4.2" },
	{ "RCPT TO:<a@b.example> ORCPT=rfc822;\xc3\xa4@b.example",
	    "501 5.5.4 RFC 3461 4.2" },
	{ "RCPT TO:<a@b.example> ORCPT=rfc822", "501 5.5.4 RFC 3461 4.2" },
	{ "RCPT TO:<a@b.example> ORCPT=rfc822;", "501 5.5.4 RFC 3461 4.2" },
	{ "RCPT TO:<a@b.example> ORCPT=;a", "501 5.5.4 RFC 3461 4.2" },
	{ "RCPT TO:<a@b.example> ORCPT=r,c;a", "501 5.5.4 RFC 3461 4.2" },
	{ "RCPT TO:<a@b.example> ORCPT=x;a+0D+0Ab",
	    "501 5.5.4 RFC 3461 4.2" },
	{ "RCPT TO:<a@b.example> ORCPT=x;" A250 A100 A100 A10 A10 A10 A10
	    "aaaaaaaa", "4 path=a@b.example orcpt=x;" A250 A100 A100 A10 A10
	    A10 A10 "aaaaaaaa" },
	{ "RCPT TO:<a@b.example> ORCPT=x;" A500, "501 5.5.4 RFC 3461 4.2" },
	{ "RCPT TO:<a@b.example> SIZE=1", "555 5.5.4 RFC 5321 4.1.1.11" },
	/* BDAT */
	{ "BDAT 0", "6 size=0" },
	{ "BDAT 10", "6 size=10" },
	{ "bdat 10 last", "6 size=10 last" },
	{ "BDAT 0 LAST", "6 size=0 last" },
	{ "BDAT  10  LAST ", "6 size=10 last" },
	{ "BDAT 99999999999999999999", "6 size=18446744073709551615" },
	{ "BDAT", "501 5.5.4 RFC 3030 2" },
	{ "BDAT LAST", "501 5.5.4 RFC 3030 2" },
	{ "BDAT -1", "501 5.5.4 RFC 3030 2" },
	{ "BDAT 1x", "501 5.5.4 RFC 3030 2" },
	{ "BDAT 1 LASTLY", "501 5.5.4 RFC 3030 2" },
	{ "BDAT 1 LAST 1", "501 5.5.4 RFC 3030 2" },
	{ "BDAT 000000000000000000001", "501 5.5.4 RFC 3030 2" },
};

static void
put(struct buf *b, const char *key, struct span s)
{
	if (s.n)
		buf_addf(b, " %s=%.*s", key, SPAN_ARG(s));
}

static void
put_xtext(struct buf *b, const char *key, struct span s)
{
	struct buf text = { .max = SMTP_ORCPT };

	assert_int_equal(smtp_xtext(&text, s), 0);
	put(b, key, buf_span(&text));
	buf_free(&text);
}

static void
describe(struct buf *b, const struct smtp_command *c, int size)
{
	buf_addf(b, "%d", (int)c->verb);
	put(b, "arg", c->arg);
	if (c->path.p)
		buf_addf(b, " path=%.*s", SPAN_ARG(c->path));
	if (size)
		buf_addf(b, " size=%llu", (unsigned long long)c->size);
	buf_adds(b, c->last ? " last" : "");
	buf_adds(b, c->utf8 ? " utf8" : "");
	put(b, "body", c->body);
	put(b, "ret", c->ret);
	put_xtext(b, "envid", c->envid);
	put(b, "notify", c->notify);
	put_xtext(b, "orcpt", c->orcpt);
}

static void
lines(void **state)
{
	struct buf b = { .max = 2048 };
	struct smtp_command c;
	struct verdict v;
	const char *rule;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof t / sizeof *t; i++) {
		buf_reset(&b);
		if (smtp_command_parse(span_of(t[i].in), &c, &v) == 0)
			describe(&b, &c, strstr(t[i].out, " size=") != NULL);
		else {
			rule = strrchr(v.text, '(');
			assert_non_null(rule);
			buf_addf(&b, "%u %s %.*s", v.code, v.enhanced,
			    (int)strlen(rule) - 2, rule + 1);
		}
		if (!span_eq(buf_span(&b), span_of(t[i].out)))
			fail_msg("%zu: %s: %.*s", i, t[i].in,
			    SPAN_ARG(buf_span(&b)));
	}
	buf_free(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(lines) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
