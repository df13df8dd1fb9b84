/* args and sendmail_args: options in every place and form. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <string.h>

#include "admin/args.h"
#include "admin/sendmail_args.h"

enum { WORDS = 24 };

static int
split(const char *line, char *copy, size_t size, char **argv)
{
	struct span in = span_of(line), word;
	int n = 0;

	memset(copy, 0, size);
	memcpy(copy, line, strlen(line));
	while (n < WORDS && span_word(&in, &word)) {
		argv[n] = copy + (word.p - (const unsigned char *)line);
		argv[n++][word.n] = '\0';
	}
	argv[n] = NULL;
	return n;
}

static const struct {
	const char *in, *words;		/* NULL: refused */
	int json, all;
	const char *config, *domain;
} rows[] = {
	{ "correo queue list", "queue list ", 0, 0, "", "" },
	{ "correo -j queue list", "queue list ", 1, 0, "", "" },
	{ "correo queue list -j", "queue list ", 1, 0, "", "" },
	{ "correo queue -c f list --all", "queue list ", 0, 1, "f", "" },
	{ "correo -cf x", "x ", 0, 0, "f", "" },
	{ "correo x --domain d", "x ", 0, 0, "", "d" },
	{ "correo x --domain=d", "x ", 0, 0, "", "d" },
	{ "correo x --domain=", "x ", 0, 0, "", "" },
	{ "correo x -- -j --all", "x -j --all ", 0, 0, "", "" },
	{ "correo x -", "x - ", 0, 0, "", "" },
	{ "correo", "", 0, 0, "", "" },
	{ .in = "correo x -z" },
	{ .in = "correo x --al" },
	{ .in = "correo x --allx" },
	{ .in = "correo x --all=1" },
	{ .in = "correo x -jx" },
	{ .in = "correo x --domainx d" },
	{ .in = "correo x --domain" },
	{ .in = "correo x -c" }
};

static void
test_args(void **state)
{
	struct buf why = { .max = 256 }, words = { .max = 256 };
	char copy[256], *argv[WORDS + 1];
	struct args a;
	size_t i, k;
	int r;

	(void)state;
	for (i = 0; i < sizeof rows / sizeof *rows; i++) {
		r = args_parse(split(rows[i].in, copy, sizeof copy, argv),
		    argv, &a, &why);
		if ((r == 0) != (rows[i].words != NULL))
			fail_msg("%zu: %s", i, rows[i].in);
		if (r < 0)
			continue;
		buf_reset(&words);
		for (k = 0; k < a.nwords; k++)
			buf_addf(&words, "%s ", a.word[k]);
		if (!span_eq(buf_span(&words), span_of(rows[i].words)) ||
		    a.json != rows[i].json || a.all != rows[i].all ||
		    strcmp(a.config ? a.config : "", rows[i].config) != 0 ||
		    strcmp(a.domain ? a.domain : "", rows[i].domain) != 0)
			fail_msg("%zu: %s", i, rows[i].in);
	}
	buf_free(&why);
	buf_free(&words);
}

