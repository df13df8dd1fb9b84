/* program_test - programs of a forwarding file: what they see, and what their
 * end means. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "localdeliver/scratch.h"

static struct scratch s;
static struct answer a;
static struct job j;

/* Runs entry 1 of a file with that line, NULL: that is gone; the answer is in
 * a. */
static void
run(const char *line, struct span message, int timeout_s)
{
	int fd;

	scratch_begin(&s);
	s.owner.program_timeout_s = (unsigned)timeout_s;
	if (line)
		scratch_put(&s, ".forward", line);
	fd = scratch_message(&s, message);
	scratch_job(&j, "alice+x@example.test");
	j.arrived = 1795305600;
	j.rcpt[0].nr = 7;
	j.rcpt[0].orig = SPAN("info@example.test");
	j.rcpt[0].ext = SPAN("x");
	j.rcpt[0].run = 1;
	j.rcpt[0].file = SPAN(".forward");
	scratch_child(&s, 1, 0);
	scratch_send(&s, &j, fd);
	close(fd);
	assert_int_equal(scratch_answer(&s, &a), 1);
	assert_int_equal(a.nr, 7);
	assert_int_equal(scratch_close(&s), 0);
}

static void
ends(void **state)
{
	static const struct {
		const char *line;
		unsigned code;
		const char *enhanced, *says;
	} row[] = {
		{ "\"|exit 0\"", 250, "2.0.0", "" },
		{ "\"|cat >/dev/null\"", 250, "2.0.0", "" },
		{ "\"|exit 99\"", 250, "2.0.0", "" },
		{ "\"|echo quiet; exit 0\"", 250, "2.0.0", "delivered" },
		{ "\"|exit 64\"", 550, "5.3.0", "64" },
		{ "\"|exit 65\"", 550, "5.6.0", "" },
		{ "\"|exit 66\"", 550, "5.3.0", "" },
		{ "\"|echo no such person; exit 67\"", 550, "5.1.1",
		    "no such person" },
		{ "\"|echo e >&2; exit 68\"", 550, "5.1.2", ": e" },
		{ "\"|exit 69\"", 550, "5.3.0", "" },
		{ "\"|exit 70\"", 550, "5.3.0", "" },
		{ "\"|exit 71\"", 451, "4.3.0", "" },
		{ "\"|exit 72\"", 550, "5.3.0", "" },
		{ "\"|exit 73\"", 550, "5.2.0", "" },
		{ "\"|exit 74\"", 451, "4.3.0", "" },
		{ "\"|exit 75\"", 451, "4.3.0", "temporary" },
		{ "\"|exit 76\"", 550, "5.5.0", "" },
		{ "\"|exit 77\"", 550, "5.7.0", "" },
		{ "\"|exit 78\"", 550, "5.3.5", "" },
		{ "\"|exit 79\"", 451, "4.3.0", "79" },
		{ "\"|exit 1\"", 451, "4.3.0", "" },
		{ "\"|exit 100\"", 550, "5.3.0", "" },
		{ "\"|exit 111\"", 451, "4.3.0", "" },
		{ "|/nowhere/prog", 451, "4.3.5", "127" },
		{ "|/etc/passwd", 451, "4.3.5", "126" },
		{ "\"|kill -9 $$\"", 451, "4.3.0", "signal 9" },
		{ "\"|kill -XFSZ $$\"", 451, "4.3.0", "signal 25" },
		{ "\"|kill -HUP $$\"", 451, "4.3.0", "signal 1" },
		{ "\"|printf 'a\\\\001b'; exit 67\"", 550, "5.1.1", "a?b" },
		{ "bob", 451, "4.3.5", "" },		/* no program */
		{ "# none", 451, "4.3.5", "no longer" },
		{ NULL, 451, "4.3.5", ".forward: no longer" },
		{ "\"|open", 451, "4.3.5", "line 1" }
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof row / sizeof *row; i++) {
		run(row[i].line, SPAN("A: b\r\n\r\nx\r\n"), 10);
		if (a.verdict.code != row[i].code ||
		    strcmp(a.verdict.enhanced, row[i].enhanced) != 0 ||
		    strstr(a.verdict.text, row[i].says) == NULL)
			fail_msg("row %zu: %u %s %s", i, a.verdict.code,
			    a.verdict.enhanced, a.verdict.text);
		scratch_end(&s);
	}
}

