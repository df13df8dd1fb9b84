/* Files: whole or not at all, names and locks. */
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
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

#include "sys/file.h"

static char path[32];
static int dir;
static int cannot_refuse;		/* renames replace, as of NFS */
static const char *before;		/* "m1" is removed, it gets this name */
static int asked_again;			/* "m1" is removed: the answer is lost */

int
renameat2(int from, const char *name, int to, const char *other, unsigned how)
{
	if (cannot_refuse && how) {
		errno = EINVAL;
		return -1;
	}
	return (int)syscall(SYS_renameat2, from, name, to, other, how);
}

int
unlinkat(int at, const char *name, int flags)
{
	int its = strcmp(name, "m1") == 0;

	if (its && before)
		assert_int_equal(renameat(at, name, at, before), 0);
	if (its && asked_again)
		assert_int_equal(syscall(SYS_unlinkat, at, name, flags), 0);
	return (int)syscall(SYS_unlinkat, at, name, flags);
}

static int
setup(void **state)
{
	(void)state;
	snprintf(path, sizeof path, "/tmp/correo-file.XXXXXX");
	if (mkdtemp(path) == NULL)
		return -1;
	return (dir = file_open_dir(AT_FDCWD, path)) < 0;
}

static int
remove_it(void *arg, const char *name)
{
	(void)arg;
	unlinkat(dir, name, 0);
	unlinkat(dir, name, AT_REMOVEDIR);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	file_each(dir, remove_it, NULL);
	close(dir);
	return rmdir(path);
}

