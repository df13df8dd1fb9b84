/* dialogue: what is said and what lies in the drop, whole and byte by byte. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "admin/dialogue.h"
#include "mail/envelope.h"
#include "sys/file.h"

#define HELLO "220 mail.test ESMTP correo\r\n"
#define BYE "221 2.0.0 mail.test closes the connection\r\n"
#define SENDER "250 2.1.0 sender ok\r\n"
#define RCPT "250 2.1.5 recipient ok\r\n"
#define GO "354 end with a line of one dot\r\n"
#define LEFT "250 2.0.0 left as ID for queued\r\n"
#define TO "MAIL FROM:<a@b.c>\r\nRCPT TO:<d@e.f>\r\n"
#define TAKEN SENDER RCPT GO LEFT
#define FIELDS "From: a@b.c\r\nDate: d\r\nMessage-ID: <m>\r\n"
#define MAIL(body) TO "DATA\r\n" FIELDS "\r\n" body ".\r\n"
#define MAX 200

static const struct {
	const char *in, *out;
	const char *drop;	/* SENDER>RCPT,...[ BODY8][ UTF8]|text */
	int status;
	int whole;			/* only when it comes at once */
} rows[] = {
	{ "", HELLO, "", 0, 0 },
	{ "QUIT\r\nNOOP\r\n", HELLO BYE, "", 0, 0 },
	{ "helo x\r\n", HELLO "250 mail.test\r\n", "", 0, 0 },
	{ "EHLO [127.0.0.1]\r\n", HELLO "250-mail.test\r\n250-8BITMIME\r\n"
	    "250-SMTPUTF8\r\n250-PIPELINING\r\n250-ENHANCEDSTATUSCODES\r\n"
	    "250 SIZE 200\r\n", "", 0, 0 },
	{ "NOOP\r\nRSET\r\nVRFY a\r\nHELP\r\nBLAH\r\nBDAT 0\r\nSTARTTLS\r\n",
	    HELLO "250 2.0.0 ok\r\n250 2.0.0 forgotten\r\n252 2.5.0 not "
	    "verified here; a report says whom mail did not reach\r\n214 "
	    "2.0.0 EHLO HELO MAIL RCPT DATA RSET NOOP QUIT VRFY HELP (RFC "
	    "5321)\r\n500 5.5.2 unknown command (RFC 5321 4.2.4)\r\n502 5.5.1 "
	    "command not offered here (RFC 5321 4.2.4)\r\n502 5.5.1 command "
	    "not offered here (RFC 5321 4.2.4)\r\n", "", 0, 0 },
	/* messages */
	{ MAIL("x\r\n") "QUIT\r\n", HELLO TAKEN BYE,
	    "a@b.c>d@e.f|" FIELDS "\r\nx\r\n", 0, 0 },
	{ MAIL("1\r\n") MAIL("2\r\n"), HELLO TAKEN TAKEN,
	    "a@b.c>d@e.f|" FIELDS "\r\n1\r\n" "a@b.c>d@e.f|" FIELDS
	    "\r\n2\r\n", 0, 0 },
	{ MAIL("..\r\n...x\r\n.y\r\n"), HELLO TAKEN,
	    "a@b.c>d@e.f|" FIELDS "\r\n.\r\n..x\r\ny\r\n", 0, 0 },
	{ "MAIL FROM:<> SIZE=9 BODY=8BITMIME\r\nRCPT TO:<postmaster>\r\n"
	    "RCPT TO:<d@e.f>\r\nRCPT TO:<d@e.f>\r\nDATA\r\n" FIELDS
	    "Bcc: no@b.c\r\n\r\n\303\244\r\n.\r\n", HELLO SENDER RCPT RCPT RCPT
	    GO LEFT, ">postmaster@mail.test,d@e.f BODY8|" FIELDS
	    "\r\n\303\244\r\n", 0, 0 },
	{ "MAIL FROM:<root@localhost> SMTPUTF8\r\nRCPT TO:<\303\244@e.f>\r\n"
	    "RCPT TO:<x@[IPv6:::1]>\r\nDATA\r\n" FIELDS "\r\n.\r\n", HELLO
	    SENDER RCPT RCPT GO LEFT, "root@mail.test>\303\244@e.f,"
	    "x@[IPv6:::1] UTF8|" FIELDS "\r\n", 0, 0 },
	/* what is not sent */
	{ MAIL("1\r\n") TO "DATA\r\n" FIELDS "\r\nno end\r\n", HELLO TAKEN
	    SENDER RCPT GO, "a@b.c>d@e.f|" FIELDS "\r\n1\r\n", 0, 0 },
	{ TO "RSET\r\nDATA\r\n", HELLO SENDER RCPT "250 2.0.0 forgotten\r\n"
	    "503 5.5.1 MAIL comes first (RFC 5321 4.1.4)\r\n", "", 0, 0 },
	{ TO "EHLO x\r\nRCPT TO:<d@e.f>\r\n", HELLO SENDER RCPT
	    "250-mail.test\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n"
	    "250-PIPELINING\r\n250-ENHANCEDSTATUSCODES\r\n250 SIZE 200\r\n"
	    "503 5.5.1 MAIL comes first (RFC 5321 4.1.4)\r\n", "", 0, 0 },
	{ MAIL("a\n.\nb\r\n") MAIL("c\r\n"), HELLO SENDER RCPT GO "550 5.6.0 "
	    "message has CR or LF alone, or NUL (RFC 5321 2.3.8, 4.5.2)\r\n"
	    TAKEN, "a@b.c>d@e.f|" FIELDS "\r\nc\r\n", 0, 0 },
	{ MAIL("a\r.\r\nb\r\n"), HELLO SENDER RCPT GO "550 5.6.0 message has "
	    "CR or LF alone, or NUL (RFC 5321 2.3.8, 4.5.2)\r\n", "", 0, 0 },
	{ MAIL("0123456789012345678901234567890123456789012345678901234567890"
	    "123456789012345678901234567890123456789012345678901234567890123"
	    "456789012345678901234567890123456789012345678901234567890123456"
	    "789012345678901234567890123456789012345678901234567890123456789"
	    "\r\n") MAIL("c\r\n"), HELLO SENDER RCPT GO "552 5.3.4 the message "
	    "is larger than sendmail.max_size (200 bytes)\r\n" TAKEN,
	    "a@b.c>d@e.f|" FIELDS "\r\nc\r\n", 0, 0 },
	/* order, parameters, addresses */
	{ "RCPT TO:<d@e.f>\r\nMAIL FROM:<a@b.c>\r\nMAIL FROM:<a@b.c>\r\n"
	    "DATA\r\n", HELLO "503 5.5.1 MAIL comes first (RFC 5321 4.1.4)\r\n"
	    SENDER "503 5.5.1 a message is begun already (RFC 5321 4.1.4)\r\n"
	    "554 5.5.1 no valid recipients (RFC 5321 3.3)\r\n", "", 0, 0 },
	{ "MAIL FROM:<a@b.c> SIZE=201\r\nMAIL FROM:<a@b.c> RET=FULL\r\n"
	    "MAIL FROM:<\303\244@b.c>\r\nMAIL FROM:<a@b.c> X=1\r\n" TO
	    "RCPT TO:<d@e.f> NOTIFY=NEVER\r\nRCPT TO:<\303\244@e.f>\r\n"
	    "RCPT TO:<d e@f>\r\n", HELLO "552 5.3.4 no message over 200 "
	    "octets (RFC 1870 6.1)\r\n555 5.5.4 parameter not known here (RFC "
	    "5321 4.1.1.11)\r\n553 5.6.7 this address needs SMTPUTF8 with "
	    "MAIL (RFC 6531 3.2)\r\n555 5.5.4 parameter not known here (RFC "
	    "5321 4.1.1.11)\r\n" SENDER RCPT "555 5.5.4 parameter not known "
	    "here (RFC 5321 4.1.1.11)\r\n553 5.6.7 this address needs "
	    "SMTPUTF8 with MAIL (RFC 6531 3.2)\r\n553 5.1.3 an address is "
	    "local-part@domain (RFC 5321 4.1.2)\r\n", "", 0, 0 },
	/* the end of it */
	{ "NOOP\nNOOP\r\n", HELLO "500 5.5.2 command ended by LF without CR "
	    "(RFC 5321 2.3.8)\r\n", "", EX_PROTOCOL, 0 },
	{ "DATA\r\n" TO "DATA\r\n\r\n.\r\n", HELLO "503 5.5.1 MAIL comes first "
	    "(RFC 5321 4.1.4)\r\n", "", EX_PROTOCOL, 1 }
};

