/* crew: what is printed keeps its order, and the highest status counts. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "admin/crew.h"
#include "admin/say.h"
#include "sys/file.h"

enum { MANY = 20 * CREW_PART + 7 };

struct work {
	size_t bad;			/* the one that fails */
	int status;			/* with that */
};

/* A line of 100 characters for each: a part is more than a pipe takes. */
static int
part(void *arg, size_t from, size_t to)
{
	const struct work *w = arg;
	struct buf out = { .max = 1 << 20 };
	int status = SAY_OK;

	for (; from < to; from++) {
		if (from == w->bad)
			status = w->status;
		buf_addf(&out, "%099zu\n", from);
	}
	return say_out(&out) < 0 ? SAY_AGAIN : status;
}

/* With standard output in that descriptor. */
static int
run_into(int fd, size_t n, struct work w)
{
	int saved = dup(STDOUT_FILENO), r;

	fflush(NULL);
	assert_true(saved >= 0 && dup2(fd, STDOUT_FILENO) >= 0);
	r = crew_run(n, part, &w);
	assert_true(dup2(saved, STDOUT_FILENO) >= 0);
	close(saved);
	return r;
}

static void
order(void **state)
{
	static const size_t rows[] = { 0, 1, CREW_PART, CREW_PART + 1, MANY };
	char name[] = "/tmp/crew.XXXXXX", line[101], want[101];
	size_t i, k;
	int fd = mkstemp(name);

	(void)state;
	assert_true(fd >= 0 && unlink(name) == 0);
	for (i = 0; i < sizeof rows / sizeof *rows; i++) {
		assert_int_equal(ftruncate(fd, 0), 0);
		assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
		assert_int_equal(run_into(fd, rows[i],
		    (struct work){ .bad = MANY }), SAY_OK);
		for (k = 0; k < rows[i]; k++) {
			assert_int_equal(file_pread(fd, line, 100,
			    (off_t)k * 100), 0);
			snprintf(want, sizeof want, "%099zu\n", k);
			assert_memory_equal(line, want, 100);
		}
		assert_int_equal(lseek(fd, 0, SEEK_END), (off_t)k * 100);
	}
	close(fd);
}

static void
statuses(void **state)
{
	int fd = open("/dev/null", O_WRONLY);

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(run_into(fd, MANY, (struct work){ 3 * CREW_PART,
	    SAY_FOUND }), SAY_FOUND);
	assert_int_equal(run_into(fd, MANY, (struct work){ MANY - 1,
	    SAY_FIX }), SAY_FIX);
	assert_int_equal(run_into(fd, 3, (struct work){ 2, SAY_FOUND }),
	    SAY_FOUND);
	close(fd);
}

/* Nobody reads: it ends, instead of waiting for children who wait for it. */
static void
unread(void **state)
{
	int end[2];

	(void)state;
	assert_int_equal(pipe(end), 0);
	close(end[0]);
	assert_int_equal(run_into(end[1], MANY, (struct work){ .bad = MANY }),
	    SAY_AGAIN);
	close(end[1]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(order),
		cmocka_unit_test(statuses),
		cmocka_unit_test(unread)
	};

	signal(SIGPIPE, SIG_IGN);
	alarm(120);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
