/* folder_ahead_test - files opened before they are asked for are the right
 * ones, and none stays open. */
#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "store/folder_scratch.h"

enum { MANY = 60 };

static struct folder *
filled(void)
{
	char name[32], text[16];
	int i;

	for (i = 1; i <= MANY; i++) {
		snprintf(name, sizeof name, "%d.m:2,", 100 + i);
		snprintf(text, sizeof text, "%d\n", i);
		put("cur", name, text);
	}
	return opened("INBOX", FOLDER_WRITE);
}

/* What stands in the message of that number; 0: it is gone. */
static int
read_one(struct folder *f, uint32_t number)
{
	char text[16] = "";
	int fd = folder_fd(f, number);

	if (fd < 0) {
		assert_int_equal(errno, ENOENT);
		return 0;
	}
	assert_true(pread(fd, text, sizeof text - 1, 0) > 0);
	close(fd);
	return (int)strtol(text, NULL, 10);
}

static size_t
open_files(void)
{
	DIR *d = opendir("/proc/self/fd");
	size_t n = 0;

	assert_non_null(d);
	while (readdir(d))
		n++;
	closedir(d);
	return n;
}

static void
test_one_after_another(void **state)
{
	struct folder *f = filled();
	size_t before = open_files();
	char p[512];
	uint32_t i;

	(void)state;
	for (i = 1; i <= 30; i++)
		assert_int_equal(read_one(f, i), i);
	assert_true(open_files() > before + AHEAD_FILES / 2);
	assert_true(open_files() <= before + AHEAD_FILES);
	/* back, with gaps, twice */
	assert_int_equal(read_one(f, 5), 5);
	assert_int_equal(read_one(f, 33), 33);
	assert_int_equal(read_one(f, 33), 33);
	for (i = 20; i <= MANY; i++) {
		if (i == 40) {		/* removed, where it is not open yet */
			path(p, "cur", "159.m:2,");
			assert_int_equal(unlink(p), 0);
		}
		assert_int_equal(read_one(f, i), i == 59 ? 0 : i);
	}
	folder_share(f);
	assert_int_equal(open_files(), before);
	folder_close(f);
}

static void
test_numbers_move(void **state)
{
	struct folder *f = filled();
	size_t before = open_files();
	uint32_t i, gone[] = { 3, 12 };

	(void)state;
	for (i = 1; i <= 10; i++)
		assert_int_equal(read_one(f, i), i);
	assert_int_equal(folder_expunge(f, gone, 2), 0);
	assert_int_equal(read_one(f, 11), 11);
	assert_int_equal(read_one(f, 12), 0);
	while (folder_next(f, FOLDER_GONE | FOLDER_FLAGS).kind != CHANGE_NONE)
		;
	for (i = 10; i <= MANY - 2; i++)
		assert_int_equal(read_one(f, i), i + (i < 11 ? 1 : 2));
	folder_close(f);
	assert_true(open_files() < before);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_one_after_another), TEST(test_numbers_move),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