static char base[] = "/tmp/dialogue_test.XXXXXX";
static struct config config = { .site = { .hostname = "mail.test",
    .user_prefix = "correo", .state_dir = base }, .via = "",
    .max_size = MAX };

static char *
path_of(const char *name)
{
	static char path[2][512];
	static int turn;

	turn = !turn;
	snprintf(path[turn], sizeof path[turn], "%s/%s", base, name);
	return path[turn];
}

static int
setup(void **state)
{
	(void)state;
	if (mkdtemp(base) == NULL)
		return -1;
	return mkdir(path_of("drop"), 0755) | mkdir(path_of("drop/tmp"),
	    0755) | mkdir(path_of("drop/new"), 0755);
}

static int
teardown(void **state)
{
	(void)state;
	return rmdir(path_of("drop/tmp")) | rmdir(path_of("drop/new")) |
	    rmdir(path_of("drop")) | rmdir(base);
}

/* A file, or a socket with a byte in each record. */
static int
input(struct span in, int bytes)
{
	FILE *f;
	size_t i;
	int fd[2];

	if (!bytes) {
		assert_non_null(f = tmpfile());
		assert_true((fd[0] = dup(fileno(f))) >= 0);
		assert_int_equal(file_write(fd[0], in), 0);
		assert_int_equal(lseek(fd[0], 0, SEEK_SET), 0);
		fclose(f);
		return fd[0];
	}
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, fd), 0);
	if (fork() == 0) {
		close(fd[0]);
		for (i = 0; i < in.n; i++)
			if (send(fd[1], in.p + i, 1, MSG_NOSIGNAL) < 0)
				break;
		_exit(0);
	}
	close(fd[1]);
	return fd[0];
}