static void
sees(void **state)
{
	static const char *const want[] = {
		"\nSENDER=a@s.test\n", "\nRECIPIENT=alice+x@example.test\n",
		"\nORIGINAL_RECIPIENT=info@example.test\n",
		"\nLOCAL=alice+x\n", "\nEXT=x\n", "\nEXTENSION=x\n",
		"\nHOST=example.test\n", "\nDOMAIN=example.test\n",
		"\nUSER=alice\n", "\nLOGNAME=alice\n", "\nSHELL=/bin/sh\n",
		"\nMAIL_ID=" SCRATCH_ID "\n",
		"\nRPLINE=Return-Path: <a@s.test>\n\n",
		"\nDTLINE=Delivered-To: alice+x@example.test\n\n",
		"\nUFLINE=From a@s.test Sun Nov 22 00:00:00 2026\n\n"
	};
	struct buf text = { .max = 65536 };
	size_t i;
	int dir;

	(void)state;
	run("\"|cat >in; (echo; env) >env; pwd >pwd; ls /proc/self/fd >fd;"
	    " umask >umask\"\n", SPAN("A: b\r\n\r\nx\r\n"), 10);
	assert_int_equal(a.verdict.code, 250);
	dir = file_open_dir(AT_FDCWD, s.home);
	assert_int_equal(file_read_at(dir, "in", &text), 0);
	assert_true(span_eq(buf_span(&text), SPAN("Return-Path: <a@s.test>\n"
	    "Delivered-To: alice+x@example.test\nA: b\n\nx\n")));
	buf_reset(&text);
	assert_int_equal(file_read_at(dir, "env", &text), 0);
	for (i = 0; i < sizeof want / sizeof *want; i++)
		if (span_search(buf_span(&text), span_of(want[i])) == text.n)
			fail_msg("%s not in: %.*s", want[i],
			    SPAN_ARG(buf_span(&text)));
	buf_reset(&text);
	assert_int_equal(file_read_at(dir, "pwd", &text), 0);
	assert_true(span_eq(span_trim(buf_span(&text)), span_of(s.home)));
	buf_reset(&text);
	/* 3 is the listing's own */
	assert_int_equal(file_read_at(dir, "fd", &text), 0);
	assert_true(span_eq(buf_span(&text), SPAN("0\n1\n2\n3\n")));
	buf_free(&text);
	close(dir);
	scratch_end(&s);
}

/* Large messages and talkative programs, in every order. */
static void
flows(void **state)
{
	static const struct {
		const char *line;
		unsigned code;
	} row[] = {
		{ "\"|test $(wc -c) -eq 3000059\"\n", 250 },
		{ "\"|head -c 10 >/dev/null\"\n", 250 },
		{ "\"|true\"\n", 250 },
		{ "\"|exec <&-; sleep 0.2; exit 67\"\n", 550 },
		{ "\"|cat; cat\"\n", 250 },
		{ "\"|head -c 300000 /dev/zero; cat >/dev/null\"\n", 250 },
		{ "\"|exec >&- 2>&-; cat >/dev/null; sleep 0.2\"\n", 250 },
		{ "\"|(sleep 5 &) ; exit 67\"\n", 550 }
	};
	char *big = malloc(3000000);
	size_t i;

	(void)state;
	assert_non_null(big);
	memset(big, 'x', 3000000);
	for (i = 0; i < sizeof row / sizeof *row; i++) {
		run(row[i].line, span_mem(big, 3000000), 4);
		if (a.verdict.code != row[i].code)
			fail_msg("row %zu: %u %s", i, a.verdict.code,
			    a.verdict.text);
		scratch_end(&s);
	}
	free(big);
}

/* At its time's end the whole group goes. */
static void
timeout(void **state)
{
	static const char *const line[] = {
		"\"|sleep 3; echo >after\"\n",
		"\"|trap '' TERM; yes & sleep 3; echo >after\"\n",
		"\"|(sleep 2; echo >after) & wait\"\n",
		/* goes over to a group of its child's */
		"\"|command -v perl >/dev/null || exec sleep 3; exec perl -e '"
		"$q = $$; if (!($p = fork)) { setpgrp; sleep 1 while getppid "
		"== $q; exit } 1 until setpgrp 0, $p; sleep 1 while 1'"
		"\"\n"
	};
	char path[256];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof line / sizeof *line; i++) {
		run(line[i], SPAN("x\r\n"), 1);
		if (a.verdict.kind != VERDICT_LATER ||
		    strstr(a.verdict.text, "longer than 1 second") == NULL)
			fail_msg("row %zu: %s", i, a.verdict.text);
		if (i == 2) {
			sleep(2);
			snprintf(path, sizeof path, "%s/after", s.home);
			assert_int_equal(access(path, F_OK), -1);
		}
		scratch_end(&s);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ends),
		cmocka_unit_test(sees),
		cmocka_unit_test(flows),
		cmocka_unit_test(timeout)
	};

	signal(SIGXFSZ, SIG_IGN);	/* as the monitor does */
	signal(SIGHUP, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
