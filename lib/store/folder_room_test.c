/* folder_room_test - a folder where there is little room: a full disk, and a
 * quota. */
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "store/folder_scratch.h"

static const char *filler;		/* what goes makes room; NULL: there is */

ssize_t
writev(int fd, const struct iovec *v, int n)
{
	if (filler && there("", filler)) {
		errno = ENOSPC;
		return -1;
	}
	return syscall(SYS_writev, fd, v, n);
}

/* A disk that is full in the middle of a write: what was stays. */
static void
test_full(void **state)
{
	struct rlimit was, small;
	struct append a = { .date = 1 };
	struct folder *f, *g;
	struct folder_totals t;
	uint32_t one[] = { 1 };

	(void)state;
	put("cur", "1.a:2,", "a\n");
	put("cur", "2.b:2,", "b\n");
	f = opened("INBOX", FOLDER_WRITE);
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &was), 0);
	small = was;
	small.rlim_cur = (rlim_t)f->log.at + 20;
	assert_int_equal(append_open(f, &a), 0);
	append_write(&a, SPAN("x\r\n"));
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	assert_int_equal(folder_expunge(f, one, 1), -1);
	assert_int_equal(errno, EFBIG);
	assert_int_equal(folder_append(f, &a, 1), -1);
	/* what came meanwhile waits, what is known is there */
	put("cur", "3.c:2,", "c\n");
	assert_int_equal(folder_sync(f), 0);
	assert_string_equal(told(f, 1), "");
	g = opened("INBOX", FOLDER_READ);
	assert_int_equal(folder_count(g), 2);
	folder_close(g);
	small.rlim_cur = 40;
	setrlimit(RLIMIT_FSIZE, &small);
	assert_int_equal(folder_lock(f), 0);
	assert_int_equal(folder_log_replace(&f->log, &f->table, 0), -1);
	assert_true(f->table.generation == f->log.generation);
	folder_unlock(f);
	setrlimit(RLIMIT_FSIZE, &was);
	assert_false(there("", "correo-uids.tmp"));
	assert_int_equal(folder_sync(f), 0);
	assert_string_equal(told(f, 1), "e3");
	assert_int_equal(append(f, "y\r\n", 0), 4);
	folder_close(f);
	f = opened("INBOX", FOLDER_WRITE);
	folder_totals(f, &t);
	assert_int_equal(t.messages, 4);
	folder_close(f);
}

/* Who is expunged makes room for his tombstone; and who makes none is gone all
 * the same, which is told when there is some. */
static void
test_expunge_makes_room(void **state)
{
	uint32_t one[] = { 1 };
	struct folder *f, *g;

	(void)state;
	put("cur", "1.a:2,", "a\n");
	put("new", "2.b", "b\n");
	put("cur", "3.c:2,", "c\n");
	f = opened("INBOX", FOLDER_READ);
	g = opened("INBOX", FOLDER_READ);
	filler = "cur/1.a:2,";
	assert_int_equal(folder_expunge(f, one, 1), 0);
	assert_string_equal(told(f, 1), "x1");
	assert_int_equal(folder_sync(g), 0);
	assert_string_equal(told(g, 1), "x1");
	put("cur", "filler", "x");
	filler = "cur/filler";
	assert_int_equal(folder_expunge(f, one, 1), -1);
	assert_int_equal(errno, ENOSPC);
	assert_int_equal(folder_sync(g), 0);
	assert_string_equal(told(f, 1), "");
	assert_string_equal(told(g, 1), "");
	filler = NULL;
	assert_int_equal(unlinkat(f->cur.fd, "filler", 0), 0);
	assert_int_equal(folder_sync(f), 0);
	assert_string_equal(told(f, 1), "x1");
	assert_int_equal(mail(f, 1).uid, 3);
	folder_close(f);
	assert_int_equal(folder_sync(g), 0);
	assert_string_equal(told(g, 1), "x1");
	folder_close(g);
}

/* What can be made again goes first. */
static void
test_cache_makes_room(void **state)
{
	const struct store s = { STORE_ADD, FLAG_DELETED, UINT64_MAX };
	uint32_t one[] = { 1 };
	unsigned char result[1];
	struct folder *f;
	struct span blob;

	(void)state;
	put("cur", "1.a:2,", "a\n");
	f = opened("INBOX", FOLDER_WRITE);
	folder_cache_put(f, 1, 1, SPAN("x"));
	folder_close(f);
	f = opened("INBOX", FOLDER_WRITE);
	assert_int_equal(folder_cache_get(f, 1, 1, &blob), 1);
	filler = "cur";
	assert_int_equal(folder_keyword_find(f, SPAN("k"), 1), -1);
	assert_int_equal(errno, ENOSPC);
	filler = NULL;
	assert_int_equal(folder_cache_get(f, 1, 1, &blob), 0);
	put("", "correo-cache", "x");
	filler = "correo-cache";
	assert_int_equal(folder_store(f, &s, one, 1, result), 0);
	filler = NULL;
	assert_int_equal(mail(f, 1).flags, FLAG_DELETED);
	assert_false(there("", "correo-cache"));
	folder_close(f);
}

