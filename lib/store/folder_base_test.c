/* folder_base_test - two mails of one base, of which the second has not been
 * seen yet: neither is lost.  Also where renames cannot refuse to replace. */
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <signal.h>

#include "store/folder_scratch.h"

static int cannot_refuse;		/* as GlusterFS and NFS */

int
renameat2(int from, const char *name, int to, const char *other, unsigned how)
{
	if (cannot_refuse && how) {
		errno = EINVAL;
		return -1;
	}
	return (int)syscall(SYS_renameat2, from, name, to, other, how);
}

static const struct folder *leaves;	/* from there mail moves */
static int flushed;			/* its names */
static int too_soon;			/* the tombstone, on disk before them */

int
fsync(int fd)
{
	flushed |= leaves && fd == leaves->cur.fd;
	return (int)syscall(SYS_fsync, fd);
}

int
fdatasync(int fd)
{
	too_soon |= leaves && fd == leaves->log.fd && !flushed;
	return (int)syscall(SYS_fdatasync, fd);
}

static void
assert_text(struct folder *f, uint32_t number, const char *text)
{
	struct buf b = { .max = 100 };
	int fd = folder_fd(f, number);

	assert_true(fd >= 0);
	assert_int_equal(file_read(fd, &b), 0);
	close(fd);
	if (!span_eq(buf_span(&b), span_of(text)))
		fail_msg("%u: %s", number, text);
	buf_free(&b);
}

static void
test_store(void **state)
{
	struct folder *f;
	struct store s = { STORE_ADD, FLAG_SEEN, UINT64_MAX };
	uint32_t all[] = { 1, 2 };
	unsigned char result[2];

	(void)state;
	put("cur", "1.a:2,", "one\n");
	put("cur", "2.b:2,", "two\n");
	f = opened("INBOX", FOLDER_WRITE);
	put("cur", "1.a:2,S", "another\n");
	assert_int_equal(folder_store(f, &s, all, 2, result), 0);
	assert_int_equal(result[0], STORED);
	assert_int_equal(result[1], STORED);
	assert_int_equal(folder_sync(f), 0);
	assert_string_equal(told(f, 1), "f2 e3");
	assert_text(f, 1, "one\n");
	assert_text(f, 2, "two\n");
	assert_text(f, 3, "another\n");
	assert_int_equal(mail(f, 1).flags, FLAG_SEEN);
	assert_int_equal(mail(f, 2).flags, FLAG_SEEN);
	assert_int_equal(mail(f, 3).uid, 3);
	assert_false(there("cur", "1.a:2,"));
	assert_false(there("cur", "2.b:2,"));
	folder_close(f);
}

/* What no look can put elsewhere stays where it is. */
static void
test_store_on_no_mail(void **state)
{
	struct folder *f;
	struct store s = { STORE_ADD, FLAG_SEEN, UINT64_MAX };
	uint32_t one[] = { 1 };
	unsigned char result[1];
	char p[512];

	(void)state;
	put("cur", "1.a:2,", "one\n");
	f = opened("INBOX", FOLDER_WRITE);
	path(p, "cur", "1.a:2,S");
	assert_int_equal(symlink("elsewhere", p), 0);
	assert_int_equal(folder_store(f, &s, one, 1, result), -1);
	assert_int_equal(errno, EEXIST);
	assert_int_equal(unlink(p), 0);
	assert_int_equal(folder_store(f, &s, one, 1, result), 0);
	assert_int_equal(result[0], STORED);
	assert_text(f, 1, "one\n");
	folder_close(f);
}

/* Both names of one mail, as a kill leaves them where it takes two calls. */
static void
test_store_of_two_links(void **state)
{
	struct folder *f;
	struct store s = { STORE_ADD, FLAG_SEEN, UINT64_MAX };
	uint32_t one[] = { 1 };
	unsigned char result[1];
	char p[512], q[512];

	(void)state;
	put("cur", "1.a:2,", "one\n");
	f = opened("INBOX", FOLDER_WRITE);
	path(p, "cur", "1.a:2,");
	path(q, "cur", "1.a:2,S");
	assert_int_equal(link(p, q), 0);
	assert_int_equal(folder_store(f, &s, one, 1, result), 0);
	assert_int_equal(result[0], STORED);
	assert_int_equal(folder_sync(f), 0);
	told(f, 1);
	assert_int_equal(mail(f, 1).flags, FLAG_SEEN);
	assert_text(f, 1, "one\n");
	assert_false(there("cur", "1.a:2,"));
	folder_close(f);
}

