/* folder_flush_test - numbers and flags whose flush failed. */
#include <sys/wait.h>
#include <seccomp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "store/folder_scratch.h"

enum { MANY = 200 };			/* lines of more than a block */

/* UIDs that could not be flushed were told to nobody.  They are neither hidden
 * by an index that does not know them, nor found and believed by others. */
static void
test_flush_that_fails(void **state)
{
	struct append a = { .date = 1000000000 };
	struct folder *f;
	char p[512];
	int cur;

	(void)state;
	f = opened("INBOX", FOLDER_WRITE);
	append(f, "a\r\n", 0);
	path(p, "", "cur");
	cur = open(p, O_PATH | O_DIRECTORY);	/* has no fsync */
	assert_true(cur >= 0 && dup2(cur, f->cur.fd) >= 0);
	close(cur);
	assert_int_equal(append_open(f, &a), 0);
	assert_int_equal(append_write(&a, SPAN("b\r\n")), 0);
	assert_int_equal(folder_append(f, &a, 1), -1);
	assert_int_equal(folder_sync(f), 0);
	assert_string_equal(told(f, 1), "e1");
	f->table.learned = 1000;
	folder_close(f);

	f = opened("INBOX", FOLDER_WRITE);
	assert_int_equal(append(f, "c\r\n", 0), 2);
	folder_close(f);
	path(p, "", "correo-index");
	(void)unlink(p);
	f = opened("INBOX", FOLDER_WRITE);
	assert_int_equal(folder_count(f), 2);
	assert_int_equal(mail(f, 2).uid, 2);
	folder_close(f);
}

/* That a block was lost the wait for it says, and no flush behind it again. */
static void
test_block_that_is_lost(void **state)
{
	struct store s = { STORE_ADD, FLAG_FLAGGED, UINT64_MAX };
	scmp_filter_ctx c = seccomp_init(SCMP_ACT_ALLOW);
	unsigned char result[MANY];
	uint32_t number[MANY], i;
	struct folder *f;
	char name[32];
	int status;

	(void)state;
	for (i = 0; i < MANY; i++) {
		number[i] = i + 1;
		snprintf(name, sizeof name, "%u.m:2,", i);
		put("cur", name, "x\n");
	}
	f = opened("INBOX", FOLDER_WRITE);
	assert_non_null(c);
	assert_int_equal(seccomp_rule_add(c, SCMP_ACT_ERRNO(EIO),
	    SCMP_SYS(sync_file_range), 0), 0);
	if (fork() == 0)
		_exit(seccomp_load(c) < 0 ? 2 :
		    folder_store(f, &s, number, MANY, result) == 0);
	assert_true(wait(&status) > 0);
	assert_int_equal(status, 0);
	seccomp_release(c);
	/* the names are as they are, and found */
	assert_int_equal(folder_sync(f), 0);
	assert_int_equal(mail(f, MANY).flags, FLAG_FLAGGED);
	folder_close(f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_flush_that_fails), TEST(test_block_that_is_lost)
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
