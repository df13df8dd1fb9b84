/* compress: a session that is deflated in the middle, by zlib's own hand. */
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <setjmp.h>
#include <cmocka.h>
#include <zlib.h>

#include "imapd/loop.h"
#include "sys/log.h"
#include "sys/remove_tree.h"

static char dir[] = "/tmp/correo-compress-XXXXXX";
static int fd;
static z_stream in, out;

static void
session(int end)
{
	static struct imapd_conf conf = { .timeout = 60,
	    .command_timeout = 60, .min_rate = 1, .look = 1,
	    .still_here = 120, .max_errors = 20, .max_append = 1 << 20 };
	static struct site site = { .hostname = "mx.example.test" };
	static struct role_env env = { .site = &site, .conf = &conf,
	    .control = -1 };
	static struct mailbox mailbox;
	static struct note n;

	dup2(open("/dev/null", O_WRONLY), 2);
	snprintf(mailbox.maildir, sizeof mailbox.maildir, "%s/Maildir", dir);
	mkdir(mailbox.maildir, 0700);
	memcpy(n.facts.helo, "l PLAIN", 8);
	_exit(loop_session(&env, &n, end, &mailbox, 0));
}

/* Sends the text, packed or not, in pieces of one size. */
static void
say(const char *text, int packed, size_t piece)
{
	unsigned char b[8192];
	size_t n = strlen(text), at, part;

	if (packed) {
		out.next_in = (unsigned char *)(uintptr_t)text;
		out.avail_in = (unsigned)n;
		out.next_out = b;
		out.avail_out = sizeof b;
		assert_int_equal(deflate(&out, Z_SYNC_FLUSH), Z_OK);
		n = sizeof b - out.avail_out;
	} else
		memcpy(b, text, n);
	for (at = 0; at < n; at += part) {
		part = n - at < piece ? n - at : piece;
		assert_int_equal(write(fd, b + at, part), (ssize_t)part);
	}
}

/* Reads until what was told ends so; fails after what the session waits. */
static void
hear(const char *end, int packed)
{
	static unsigned char raw[4096], text[1 << 20];
	struct span all;
	size_t n = 0;
	ssize_t r;

	for (;;) {
		all = span_mem(text, n);
		if (span_search(all, span_of(end)) < n)
			return;
		r = read(fd, raw, sizeof raw);
		if (r <= 0)
			fail_msg("no %s in: %.*s", end, SPAN_ARG(all));
		in.next_in = raw;
		in.avail_in = (unsigned)r;
		in.next_out = text + n;
		in.avail_out = (unsigned)(sizeof text - n);
		if (packed) {
			assert_int_equal(inflate(&in, Z_SYNC_FLUSH), Z_OK);
			n = sizeof text - in.avail_out;
		} else {
			memcpy(text + n, raw, (size_t)r);
			n += (size_t)r;
		}
	}
}

static void
test_session(void **state)
{
	int pair[2], status, i;
	pid_t pid;

	(void)state;
	assert_non_null(mkdtemp(dir));
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	if ((pid = fork()) == 0) {
		close(pair[0]);
		session(pair[1]);
	}
	close(pair[1]);
	fd = pair[0];
	assert_int_equal(inflateInit2(&in, -15), Z_OK);
	assert_int_equal(deflateInit2(&out, 9, Z_DEFLATED, -15, 8,
	    Z_DEFAULT_STRATEGY), Z_OK);
	hear("COMPRESS=DEFLATE", 0);
	say("a COMPRESS LZMA\r\n", 0, 100);
	hear("a BAD", 0);
	say("b COMPRESS DEFLATE\r\n", 0, 100);
	hear("b OK DEFLATE from here on\r\n", 0);
	say("c COMPRESS DEFLATE\r\n", 1, 100);
	hear("c NO [COMPRESSIONACTIVE]", 1);
	/* byte by byte; many commands at once */
	say("d APPEND INBOX {12+}\r\nSubject: x\r\n\r\n", 1, 1);
	hear("d OK [APPENDUID", 1);
	say("e SELECT INBOX\r\nf FETCH 1 BODY.PEEK[]\r\ng NOOP\r\n", 1, 1000);
	hear("Subject: x\r\n)\r\nf OK fetched\r\ng OK", 1);
	/* IDLE and its end in one piece: no poll would see the latter */
	for (i = 0; i < 300; i++)
		say("h NOOP\r\n", 1, 1000);
	say("i IDLE\r\nDONE\r\nj NOOP\r\n", 1, 1000);
	hear("j OK", 1);
	say("k LOGOUT\r\n", 1, 1000);
	hear("k OK logged out\r\n", 1);
	waitpid(pid, &status, 0);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	assert_int_equal(remove_tree(dir), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_session) };

	log_program("imapd");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