/* What was said, with ID for each name of a file. */
static void
said(FILE *f, struct buf *out)
{
	static char text[65536];
	const char *p = text, *at;
	size_t n;

	rewind(f);
	n = fread(text, 1, sizeof text - 1, f);
	text[n] = '\0';
	while ((at = strstr(p, "left as "))) {
		at += strlen("left as ");
		buf_add(out, p, (size_t)(at - p));
		buf_adds(out, "ID");
		p = at + QUEUE_ID;
	}
	buf_adds(out, p);
	buf_addc(out, '\0');
}

static void
add_file(const char *name, struct buf *out)
{
	struct buf bytes = { .max = 1 << 20 };
	struct envelope e;
	struct queue_head h;
	const char *why;
	char body[MAX];
	int fd = open(path_of(name), O_RDONLY);
	size_t i;

	assert_true(fd >= 0);
	assert_int_equal(queue_whole(fd), 1);
	assert_int_equal(queue_read_head(fd, &h), 0);
	assert_int_equal(queue_read_envelope(fd, &h, &bytes), 0);
	assert_int_equal(envelope_parse(buf_span(&bytes), &e, &why), 0);
	assert_int_equal(file_pread(fd, body, (size_t)h.body, QUEUE_HEAD), 0);
	buf_addspan(out, e.sender);
	for (i = 0; i < e.nrcpt; i++) {
		buf_addc(out, i ? ',' : '>');
		buf_addspan(out, e.rcpt[i].address);
	}
	buf_adds(out, e.body.n ? " BODY8" : "");
	buf_adds(out, e.utf8 ? " UTF8" : "");
	buf_addc(out, '|');
	buf_add(out, body, (size_t)h.body);
	assert_int_equal(unlink(path_of(name)), 0);
	close(fd);
	envelope_free(&e);
	buf_free(&bytes);
}

