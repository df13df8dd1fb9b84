/* spool and message: a dropped file reads back as a queue file, with its hint;
 * and what state/ID says of a message. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <sys/stat.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "admin/message.h"
#include "admin/spool.h"
#include "mail/envelope.h"
#include "sys/file.h"

static char base[] = "/tmp/spool_test.XXXXXX";

static char *
path_of(const char *name)
{
	static char path[2][128];
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
	    0755) | mkdir(path_of("drop/new"), 0755) |
	    mkfifo(path_of("drop/trigger"), 0600);
}

static int
teardown(void **state)
{
	(void)state;
	(void)unlink(path_of("drop/trigger"));
	return rmdir(path_of("drop/tmp")) | rmdir(path_of("drop/new")) |
	    rmdir(path_of("drop")) | rmdir(base);
}

static void
test_commit(void **state)
{
	struct envelope e = { .class = CLASS_LOCAL, .class_arg = SPAN("7"),
	    .sender = SPAN("a@b.c") }, got = { 0 };
	struct envelope_rcpt r = { SPAN("d@e.f"), SPAN("NEVER"), { 0 } };
	struct buf env = { .max = 1024 }, back = { .max = 1024 };
	struct queue_head h;
	struct spool s;
	struct stat st;
	char line[64] = "", name[64], body[6];
	const char *why;
	int fifo = open(path_of("drop/trigger"), O_RDWR | O_NONBLOCK), fd;

	(void)state;
	assert_int_equal(spool_open(&s, base, 5), 0);
	assert_int_equal(spool_add(&s, SPAN("a\r\n")), 0);
	assert_int_equal(spool_add(&s, SPAN("b\r\n")), -1);
	assert_int_equal(errno, EFBIG);
	assert_int_equal(spool_add(&s, SPAN("xy")), 0);
	envelope_add_head(&env, &e);
	envelope_add_rcpt(&env, &r);
	assert_int_equal(spool_commit(&s, buf_span(&env)), 0);

	snprintf(name, sizeof name, "drop %s\n", s.name);
	assert_int_equal(read(fifo, line, sizeof line - 1), strlen(name));
	assert_string_equal(line, name);
	snprintf(name, sizeof name, "drop/new/%s", s.name);
	fd = open(path_of(name), O_RDONLY);
	assert_true(fd >= 0);
	assert_int_equal(fstat(fd, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0640);
	assert_int_equal(queue_read_head(fd, &h), 0);
	assert_int_equal(h.body, 5);
	assert_int_equal(file_pread(fd, body, 5, QUEUE_HEAD), 0);
	assert_memory_equal(body, "a\r\nxy", 5);
	assert_int_equal(queue_read_envelope(fd, &h, &back), 0);
	assert_int_equal(envelope_parse(buf_span(&back), &got, &why), 0);
	assert_int_equal(got.nrcpt, 1);
	assert_true(span_eq(got.rcpt[0].notify, SPAN("NEVER")));
	assert_int_equal(unlink(path_of(name)), 0);
	close(fd);
	close(fifo);
	envelope_free(&got);
	buf_free(&env);
	buf_free(&back);
}

static void
test_abort(void **state)
{
	struct spool s;
	char name[64];

	(void)state;
	assert_int_equal(spool_open(&s, base, 5), 0);
	snprintf(name, sizeof name, "drop/tmp/%s", s.name);
	assert_int_equal(access(path_of(name), F_OK), 0);
	spool_abort(&s);
	assert_int_equal(access(path_of(name), F_OK), -1);
	assert_int_equal(spool_open(&s, "/nonexistent", 5), -1);
	assert_int_equal(errno, ENOENT);
}

/* As if drop/ had been swapped between the two. */
static void
test_drop_of_two_owners(void **state)
{
	struct spool s;

	(void)state;
	if (geteuid() != 0) {
		print_message("skip: drop of two owners: needs root\n");
		skip();
	}
	assert_int_equal(chown(path_of("drop/tmp"), 1, (gid_t)-1), 0);
	assert_int_equal(spool_open(&s, base, 5), -1);
	assert_int_equal(errno, EPERM);
	assert_int_equal(chown(path_of("drop/tmp"), 0, (gid_t)-1), 0);
}

static void
test_story(void **state)
{
	static const struct {
		const char *story, *reason;
		const char *open;	/* recipients left, each with | */
	} t[] = {
		{ "", "", "a@x|b@x|" },
		{ "1 r1 done 250 2.0.0 local - ok\n", "", "b@x|" },
		{ "1 r1 later 451 4.7.1 smtp p t t\n2 r2 never 550 5.1.1 - - u"
		    "\n", "550 5.1.1 - - u", "a@x|" },
		{ "1 r1 later 451 x - - -\n2 r1 done 250 y - - -\n",
		    "451 x - - -", "b@x|" },
		{ "1 r2 to 2 c@y,d@z sender=e@f\n2 r3 done 250 x - - -\n", "",
		    "a@x|d@z|" },
		{ "1 r0 to 1 arch@x\n", "", "a@x|b@x|arch@x|" },
		{ "nonsense\n\n1 r9 done 250\nx r1 done 1\n1 r1 done 2 \\\n1 r1 do", "",
		    "a@x|b@x|" }
	};
	struct buf left = { .max = 256 };
	size_t i, k;

	(void)state;
	for (i = 0; i < sizeof t / sizeof *t; i++) {
		struct message m = { .story = { .max = 4096 }, .nrcpt = 2 };

		m.rcpt = calloc(2, sizeof *m.rcpt);
		assert_non_null(m.rcpt);
		m.rcpt[0].address = SPAN("a@x");
		m.rcpt[1].address = SPAN("b@x");
		buf_adds(&m.story, t[i].story);
		assert_int_equal(message_story(&m), 0);
		buf_reset(&left);
		for (k = 0; k < m.nrcpt; k++)
			if (!m.rcpt[k].finished) {
				buf_addspan(&left, m.rcpt[k].address);
				buf_addc(&left, '|');
			}
		if (!span_eq(buf_span(&left), span_of(t[i].open)) ||
		    !span_eq(m.reason, span_of(t[i].reason)))
			fail_msg("%zu: %.*s", i, SPAN_ARG(buf_span(&left)));
		message_free(&m);
	}
	buf_free(&left);
}

int
main(void)
{
	const struct CMUnitTest t[] = {
		cmocka_unit_test(test_commit),
		cmocka_unit_test(test_abort),
		cmocka_unit_test(test_drop_of_two_owners),
		cmocka_unit_test(test_story)
	};

	return cmocka_run_group_tests(t, setup, teardown);
}