static const struct {
	const char *in;
	int result;
	enum sendmail_mode mode;
	int t, dot, v;
	const char *sender, *notify, *ret;
	size_t nrcpt;
} mails[] = {
	{ "sendmail a b", 0, SENDMAIL_SEND, 0, 1, 0, "", "", "", 2 },
	{ "/usr/sbin/sendmail -t -i", 0, SENDMAIL_SEND, 1, 0, 0, "", "", "",
	    0 },
	{ "sendmail -ti", 0, SENDMAIL_SEND, 1, 0, 0, "", "", "", 0 },
	{ "sendmail -oi -oem -odb -om a", 0, SENDMAIL_SEND, 0, 0, 0, "", "",
	    "", 1 },
	{ "sendmail -o i -f x@y -- -a", 0, SENDMAIL_SEND, 0, 0, 0, "x@y", "",
	    "", 1 },
	{ "sendmail -fx@y -FName a", 0, SENDMAIL_SEND, 0, 1, 0, "x@y", "", "",
	    1 },
	{ "sendmail -r x -v a", 0, SENDMAIL_SEND, 0, 1, 1, "x", "", "", 1 },
	{ "sendmail a -t", 0, SENDMAIL_SEND, 0, 1, 0, "", "", "", 2 },
	{ "sendmail -bm -q15m -q -O x=y -B 8BITMIME -h 5 -m -n -e m -U -G a",
	    0, SENDMAIL_SEND, 0, 1, 0, "", "", "", 1 },
	{ "sendmail -N never -R hdrs -V e1 a", 0, SENDMAIL_SEND, 0, 1, 0, "",
	    "NEVER", "HDRS", 1 },
	{ "sendmail -N delay,Success,failure -R FULL a", 0, SENDMAIL_SEND, 0,
	    1, 0, "", "SUCCESS,FAILURE,DELAY", "FULL", 1 },
	{ "sendmail -bp", 0, SENDMAIL_QUEUE, 0, 1, 0, "", "", "", 0 },
	{ "mailq", 0, SENDMAIL_QUEUE, 0, 1, 0, "", "", "", 0 },
	{ "/usr/bin/newaliases", 0, SENDMAIL_ALIASES, 0, 1, 0, "", "", "", 0 },
	{ "sendmail -bi", 0, SENDMAIL_ALIASES, 0, 1, 0, "", "", "", 0 },
	{ "sendmail -I", 0, SENDMAIL_ALIASES, 0, 1, 0, "", "", "", 0 },
	{ "sendmail -bs -i", 0, SENDMAIL_DIALOGUE, 0, 0, 0, "", "", "", 0 },
	{ "sendmail -t -bs", 0, SENDMAIL_DIALOGUE, 0, 1, 0, "", "", "", 0 },
	{ .in = "sendmail -bS", .result = -1 },
	{ .in = "sendmail -bd", .result = -1 },
	{ .in = "sendmail -bv a", .result = -1 },
	{ .in = "sendmail -bz", .result = -1 },
	{ .in = "sendmail -N maybe a", .result = -1 },
	{ .in = "sendmail -N never,delay a", .result = -1 },
	{ .in = "sendmail -R some a", .result = -1 },
	{ .in = "sendmail -Z a", .result = -1 },
	{ .in = "sendmail -f", .result = -1 }
};

static void
test_sendmail(void **state)
{
	struct buf why = { .max = 1024 };
	/* one for each row: getopt keeps a pointer into the last word */
	static char copy[sizeof mails / sizeof *mails][256];
	char *argv[WORDS + 1];
	struct sendmail_args a;
	size_t i;
	int argc;

	(void)state;
	for (i = 0; i < sizeof mails / sizeof *mails; i++) {
		buf_reset(&why);
		argc = split(mails[i].in, copy[i], sizeof copy[i], argv);
		if (sendmail_args(argc, argv, &a, &why) != mails[i].result)
			fail_msg("%zu: %s: %.*s", i, mails[i].in,
			    SPAN_ARG(buf_span(&why)));
		if (mails[i].result < 0) {
			if (why.n == 0)
				fail_msg("%zu: no reason", i);
			continue;
		}
		if (a.mode != mails[i].mode || a.nrcpt != mails[i].nrcpt ||
		    a.take_recipients != mails[i].t ||
		    a.dot_ends != mails[i].dot || a.verbose != mails[i].v ||
		    strcmp(a.sender ? a.sender : "", mails[i].sender) != 0 ||
		    strcmp(a.notify, mails[i].notify) != 0 ||
		    strcmp(a.ret ? a.ret : "", mails[i].ret) != 0)
			fail_msg("%zu: %s", i, mails[i].in);
	}
	buf_free(&why);
}

int
main(void)
{
	const struct CMUnitTest t[] = {
		cmocka_unit_test(test_args),
		cmocka_unit_test(test_sendmail)
	};

	return cmocka_run_group_tests(t, NULL, NULL);
}