static int
make(const char *name, const char *text)
{
	int fd = openat(dir, name, O_RDWR | O_CREAT | O_TRUNC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(file_write(fd, span_of(text)), 0);
	return fd;
}

static void
assert_file(const char *name, const char *text)
{
	struct buf b = { .max = 100 };

	assert_int_equal(file_read_at(dir, name, &b), 0);
	assert_true(span_eq(buf_span(&b), span_of(text)));
	buf_free(&b);
}

static void
reads_all_or_says_why(void **state)
{
	static const struct {
		size_t max;
		int result, error;
	} t[] = { { 11, 0, 0 }, { 12, 0, 0 }, { 100000, 0, 0 },
	    { 10, -1, EFBIG }, { 1, -1, EFBIG } };
	char c[16];
	size_t i;
	int fd;

	(void)state;
	fd = make("a", "hello world");
	for (i = 0; i < sizeof t / sizeof *t; i++) {
		struct buf b = { .max = t[i].max };
		int r = file_read(fd, &b);

		if (r != t[i].result || (r && errno != t[i].error))
			fail_msg("%zu: %d, %s", i, r, strerror(errno));
		if (r == 0)
			assert_true(span_eq(buf_span(&b),
			    SPAN("hello world")));
		buf_free(&b);
	}
	assert_int_equal(file_pread(fd, c, 5, 6), 0);
	assert_memory_equal(c, "world", 5);
	assert_int_equal(file_pread(fd, c, 6, 6), -1);
	assert_int_equal(errno, EIO);
	close(fd);
}

/* Through a pipe that takes little at a time, so that writes are short. */
static void
writes_all(void **state)
{
	static char big[300000], got[sizeof big];
	struct iovec v[] = { { big, 0 }, { big, 100001 },
	    { big + 100001, 0 }, { big + 100001, sizeof big - 100001 } };
	size_t i, n;
	int p[2], status;
	ssize_t r;
	pid_t pid;

	(void)state;
	for (i = 0; i < sizeof big; i++)
		big[i] = (char)(i * 7 % 251);
	assert_int_equal(pipe(p), 0);
	if ((pid = fork()) == 0)
		_exit(file_writev(p[1], v, 4) == 0 ? 0 : 1);
	close(p[1]);
	for (n = 0; (r = read(p[0], got + n, sizeof got - n)) > 0;)
		n += (size_t)r;
	close(p[0]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	assert_int_equal(n, sizeof big);
	assert_memory_equal(got, big, sizeof big);
}

static void
replaces(void **state)
{
	struct stat st;

	(void)state;
	close(make("t", "old"));
	close(make("t.tmp", "left by a crash, and longer"));
	assert_int_equal(file_replace(dir, "t", SPAN("new"), 0640,
	    (uid_t)-1, (gid_t)-1), 0);
	assert_file("t", "new");
	assert_int_equal(fstatat(dir, "t", &st, 0), 0);
	assert_int_equal(st.st_mode & 07777, 0640);
	assert_int_equal(fstatat(dir, "t.tmp", &st, 0), -1);
	/* one that fails leaves the old one and no trace */
	assert_int_equal(mkdirat(dir, "d", 0700), 0);
	assert_int_equal(file_replace(dir, "d", SPAN("x"), 0600,
	    (uid_t)-1, (gid_t)-1), -1);
	assert_int_equal(errno, EISDIR);
	assert_int_equal(fstatat(dir, "d.tmp", &st, 0), -1);
	assert_int_equal(symlinkat("t", dir, "s.tmp"), 0);
	assert_int_equal(file_replace(dir, "s", SPAN("x"), 0600,
	    (uid_t)-1, (gid_t)-1), -1);
	assert_int_equal(errno, ELOOP);
	assert_file("t", "new");
}

/* Many at once: the name always holds one of them, whole. */
static void
replaces_in_turn(void **state)
{
	struct stat st;
	char text[2] = "0";
	int i, k, status;

	(void)state;
	for (i = 0; i < 8; i++, text[0]++)
		if (fork() == 0) {
			for (k = 0; k < 10; k++)
				if (file_replace(dir, "r", span_of(text), 0600,
				    (uid_t)-1, (gid_t)-1) < 0)
					_exit(1);
			_exit(0);
		}
	for (i = 0; i < 8; i++) {
		assert_true(wait(&status) > 0);
		assert_int_equal(status, 0);
	}
	assert_int_equal(fstatat(dir, "r", &st, 0), 0);
	assert_int_equal(st.st_size, 1);
	assert_int_equal(fstatat(dir, "r.tmp", &st, 0), -1);
}

static void
moves_without_replacing(void **state)
{
	(void)state;
	close(make("m1", "one"));
	close(make("m2", "two"));
	assert_int_equal(file_move(dir, "m1", dir, "m2"), -1);
	assert_int_equal(errno, EEXIST);
	assert_file("m2", "two");
	assert_int_equal(file_move(dir, "m1", dir, "m3"), 0);
	assert_file("m3", "one");
}

static void
moves_in_two_steps(void **state)
{
	struct stat st;

	assert_int_equal(unlinkat(dir, "m3", 0), 0);
	cannot_refuse = 1;
	moves_without_replacing(state);
	assert_int_equal(unlinkat(dir, "m3", 0), 0);
	/* another was first */
	close(make("m1", "one"));
	before = "m4";
	assert_int_equal(file_move(dir, "m1", dir, "m3"), -1);
	assert_int_equal(errno, ENOENT);
	before = NULL;
	assert_file("m4", "one");
	assert_int_equal(fstatat(dir, "m3", &st, 0), -1);
	/* we were, and do not know it: its last name stays */
	close(make("m1", "one"));
	asked_again = 1;
	assert_int_equal(file_move(dir, "m1", dir, "m3"), 0);
	asked_again = cannot_refuse = 0;
	assert_file("m3", "one");
}

static int
count(void *arg, const char *name)
{
	assert_true(name[0] != '.');
	return ++*(int *)arg == 3 ? 7 : 0;
}

static void
lists_twice(void **state)
{
	int i, n;

	(void)state;
	close(make("x1", ""));
	close(make("x2", ""));
	close(make("x3", ""));
	close(make(".x", ""));
	for (i = 0; i < 2; i++) {
		n = 0;
		assert_int_equal(file_each(dir, count, &n), 7);
	}
	unlinkat(dir, ".x", 0);
	assert_int_equal(file_open_dir(dir, "x1"), -1);
	assert_int_equal(file_each(-1, count, &n), -1);
}

static void
opens_what_is_there_now(void **state)
{
	struct stat st;
	int fd;

	(void)state;
	assert_int_equal(file_open_now(dir, "now", O_RDONLY, &st), -1);
	assert_int_equal(errno, ENOENT);
	close(openat(dir, "now", O_WRONLY | O_CREAT, 0600));
	assert_int_not_equal(fd = file_open_now(dir, "now", O_RDWR, &st), -1);
	assert_int_equal(st.st_size, 0);
	assert_int_equal(file_write(fd, SPAN("abc")), 0);
	assert_int_equal(file_stat_now(fd, &st), 0);
	assert_int_equal(st.st_size, 3);
	assert_int_equal(unlinkat(dir, "now", 0), 0);
	assert_int_equal(file_stat_now(fd, &st), -1);
	assert_int_equal(errno, ESTALE);
	close(fd);
}

int
main(void)
{
	const struct CMUnitTest t[] = {
		cmocka_unit_test(reads_all_or_says_why),
		cmocka_unit_test(writes_all), cmocka_unit_test(replaces),
		cmocka_unit_test(replaces_in_turn),
		cmocka_unit_test(moves_without_replacing),
		cmocka_unit_test(moves_in_two_steps),
		cmocka_unit_test(opens_what_is_there_now),
		cmocka_unit_test(lists_twice)
	};

	return cmocka_run_group_tests(t, setup, teardown);
}