/* Its lines find no room, the names have been changed: once more. */
static void
test_store_again(void **state)
{
	struct folder *f;
	struct store s = { STORE_ADD, FLAG_SEEN, UINT64_MAX };
	struct rlimit was, small;
	uint32_t both[] = { 1, 2 };
	unsigned char result[2];

	(void)state;
	signal(SIGXFSZ, SIG_IGN);
	put("cur", "1.a:2,", "one\n");
	put("cur", "2.b:2,", "two\n");
	f = opened("INBOX", FOLDER_WRITE);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &was), 0);
	small = was;
	small.rlim_cur = (rlim_t)f->log.at;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	assert_int_equal(folder_store(f, &s, both, 2, result), -1);
	assert_true(there("cur", "1.a:2,S"));
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &was), 0);
	move("cur", "2.b:2,S", "tmp", "gone");
	assert_int_equal(folder_store(f, &s, both, 2, result), 0);
	assert_int_equal(result[0], STORED);
	assert_int_equal(result[1], STORE_GONE);
	assert_int_equal(mail(f, 1).flags, FLAG_SEEN);
	assert_text(f, 1, "one\n");
	folder_close(f);
}

/* It stays, though it is older than the end of the one that had its base. */
static void
test_expunge(void **state)
{
	struct folder *f;
	uint32_t one[] = { 1 };

	(void)state;
	put("cur", "1.a:2,", "one\n");
	f = opened("INBOX", FOLDER_WRITE);
	put("cur", "1.a:2,S", "another\n");
	assert_int_equal(folder_expunge(f, one, 1), 0);
	assert_int_equal(folder_sync(f), 0);
	assert_string_equal(told(f, 1), "x1 e1");
	assert_text(f, 1, "another\n");
	assert_int_equal(mail(f, 1).uid, 2);
	folder_close(f);
}

static void
test_move(void **state)
{
	struct folder *f, *g;
	uint32_t one[] = { 1 }, uid[1];

	(void)state;
	assert_int_equal(tree_create(&tree, "Other"), 0);
	put("cur", "1.a:2,", "one\n");
	f = opened("INBOX", FOLDER_WRITE);
	g = opened("Other", FOLDER_WRITE);
	put("cur", "1.a:2,S", "another\n");
	assert_int_equal(folder_move(f, one, 1, g, uid), 0);
	assert_int_equal(uid[0], 1);
	assert_int_equal(folder_sync(f), 0);
	assert_string_equal(told(f, 1), "x1 e1");
	assert_text(f, 1, "another\n");
	assert_int_equal(folder_sync(g), 0);
	told(g, 1);
	assert_text(g, 1, "one\n");
	folder_close(f);
	folder_close(g);
}

/* A power cut brings back what is not flushed; it is not there twice. */
static void
test_move_cut_off(void **state)
{
	struct folder *f, *g;
	uint32_t one[] = { 1 }, uid[1];
	char p[64];
	int fd;

	(void)state;
	assert_int_equal(tree_create(&tree, "Other"), 0);
	put("cur", "1.a:2,", "one\n");
	f = opened("INBOX", FOLDER_WRITE);
	g = opened("Other", FOLDER_WRITE);
	flushed = too_soon = 0;
	leaves = f;
	assert_int_equal(folder_move(f, one, 1, g, uid), 0);
	leaves = NULL;
	assert_int_equal(folder_sync(g), 0);
	told(g, 1);
	if (too_soon) {
		fd = folder_fd(g, 1);
		snprintf(p, sizeof p, "/proc/self/fd/%d", fd);
		assert_int_equal(linkat(AT_FDCWD, p, f->cur.fd, "1.a:2,",
		    AT_SYMLINK_FOLLOW), 0);
		close(fd);
	}
	folder_close(f);
	f = opened("INBOX", FOLDER_WRITE);
	assert_int_equal(folder_count(f), 0);
	folder_close(f);
	folder_close(g);
}

static int
setup_other(void **state)
{
	cannot_refuse = 1;
	return setup(state);
}

static int
teardown_other(void **state)
{
	cannot_refuse = 0;
	return teardown(state);
}

#define OTHER(t) cmocka_unit_test_setup_teardown(t, setup_other, teardown_other)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_store), OTHER(test_store),
		TEST(test_store_on_no_mail), OTHER(test_store_on_no_mail),
		TEST(test_store_of_two_links), OTHER(test_store_of_two_links),
		TEST(test_store_again), OTHER(test_store_again),
		TEST(test_expunge), OTHER(test_expunge),
		TEST(test_move), OTHER(test_move), OTHER(test_move_cut_off),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