static void
dropped(struct buf *out)
{
	struct dirent **d;
	char name[300];
	int i, n;

	assert_int_equal(n = scandir(path_of("drop/tmp"), &d, NULL, NULL), 2);
	free(d[0]);
	free(d[1]);
	free(d);
	n = scandir(path_of("drop/new"), &d, NULL, alphasort);
	for (i = 0; i < n; i++) {
		snprintf(name, sizeof name, "drop/new/%s", d[i]->d_name);
		if (d[i]->d_name[0] != '.')
			add_file(name, out);
		free(d[i]);
	}
	free(d);
	buf_addc(out, '\0');
}

static void
one(size_t i, int bytes)
{
	static const struct sendmail_args args;
	struct buf out = { .max = 65536 }, drop = { .max = 65536 };
	struct handin h;
	FILE *f = tmpfile();
	int fd, status;

	assert_non_null(f);
	handin_init(&h, &config, &args, getegid());
	buf_adds(&h.sender, "caller@mail.test");
	fd = input(span_of(rows[i].in), bytes);
	status = dialogue_serve(&h, fd, fileno(f));
	close(fd);
	said(f, &out);
	dropped(&drop);
	if (strcmp((char *)out.p, rows[i].out) != 0 || status !=
	    rows[i].status || strcmp((char *)drop.p, rows[i].drop) != 0)
		fail_msg("%zu%s: %d\n%s%s", i, bytes ? " in bytes" : "",
		    status, (char *)out.p, (char *)drop.p);
	fclose(f);
	buf_free(&out);
	buf_free(&drop);
	buf_free(&h.sender);
	buf_free(&h.rcpts);
	while (bytes && wait(NULL) > 0)
		;
}

static void
test_rows(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < sizeof rows / sizeof *rows; i++) {
		one(i, 0);
		if (!rows[i].whole)
			one(i, 1);
	}
}

/* Descriptors of one message are not there for the next; and the end of
 * patience. */
static void
test_many(void **state)
{
	static const struct sendmail_args args;
	struct buf in = { .max = 1 << 20 }, drop = { .max = 1 << 20 };
	FILE *f = tmpfile();
	struct handin h;
	int i, fd, before, after;

	(void)state;
	assert_non_null(f);
	for (i = 0; i < 50; i++)
		buf_adds(&in, MAIL("x\r\n"));
	for (i = 0; i < 102; i++)
		buf_adds(&in, "X\r\n");
	handin_init(&h, &config, &args, getegid());
	fd = input(buf_span(&in), 0);
	close(before = dup(0));
	assert_int_equal(dialogue_serve(&h, fd, fileno(f)), EX_PROTOCOL);
	close(after = dup(0));
	assert_int_equal(before, after);
	buf_reset(&in);
	said(f, &in);
	assert_non_null(strstr((char *)in.p,
	    "\r\n421 4.7.0 too many errors\r\n"));
	dropped(&drop);
	close(fd);
	fclose(f);
	buf_free(&in);
	buf_free(&drop);
	buf_free(&h.sender);
	buf_free(&h.rcpts);
}

/* Without the drop, and without sendmail.via: words, and no 354. */
static void
test_no_drop(void **state)
{
	static const struct sendmail_args args;
	struct buf out = { .max = 65536 };
	FILE *f = tmpfile();
	struct handin h;
	int fd;

	(void)state;
	assert_non_null(f);
	config.site.state_dir = "/nonexistent";
	handin_init(&h, &config, &args, getegid());
	fd = input(span_of(TO "DATA\r\n"), 0);
	assert_int_equal(dialogue_serve(&h, fd, fileno(f)), EX_OK);
	config.site.state_dir = base;
	said(f, &out);
	assert_non_null(strstr((char *)out.p, RCPT "451 4.3.5 /nonexistent/drop"
	    ": no right to leave a message there"));
	close(fd);
	fclose(f);
	buf_free(&out);
	buf_free(&h.sender);
	buf_free(&h.rcpts);
}

int
main(void)
{
	const struct CMUnitTest t[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_many),
		cmocka_unit_test(test_no_drop)
	};

	return cmocka_run_group_tests(t, setup, teardown);
}
