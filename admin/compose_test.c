/* compose: what is added, left out, qualified, and who is a recipient. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <stdio.h>
#include <cmocka.h>

#include "admin/compose.h"
#include "mail/header_list.h"

#define ADDED "From: \"N \\\"x\\\"\" <u@h.test>\r\n" DATED
#define DATED "Date: Thu, 1 Jan 1970 00:00:00 +0000\r\n" \
	"Message-ID: <id@h.test>\r\n\r\n"

static const struct {
	const char *in, *out, *rcpts;
	int rest;			/* bytes not used */
} rows[] = {
	{ "", ADDED, "", 0 },
	{ "\r\nbody", ADDED, "", 4 },
	{ "body\r\n", ADDED, "", 6 },
	{ "From: root (Cron Daemon)\r\nTo: root\r\n\r\nx",
	    "From: root@h.test (Cron Daemon)\r\nTo: root@h.test\r\n" DATED,
	    "root@h.test\n", 1 },
	{ "from: a@b.c\r\ndate: x\r\nMessage-Id: y\r\n\r\n",
	    "from: a@b.c\r\ndate: x\r\nMessage-Id: y\r\n\r\n", "", 0 },
	{ "From: a@b.c\r\nBcc: d@e.f,\r\n g\r\nReturn-Path: <x>\r\n\r\n",
	    "From: a@b.c\r\n" DATED, "d@e.f\ng@h.test\n", 0 },
	{ "From: A <a>\r\nTo: \"Q, <x>\" <b@c.d>, G: e@f.g, h;,\r\n i (c, d)"
	    "\r\n\r\n", "From: A <a@h.test>\r\nTo: \"Q, <x>\" <b@c.d>, "
	    "G: e@f.g, h@h.test;,\r\n i@h.test (c, d)\r\n" DATED,
	    "b@c.d\ne@f.g\nh@h.test\ni@h.test\n", 0 },
	{ "From: Cron <root@localhost>, x@Node (y)\r\nTo: z@localhost\r\n"
	    "Reply-To: <@r:q@node>, a@node.b\r\n\r\n",
	    "From: Cron <root@h.test>, x@h.test (y)\r\nTo: z@localhost\r\n"
	    "Reply-To: <@r:q@h.test>, a@node.b\r\n" DATED, "z@localhost\n", 0 },
	{ "From: a@b.c\r\nTo: no@b.c\r\nResent-To: yes@b.c\r\n\r\n",
	    "From: a@b.c\r\nTo: no@b.c\r\nResent-To: yes@b.c\r\n" DATED,
	    "yes@b.c\n", 0 },
	{ "From alice Thu Jan  1\r\nFrom: a@b.c\r\n\r\n",
	    "From: a@b.c\r\n" DATED, "", 0 },
	{ "To: undisclosed-recipients:;\r\nFrom: <a@b.c>\r\n\r\n",
	    "To: undisclosed-recipients:;\r\nFrom: <a@b.c>\r\n" DATED, "", 0 },
	{ "From: a@b.c\r\nTo: <@r1,@r2:d@e.f>\r\n\r\n",
	    "From: a@b.c\r\nTo: <@r1,@r2:d@e.f>\r\n" DATED, "d@e.f\n", 0 },
	{ "From: a@b.c\r\nSubject: x\r\n y\r\nbody starts here\r\nTo: z\r\n",
	    "From: a@b.c\r\nSubject: x\r\n y\r\n" DATED, "", 25 }
};

static void
test_rows(void **state)
{
	const struct compose c = { "h.test", "id", 0, "u@h.test", "N \"x\"",
	    1, "node" };
	struct buf out = { .max = 4096 }, rcpts = { .max = 4096 };
	const char *why = "";
	size_t i, used;

	(void)state;
	for (i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct span in = span_of(rows[i].in);

		buf_reset(&out);
		buf_reset(&rcpts);
		if (compose_header(in, &c, &out, &rcpts, &used, &why) < 0)
			fail_msg("%zu: %s", i, why);
		if (!span_eq(buf_span(&out), span_of(rows[i].out)) ||
		    !span_eq(buf_span(&rcpts), span_of(rows[i].rcpts)) ||
		    in.n - used != (size_t)rows[i].rest)
			fail_msg("%zu: '%.*s' '%.*s' %zu", i,
			    SPAN_ARG(buf_span(&out)),
			    SPAN_ARG(buf_span(&rcpts)), in.n - used);
	}
	buf_free(&out);
	buf_free(&rcpts);
}

