/* maildir_test - names, the making of a Maildir, repeats. */
#include <sys/stat.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "store/folder_name.h"
#include "store/maildir.h"
#include "sys/file.h"
#include "sys/remove_tree.h"

#define ID "1hqhsr2n466f907m4b33"

static char top[64];

static int
enter(void **state)
{
	(void)state;
	strlcpy(top, "/tmp/correo-maildir-XXXXXX", sizeof top);
	return mkdtemp(top) && chdir(top) == 0 ? 0 : -1;
}

static int
leave(void **state)
{
	(void)state;
	return chdir("/") || remove_tree(top);
}

static void
names(void **state)
{
	static const struct {
		int64_t s;
		unsigned nr;
		const char *host, *out;
	} row[] = {
		{ 1795300000, 1, "mx.example.test",
		    "1795300000.Q" ID "R1.mx.example.test" },
		{ 0, 10000, "a/b:c", "0.Q" ID "R10000.a\\057b\\072c" },
		{ 5, 2, "", "5.Q" ID "R2." }
	};
	char name[MAILDIR_NAME], sized[MAILDIR_NAME], host[300];
	uint64_t n, crlf;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof row / sizeof *row; i++) {
		maildir_name(name, row[i].s, SPAN(ID), row[i].nr, row[i].host);
		if (strcmp(name, row[i].out) != 0 ||
		    !maildir_name_is(name, SPAN(ID), row[i].nr) ||
		    maildir_name_is(name, SPAN(ID), row[i].nr + 1))
			fail_msg("row %zu: %s", i, name);
		assert_int_equal(maildir_name_sized(sized, name, 398, 412), 0);
		assert_int_equal(file_name_sizes(span_of(sized), &n, &crlf),
		    FILE_NAME_SIZE | FILE_NAME_VSIZE);
		assert_int_equal(n, 398);
		assert_int_equal(crlf, 412);
	}
	/* the longest host leaves room for sizes and flags */
	memset(host, ':', sizeof host);
	host[sizeof host - 1] = '\0';
	maildir_name(name, INT64_MAX, SPAN(ID), 4294967295U, host);
	assert_int_equal(maildir_name_sized(sized, name, UINT64_MAX,
	    UINT64_MAX), 0);
	assert_true(strlen(sized) < 240);
}

static void
making(void **state)
{
	struct maildir m;
	struct stat st;
	int top_fd = file_open_dir(AT_FDCWD, ".");
	static const char *const beneath[] = { "M", "M/", "M//" };
	static const char *const outside[] = { "../M", "/tmp", "out/M", "no/M",
	    "file", "file/M" };
	size_t i;

	(void)state;
	assert_int_equal(symlink("/tmp", "out"), 0);
	close(open("file", O_CREAT | O_WRONLY, 0600));
	for (i = 0; i < sizeof beneath / sizeof *beneath; i++) {
		assert_int_equal(maildir_open(&m, top_fd, beneath[i]), 0);
		assert_int_equal(fstat(m.tmp, &st), 0);
		assert_int_equal(st.st_mode & 07777, 0700);
		maildir_close(&m);
		assert_int_equal(m.new, -1);
		/* what is missing is made again */
		assert_int_equal(rmdir(i ? "M/cur" : "M/new"), 0);
	}
	assert_int_equal(mkdir("M/cur", 0700), 0);
	assert_int_equal(maildir_open(&m, top_fd, "M/.Lists/"), 0);
	maildir_close(&m);
	assert_int_equal(access("M/.Lists/maildirfolder", F_OK), 0);
	assert_int_equal(access("M/maildirfolder", F_OK), -1);
	for (i = 0; i < sizeof outside / sizeof *outside; i++)
		if (maildir_open(&m, top_fd, outside[i]) == 0)
			fail_msg("outside %zu", i);
	assert_int_equal(rmdir("M/new"), 0);
	assert_int_equal(symlink("/tmp", "M/new"), 0);
	assert_int_equal(maildir_open(&m, top_fd, "M"), -1);
	assert_int_equal(unlink("M/new"), 0);
	close(top_fd);
}

static void
repeats(void **state)
{
	struct maildir m;
	char tmp[MAILDIR_NAME], again[MAILDIR_NAME];
	int fd;

	(void)state;
	assert_int_equal(maildir_open(&m, AT_FDCWD, "M"), 0);
	assert_int_equal(maildir_find(&m, SPAN(ID), 1), 0);
	fd = maildir_create(&m, "7.Q" ID "R1.h", tmp);
	assert_true(fd >= 0);
	close(fd);
	fd = maildir_create(&m, "7.Q" ID "R1.h", again);
	assert_true(fd >= 0);		/* its own leftover makes way */
	close(fd);
	assert_string_equal(tmp, again);
	assert_int_equal(maildir_find(&m, SPAN(ID), 1), 0);
	assert_int_equal(faccessat(m.tmp, tmp, F_OK, 0), -1);
	fd = maildir_create(&m, "7.Q" ID "R1.h", tmp);
	close(fd);
	assert_int_equal(file_move(m.tmp, tmp, m.new, "7.Q" ID "R1.h,S=0"), 0);
	assert_int_equal(maildir_find(&m, SPAN(ID), 1), 1);
	assert_int_equal(maildir_find(&m, SPAN(ID), 2), 0);
	assert_int_equal(file_move(m.new, "7.Q" ID "R1.h,S=0", m.cur,
	    "7.Q" ID "R1.h,S=0:2,S"), 0);
	assert_int_equal(maildir_find(&m, SPAN(ID), 1), 1);
	assert_int_equal(unlinkat(m.cur, "7.Q" ID "R1.h,S=0:2,S", 0), 0);
	maildir_close(&m);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names),
		cmocka_unit_test_setup_teardown(making, enter, leave),
		cmocka_unit_test_setup_teardown(repeats, enter, leave)
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
