/* folder_delete_test - a folder that another deletes while mail is moved into
 * it, or while it is opened. */
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "store/folder_scratch.h"

static int to_us[2], to_him[2];		/* pipes between us and who deletes */
static int deleting;			/* it is us */
static int stops;			/* he, before he removes anything */
static int moves;			/* left before the delete begins */
static int opens;			/* the same */
static pid_t him;

static void
delete(void)
{
	struct tree own;
	char c = 'd';

	assert_int_equal(pipe(to_us), 0);
	assert_int_equal(pipe(to_him), 0);
	if ((him = fork()) == 0) {
		deleting = 1;
		close(to_him[1]);
		if (tree_open(&own, dir, "host.test") < 0 ||
		    tree_delete(&own, "To") < 0 ||
		    write(to_us[1], &c, 1) != 1)
			_exit(1);
		_exit(0);
	}
	assert_true(him > 0);
	/* he is done, stands still, or is about to wait for us */
	assert_int_equal(read(to_us[0], &c, 1), 1);
}

static void
deleted(void)
{
	int status, i;

	assert_int_equal(write(to_him[1], "", 1), 1);
	assert_int_equal(waitpid(him, &status, 0), him);
	assert_int_equal(status, 0);
	for (i = 0; i < 2; i++) {
		close(to_us[i]);
		close(to_him[i]);
	}
	him = 0;
	stops = 0;
}

int
renameat2(int from, const char *name, int to, const char *other, unsigned how)
{
	if (moves && --moves == 0)
		delete();
	return (int)syscall(SYS_renameat2, from, name, to, other, how);
}

int
openat(int at, const char *name, int flags, ...)
{
	va_list ap;
	int mode = 0;

	if (flags & O_CREAT) {
		va_start(ap, flags);
		mode = va_arg(ap, int);
		va_end(ap);
	}
	if (strcmp(name, "correo-lock") == 0) {
		if (opens && --opens == 0)
			delete();
		if (deleting && !stops && write(to_us[1], "l", 1) != 1)
			_exit(1);
	}
	return (int)syscall(SYS_openat, at, name, flags, mode);
}

int
unlinkat(int at, const char *name, int flags)
{
	char c;

	if (deleting && stops && strncmp(name, "correo-tmp.", 11) == 0) {
		stops = 0;
		if (write(to_us[1], "s", 1) != 1 || read(to_him[0], &c, 1) != 1)
			_exit(1);
	}
	return (int)syscall(SYS_unlinkat, at, name, flags);
}

static void
put_two(void)
{
	put("cur", "1.a:2,", "a\n");
	put("cur", "2.b:2,", "b\n");
	assert_int_equal(tree_create(&tree, "To"), 0);
}

static uint32_t
count(const char *name)
{
	struct folder *f;
	uint32_t n;

	if (folder_open(&f, &tree, name, FOLDER_WRITE) < 0)
		return 0;
	n = folder_count(f);
	folder_close(f);
	return n;
}

/* What a move that failed has moved is not deleted with the folder. */
static void
test_in_the_middle_of_a_move(void **state)
{
	const uint32_t two[] = { 1, 2 };
	struct folder *f, *to;
	uint32_t uid[2];
	int r;

	(void)state;
	put_two();
	f = opened("INBOX", FOLDER_WRITE);
	to = opened("To", FOLDER_READ);
	moves = 2;
	r = folder_move(f, two, 2, to, uid);
	assert_int_equal(moves, 0);
	folder_close(to);
	deleted();
	folder_close(f);
	if (r < 0 && count("INBOX") != 2)
		fail_msg("NO, and %u of 2 are left", count("INBOX"));
	assert_int_equal(r, 0);
	assert_int_equal(count("To"), 0);
}

/* Nor is anything moved into one that has only its name left to lose. */
static void
test_before_a_move(void **state)
{
	const uint32_t two[] = { 1, 2 };
	struct folder *f, *to;
	uint32_t uid[2];

	(void)state;
	put_two();
	f = opened("INBOX", FOLDER_WRITE);
	to = opened("To", FOLDER_READ);
	stops = 1;
	delete();
	assert_int_equal(folder_move(f, two, 2, to, uid), -1);
	assert_int_equal(errno, ENOENT);
	folder_close(to);
	deleted();
	folder_close(f);
	assert_int_equal(count("INBOX"), 2);
}

/* It gets no new numbers, by which it would look as if it stayed. */
static void
test_while_it_is_opened(void **state)
{
	struct folder *to;

	(void)state;
	put_two();
	opens = 1;
	stops = 1;
	assert_int_equal(folder_open(&to, &tree, "To", FOLDER_READ), -1);
	assert_int_equal(errno, ENOENT);
	assert_int_equal(opens, 0);
	deleted();
}

/* A folder of another program has no lock, and a link to one none of its own. */
static void
test_without_a_lock(void **state)
{
	char p[512];
	int i;

	(void)state;
	path(p, "", ".To");
	for (i = 0; i < 2; i++) {
		assert_int_equal(i == 0 ? mkdir(p, 0700) :
		    symlink("cur", p), 0);
		assert_int_equal(tree_delete(&tree, "To"), 0);
		assert_int_equal(access(p, F_OK), -1);
	}
	assert_true(there("", "cur"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_in_the_middle_of_a_move), TEST(test_before_a_move),
		TEST(test_while_it_is_opened), TEST(test_without_a_lock),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