/* What somebody has flagged, or we could not, is read all the same. */
static void
test_renamed_on_a_full_disk(void **state)
{
	const struct store seen = { STORE_ADD, FLAG_SEEN, UINT64_MAX };
	const uint32_t one[] = { 1 };
	struct rlimit was, small;
	struct folder *f[2];
	unsigned char result[1];
	uint32_t i;
	int fd[4];

	(void)state;
	put("cur", "1.a:2,", "a\n");
	put("cur", "2.b:2,", "b\n");
	f[0] = opened("INBOX", FOLDER_WRITE);
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &was), 0);
	small = was;
	small.rlim_cur = (rlim_t)f[0]->log.at + 20;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	assert_int_equal(folder_store(f[0], &seen, one, 1, result), -1);
	move("cur", "2.b:2,", "cur", "2.b:2,F");
	f[1] = opened("INBOX", FOLDER_READ);
	for (i = 0; i < 4; i++)
		fd[i] = folder_fd(f[i % 2], 1 + i / 2);
	setrlimit(RLIMIT_FSIZE, &was);
	for (i = 0; i < 4; i++) {
		if (fd[i] < 0)
			fail_msg("%u of session %u", 1 + i / 2, i % 2);
		close(fd[i]);
	}
	for (i = 0; i < 2; i++) {
		assert_int_equal(folder_sync(f[i]), 0);
		assert_string_equal(told(f[i], 1), "f2 f1");
		folder_close(f[i]);
	}
}

static int
total(void *arg, int told, int64_t bytes, int64_t messages)
{
	int64_t *t = arg;

	t[0] += told ? bytes : 0;
	t[1] += told ? messages : 0;
	return 0;
}

/* A message whose name does not say its size counts all the same. */
static void
test_quota(void **state)
{
	uint32_t one[] = { 1 }, uid[1];
	int64_t t[2] = { 0 };
	struct folder *f;

	(void)state;
	tree.quota = total;
	tree.quota_arg = t;
	put("cur", "1.a:2,", "0123456789");
	f = opened("INBOX", FOLDER_WRITE);
	assert_int_equal(folder_copy(f, one, 1, f, uid), 0);
	assert_int_equal(t[0], 10);
	assert_int_equal(t[1], 1);
	assert_int_equal(folder_expunge(f, one, 1), 0);
	assert_int_equal(t[0], 0);
	assert_int_equal(t[1], 0);
	folder_close(f);
}

/* The same of one in new/ that another's line has told of. */
static void
test_quota_of_what_was_told(void **state)
{
	uint32_t one[] = { 1 }, uid[1];
	struct folder *f, *g, *to;
	int64_t t[2] = { 0 };

	(void)state;
	tree.quota = total;
	tree.quota_arg = t;
	assert_int_equal(tree_create(&tree, "To"), 0);
	to = opened("To", FOLDER_WRITE);
	f = opened("INBOX", FOLDER_READ);
	g = opened("INBOX", FOLDER_READ);
	put("new", "1700000001.a.h", "0123456789");
	make_old("new", 50);
	make_old("cur", 50);
	assert_int_equal(folder_sync(g), 0);
	assert_int_equal(folder_sync(f), 0);
	assert_string_equal(told(f, 1), "e1");
	assert_int_equal(folder_copy(f, one, 1, to, uid), 0);
	assert_int_equal(t[0], 10);
	folder_close(f);
	f = opened("INBOX", FOLDER_READ);
	put("new", "1700000002.b.h", "0123456789ab");
	make_old("new", 40);
	make_old("cur", 40);
	assert_int_equal(folder_sync(g), 0);
	assert_int_equal(folder_sync(f), 0);
	assert_string_equal(told(f, 1), "e2");
	one[0] = 2;
	assert_int_equal(folder_expunge(f, one, 1), 0);
	assert_int_equal(t[0], -2);
	assert_int_equal(t[1], 0);
	folder_close(f);
	folder_close(g);
	folder_close(to);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_full), TEST(test_renamed_on_a_full_disk),
		TEST(test_expunge_makes_room), TEST(test_cache_makes_room),
		TEST(test_quota), TEST(test_quota_of_what_was_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