static void
test_names(void **state)
{
	static const struct {
		const char *name, *from;
	} t[] = {
		{ "", "" }, { "A \\ B", "\"A \\\\ B\" " },
		{ "J\303\266rg \"Q\"", "=?utf-8?b?SsO2cmcgIlEi?= " },
		{ "12345678901234567890123456789012345678901234\303\266x",
		    "=?utf-8?b?MTIzNDU2Nzg5MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2N"
		    "zg5MDEyMzQ=?=\r\n =?utf-8?b?w7Z4?= " },
		{ "J\366rg", "" }	/* no UTF-8 */
	};
	struct compose c = { "h.test", "id", 0, "u@h.test", "", 0, "" };
	struct buf out = { .max = 4096 }, rcpts = { .max = 4096 };
	char want[200];
	const char *why = "";
	size_t i, used;

	(void)state;
	for (i = 0; i < sizeof t / sizeof *t; i++) {
		buf_reset(&out);
		c.name = t[i].name;
		snprintf(want, sizeof want, "From: %s<u@h.test>\r\n",
		    t[i].from);
		if (compose_header(SPAN("\r\n"), &c, &out, &rcpts, &used,
		    &why) < 0 || !span_starts(buf_span(&out), span_of(want)))
			fail_msg("%zu: '%.*s'", i, SPAN_ARG(buf_span(&out)));
	}
	buf_free(&out);
	buf_free(&rcpts);
}

static void
test_refused(void **state)
{
	static const struct {
		const char *in, *address;
	} bad[] = {
		{ "To: a, John Doe\r\n\r\n", "John Doe" },
		{ "To: a@b@c\r\n\r\n", "a@b@c" },
		{ "To: <>\r\n\r\n", "" },	/* nobody */
		{ "Cc: a@\r\n\r\n", "a@" },
		{ "Bcc: \"x\r\n\r\n", "\"x" }
	};
	const struct compose c = { "h.test", "id", 0, "u@h.test", "", 1, "" };
	struct buf out = { .max = 4096 }, rcpts = { .max = 4096 };
	const char *why = "";
	size_t i, used;
	int r;

	(void)state;
	for (i = 0; i < sizeof bad / sizeof *bad; i++) {
		buf_reset(&rcpts);
		r = compose_header(span_of(bad[i].in), &c, &out, &rcpts,
		    &used, &why);
		if ((r < 0) != (*bad[i].address != '\0') ||
		    !span_eq(buf_span(&rcpts), span_of(bad[i].address)))
			fail_msg("%zu: '%.*s'", i, SPAN_ARG(buf_span(&rcpts)));
	}
	buf_free(&out);
	buf_free(&rcpts);
}

static void
test_list(void **state)
{
	static const struct {
		const char *in, *out;	/* each with | behind it */
	} t[] = {
		{ "", "" }, { " , ;", "" }, { "a", "a|" },
		{ "a, b ,c", "a|b|c|" }, { "(x) a (y(z\\)) )", "a|" },
		{ "N M <a>", "a|" }, { "\"a, b\" <c>", "c|" },
		{ "\"a\\\"b\"@c, d", "\"a\\\"b\"@c|d|" },
		{ "<\"a>b\"@c>", "\"a>b\"@c|" }, { "g: a, b; c", "a|b|c|" },
		{ "a@[1:2,3]", "a@[1:2,3]|" }, { "<a", "a|" }, { "\"a", "\"a|" },
		{ "(a", "" }, { "a b", "a b|" }, { "< a >", "a|" }
	};
	struct buf out = { .max = 256 };
	struct span in, a;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof t / sizeof *t; i++) {
		buf_reset(&out);
		for (in = span_of(t[i].in); header_list_next(&in, &a);) {
			buf_addspan(&out, a);
			buf_addc(&out, '|');
		}
		if (!span_eq(buf_span(&out), span_of(t[i].out)))
			fail_msg("%zu: %.*s", i, SPAN_ARG(buf_span(&out)));
	}
	buf_free(&out);
}

int
main(void)
{
	const struct CMUnitTest t[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_list)
	};

	return cmocka_run_group_tests(t, NULL, NULL);
}
