/* folder_test - a folder by itself and with others at work in it. */
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <dirent.h>
#include <dlfcn.h>
#include <signal.h>

#include "store/folder_name.h"
#include "store/folder_scratch.h"
#include "sys/clock.h"

static void
test_arrival(void **state)
{
	struct folder *f, *g;
	struct folder_totals t, u;

	(void)state;
	put("new", "1700000002.b.h", "two\n");
	put("new", "1700000001.a.h", "one\n");
	put("cur", "1700000003.c.h:2,S", "three\n");
	put("cur", ".hidden", "no message\n");
	f = opened("INBOX", FOLDER_READ);
	assert_int_equal(folder_count(f), 3);
	assert_int_equal(mail(f, 1).uid, 1);
	assert_int_equal(mail(f, 3).flags, FLAG_SEEN);
	assert_true(there("new", "1700000001.a.h"));
	folder_totals(f, &t);
	assert_int_equal(t.unseen, 2);
	assert_int_equal(t.uidnext, 4);

	g = opened("inbox", FOLDER_WRITE);
	assert_true(there("cur", "1700000001.a.h:2,"));
	assert_int_equal(mail(g, 1).recent, 1);
	/* it came after what nobody has shown */
	assert_int_equal(mail(g, 3).recent, 1);
	folder_totals(g, &u);
	assert_int_equal(t.uidvalidity, u.uidvalidity);
	assert_int_equal(folder_sync(f), 0);
	assert_string_equal(told(f, 1), "");
	put("new", "1700000000.z.h", "four\n");
	assert_int_equal(folder_sync(f), 0);
	assert_int_equal(folder_count(f), 3);
	assert_string_equal(told(f, 1), "e4");
	assert_int_equal(mail(f, 4).uid, 4);
	folder_close(f);
	folder_close(g);
}

/* Who looks without moving writes down that all has been seen. */
static void
test_left_in_new(void **state)
{
	struct folder *f, *g;

	(void)state;
	put("new", "1.a", "a\n");
	make_old("new", 100);
	make_old("cur", 100);
	f = opened("INBOX", FOLDER_READ);
	g = opened("INBOX", FOLDER_WRITE);
	assert_true(there("cur", "1.a:2,"));
	assert_int_equal(mail(g, 1).recent, 1);
	put("new", "2.b", "b\n");
	make_old("new", 50);
	make_old("cur", 50);
	assert_int_equal(folder_sync(f), 0);
	assert_true(there("new", "2.b"));
	assert_int_equal(folder_sync(g), 0);
	assert_true(there("cur", "2.b:2,"));
	assert_int_equal(folder_sync(g), 0);
	assert_string_equal(told(g, 1), "e2");
	folder_close(f);
	folder_close(g);
}

/* One who heard of a message from another's line, and not where it stands,
 * finds it in new/, where nobody who may write has been. */
static void
test_copy_of_what_was_told(void **state)
{
	uint32_t one[] = { 1 }, uid[1];
	struct folder *f, *g, *to;
	int fd, looked;

	(void)state;
	assert_int_equal(tree_create(&tree, "To"), 0);
	to = opened("To", FOLDER_WRITE);
	for (looked = 0; looked < 2; looked++) {
		f = opened("INBOX", FOLDER_READ);
		g = opened("INBOX", FOLDER_READ);
		put("new", looked ? "1700000002.b.h" : "1700000001.a.h", "x\n");
		make_old("new", 50 - 10 * looked);
		make_old("cur", 50 - 10 * looked);
		assert_int_equal(folder_sync(g), 0);
		assert_int_equal(folder_sync(f), 0);
		one[0] = folder_count(f) + 1;
		assert_string_equal(told(f, 1), looked ? "e2" : "e1");
		if (looked) {
			fd = folder_fd(f, one[0]);
			assert_true(fd >= 0);
			close(fd);
		}
		assert_int_equal(folder_copy(f, one, 1, to, uid), 0);
		assert_int_equal(uid[0], looked + 1);
		folder_close(f);
		folder_close(g);
	}
	folder_close(to);
}

/* Stands before libc's: from the first call on another program renames what
 * is to be linked, so many times. */
static int renames;

int
linkat(int from, const char *name, int to, const char *fresh, int flags)
{
	static const char *const flag[] = { "S", "F" };
	char a[64], b[64];

	if (renames) {
		snprintf(a, sizeof a, "1.a:2,%s", flag[renames % 2]);
		snprintf(b, sizeof b, "1.a:2,%s", flag[--renames % 2]);
		move("cur", a, "cur", b);
	}
	return (int)syscall(SYS_linkat, from, name, to, fresh, flags);
}

/* What stands there is copied, or the answer is no. */
static void
test_copy_while_renamed(void **state)
{
	uint32_t one[] = { 1 }, uid[1];
	struct folder *f, *to;

	(void)state;
	assert_int_equal(tree_create(&tree, "To"), 0);
	put("cur", "1.a:2,S", "x\n");
	to = opened("To", FOLDER_WRITE);
	f = opened("INBOX", FOLDER_READ);
	renames = 4;
	assert_int_equal(folder_copy(f, one, 1, to, uid), 0);
	assert_int_equal(uid[0], 1);
	renames = 1000;
	assert_int_equal(folder_copy(f, one, 1, to, uid), -1);
	assert_int_equal(errno, EBUSY);
	renames = 0;
	folder_close(f);
	folder_close(to);
}

/* It stays recent for all who leave it there. */
static void
test_recent_to_each_reader(void **state)
{
	struct folder_totals t;
	struct folder *f;
	int i;

	(void)state;
	put("new", "1.a", "a\n");
	make_old("new", 100);
	make_old("cur", 100);
	for (i = 0; i < 3; i++) {
		f = opened("INBOX", FOLDER_READ);
		folder_totals(f, &t);
		assert_int_equal(t.recent, 1);
		assert_int_equal(mail(f, 1).recent, 1);
		folder_close(f);
	}
}

/* Mail that stays in new/ (nobody opens it to write) is taken out of there:
 * the lines of the log alone do not tell where it stood. */
static void
test_gone_from_new(void **state)
{
	struct folder *f;
	char p[512];

	(void)state;
	put("new", "1.a", "x\n");
	put("new", "2.b", "x\n");
	put("cur", "3.c:2,", "x\n");
	make_old("new", 9);
	make_old("cur", 9);
	f = opened("INBOX", FOLDER_READ);
	assert_int_equal(folder_count(f), 3);
	folder_close(f);
	path(p, "new", "1.a");
	assert_int_equal(unlink(p), 0);
	put("new", "4.d", "x\n");
	make_old("new", 6);
	f = opened("INBOX", FOLDER_READ);
	assert_int_equal(folder_count(f), 3);
	path(p, "new", "2.b");
	assert_int_equal(unlink(p), 0);
	make_old("new", 3);
	assert_int_equal(folder_sync(f), 0);
	assert_string_equal(told(f, 1), "x1");
	folder_close(f);
}

static const char *hidden;		/* from one listing; then renamed */

struct dirent *
readdir(DIR *d)
{
	struct dirent *(*next)(DIR *), *e;
	void *p = dlsym(RTLD_NEXT, "readdir");

	memcpy(&next, &p, sizeof next);
	e = next(d);
	if (e && hidden && strcmp(e->d_name, hidden) == 0) {
		move("cur", hidden, "cur", "renamed:2,S");
		hidden = NULL;
		e = next(d);
	}
	return e;
}

/* Somebody renames while the folder is looked at for the first time: a listing
 * may then miss a file. */
static void
test_first_view_is_whole(void **state)
{
	struct folder *f;
	struct mail m;

	(void)state;
	put("cur", "1.a:2,", "a\n");
	put("cur", "renamed:2,", "b\n");
	put("new", "3.c", "c\n");
	hidden = "renamed:2,";
	f = opened("INBOX", FOLDER_WRITE);
	assert_null(hidden);
	assert_int_equal(folder_count(f), 3);
	assert_int_equal(folder_sync(f), 0);
	assert_string_equal(told(f, 1), "");
	assert_int_equal(mail(f, 1).flags, FLAG_SEEN);

	/* SAVEDATE is of those that come later */
	assert_int_equal(mail(f, 3).saved, 0);
	put("new", "4.d", "d\n");
	assert_int_equal(folder_sync(f), 0);
	assert_string_equal(told(f, 1), "e4");
	m = mail(f, 4);
	assert_true(m.saved > 0);
	folder_close(f);
}

static void
test_views(void **state)
{
	struct folder *f, *g;
	uint32_t two[] = { 1, 3 };
	struct store s = { STORE_ADD, FLAG_FLAGGED, UINT64_MAX };
	unsigned char result[2];
	uint64_t modseq;
	int fd;

	(void)state;
	put("cur", "1.a:2,", "a\n");
	put("cur", "2.b:2,", "b\n");
	put("cur", "3.c:2,", "c\n");
	f = opened("INBOX", FOLDER_WRITE);
	g = opened("INBOX", FOLDER_WRITE);
	modseq = mail(f, 1).modseq;
	assert_int_equal(folder_store(f, &s, two, 2, result), 0);
	assert_int_equal(result[1], STORED);
	assert_string_equal(told(f, 1), "");
	assert_true(mail(f, 1).modseq > modseq);
	assert_true(there("cur", "3.c:2,F"));
	assert_int_equal(folder_sync(g), 0);
	assert_string_equal(told(g, 0), "f3 f1");
	assert_int_equal(mail(g, 3).flags, FLAG_FLAGGED);

	/* UNCHANGEDSINCE */
	s.unchanged_since = modseq;
	assert_int_equal(folder_store(g, &s, two, 2, result), 0);
	assert_int_equal(result[0], STORE_MODIFIED);

	assert_int_equal(folder_expunge(f, two, 2), 0);
	assert_int_equal(folder_count(f), 3);
	assert_string_equal(told(f, 0), "");
	assert_string_equal(told(f, 1), "x3 x1");
	assert_int_equal(folder_count(f), 1);
	assert_int_equal(mail(f, 1).uid, 2);
	put("new", "4.d", "d\n");
	assert_int_equal(folder_sync(g), 0);
	assert_string_equal(told(g, 0), "e4");
	assert_true(mail(g, 3).gone);
	assert_int_equal(folder_fd(g, 3), -1);
	assert_int_equal(errno, ENOENT);
	assert_int_equal(mail(g, 4).uid, 4);
	assert_string_equal(told(g, 1), "x3 x1");
	assert_int_equal(folder_count(g), 2);
	assert_int_equal(mail(g, 2).uid, 4);
	assert_int_equal(folder_seek(g, 3), 2);
	assert_int_equal(folder_seek(g, 5), 3);

	/* renamed by somebody else: found, and the flags seen */
	move("cur", "2.b:2,", "cur", "2.b:2,RS");
	fd = folder_fd(f, 1);
	assert_true(fd >= 0);
	close(fd);
	assert_int_equal(mail(f, 1).flags, FLAG_ANSWERED | FLAG_SEEN);
	folder_close(f);
	folder_close(g);
}

/* A STORE that changes nothing, as far as we know, while others have renamed
 * the file: its client was told OK. */
static void
test_store_of_the_renamed(void **state)
{
	struct folder *f;
	struct store s = { STORE_REMOVE, FLAG_SEEN, UINT64_MAX };
	uint32_t all[] = { 1, 2, 3, 4 };
	unsigned char result[4];
	uint64_t modseq;
	char p[512];

	(void)state;
	put("cur", "1.a:2,", "a\n");
	put("cur", "2.b:2,", "b\n");
	put("cur", "3.c:2,", "c\n");
	put("cur", "4.d:2,", "d\n");
	f = opened("INBOX", FOLDER_WRITE);
	modseq = mail(f, 1).modseq;
	move("cur", "1.a:2,", "cur", "1.a:2,S");
	move("cur", "2.b:2,", "cur", "2.b:2,FS");
	move("cur", "4.d:2,", "tmp", "gone");
	assert_int_equal(folder_store(f, &s, all, 4, result), 0);
	assert_int_equal(result[0], STORED);
	assert_int_equal(result[1], STORED);
	assert_int_equal(result[2], STORED);
	assert_int_equal(result[3], STORE_GONE);
	assert_true(there("cur", "1.a:2,"));
	assert_true(there("cur", "2.b:2,F"));
	assert_int_equal(folder_sync(f), 0);
	assert_int_equal(mail(f, 1).flags, 0);
	assert_int_equal(mail(f, 2).flags, FLAG_FLAGGED);
	assert_int_equal(mail(f, 3).modseq, modseq);
	assert_string_equal(told(f, 1), "x4 f2 f1");

	/* what has become a link is no message */
	path(p, "cur", "2.b:2,F");
	assert_int_equal(unlink(p), 0);
	assert_int_equal(symlink("1.a:2,", p), 0);
	assert_int_equal(folder_sync(f), 0);
	assert_string_equal(told(f, 1), "x2");

	/* UNCHANGEDSINCE: it has changed, though we would not change it */
	s.unchanged_since = modseq = mail(f, 2).modseq;
	move("cur", "3.c:2,", "cur", "3.c:2,S");
	all[0] = 2;
	assert_int_equal(folder_store(f, &s, all, 1, result), 0);
	assert_int_equal(result[0], STORE_MODIFIED);
	assert_true(mail(f, 2).modseq > modseq);
	folder_close(f);
}

static void
test_append(void **state)
{
	struct folder *f, *g;
	uint32_t one[] = { 1 }, uid[1];
	uint64_t size, vsize;
	int64_t date;
	char id[EMAILID], copy[EMAILID];
	int k;

	(void)state;
	f = opened("INBOX", FOLDER_WRITE);
	assert_int_equal(append(f, "Subject: x\r\n\r\nbare \r CR\r\n", 0), 1);
	assert_int_equal(append(f, "", FLAG_SEEN), 2);
	assert_int_equal(folder_sync(f), 0);
	assert_string_equal(told(f, 1), "e2");
	assert_int_equal(folder_sizes(f, 1, &size, &vsize), 0);
	assert_int_equal(size, 22);
	assert_int_equal(vsize, 25);
	assert_int_equal(folder_date(f, 1, &date), 0);
	assert_int_equal(date, 1000000000);
	k = folder_keyword_find(f, SPAN("$Junk"), 1);
	assert_int_equal(k, 0);
	assert_int_equal(folder_keyword_find(f, SPAN("$JUNK"), 0), 0);

	assert_int_equal(tree_create(&tree, "Lists.c"), 0);
	assert_int_equal(tree_create(&tree, "Lists.c"), -1);
	g = opened("Lists.c", FOLDER_WRITE);
	assert_int_equal(folder_copy(f, one, 1, g, uid), 0);
	assert_int_equal(uid[0], 1);
	assert_int_equal(folder_sync(g), 0);
	assert_string_equal(told(g, 1), "e1");
	folder_emailid(f, 1, id);
	folder_emailid(g, 1, copy);
	assert_string_equal(id, copy);
	assert_int_equal(folder_sizes(g, 1, &size, &vsize), 0);
	assert_int_equal(vsize, 25);
	assert_int_equal(folder_date(g, 1, &date), 0);
	assert_int_equal(date, 1000000000);

	assert_int_equal(folder_move(f, one, 1, g, uid), 0);
	assert_int_equal(uid[0], 2);
	assert_string_equal(told(f, 1), "x1");
	assert_int_equal(folder_sync(g), 0);
	assert_string_equal(told(g, 1), "e2");
	folder_close(f);
	folder_close(g);
}

/* What was deleted beside us is not copied, and gets no UID there. */
static int
keep_name(void *to, const char *name)
{
	snprintf(to, FOLDER_FILE, "%s", name);
	return 1;
}

/* Another process, which tells when it has the lock, sees what comes into cur/,
 * and sees it removed. */
static void
see_and_remove(int tell)
{
	struct folder *f = opened("INBOX", FOLDER_WRITE);
	char name[FOLDER_FILE], p[512];

	if (folder_lock(f) < 0 || write(tell, "x", 1) != 1)
		_exit(1);
	while (file_each(f->cur.fd, keep_name, name) == 0)
		usleep(1000);
	path(p, "cur", name);
	if (folder_scan(f, 1) < 0 || f->table.messages != 1 || unlink(p) < 0 ||
	    folder_scan(f, 1) < 0 || f->table.messages != 0)
		_exit(1);
	folder_unlock(f);
	_exit(0);
}

/* Its UID may have been told: it gets no second. */
static void
test_append_of_the_removed(void **state)
{
	struct append a = { .date = 1000000000 };
	struct folder *f = opened("INBOX", FOLDER_WRITE);
	int p[2], status;
	pid_t pid;
	char c;

	(void)state;
	assert_int_equal(pipe(p), 0);
	if ((pid = fork()) == 0)
		see_and_remove(p[1]);
	assert_int_equal(read(p[0], &c, 1), 1);
	assert_int_equal(append_open(f, &a), 0);
	assert_int_equal(append_write(&a, SPAN("x\r\n")), 0);
	assert_int_equal(folder_append(f, &a, 1), 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	assert_int_equal(a.uid, 0);
	folder_close(f);
	close(p[0]);
	close(p[1]);
}

static void
test_transfer_of_the_gone(void **state)
{
	struct folder *f, *g;
	uint32_t two[] = { 1, 2 }, uid[2], i;
	char name[300];
	struct span base;

	(void)state;
	assert_int_equal(tree_create(&tree, "Copies"), 0);
	for (i = 0; i < 2; i++) {
		f = opened("INBOX", FOLDER_WRITE);
		g = opened("Copies", FOLDER_WRITE);
		append(f, "gone\n", 0);
		append(f, "here\n", 0);
		assert_int_equal(folder_sync(f), 0);
		told(f, 1);
		assert_int_equal(folder_base(f, 1, &base), 0);
		snprintf(name, sizeof name, "cur/%.*s:2,", SPAN_ARG(base));
		assert_int_equal(unlinkat(tree.root, name, 0), 0);
		assert_int_equal((i ? folder_move : folder_copy)(f, two, 2, g,
		    uid), 0);
		assert_int_equal(uid[0], 0);
		assert_int_equal(uid[1], i + 1);
		assert_int_equal(folder_sync(g), 0);
		assert_string_equal(told(g, 1), i ? "e2" : "e1");
		two[0] = 1;
		assert_int_equal(folder_sync(f), 0);
		told(f, 1);
		assert_int_equal(folder_expunge(f, two, folder_count(f)), 0);
		told(f, 1);
		folder_close(f);
		folder_close(g);
	}
}

/* A mail under the longest name that there is.  Where a flag has no room the
 * reason is told. */
static void
test_long_name(void **state)
{
	struct store s = { STORE_ADD, FLAG_DELETED, UINT64_MAX };
	uint32_t one[] = { 1 }, uid[1];
	struct folder *f, *g;
	unsigned char result[1];
	char name[300];
	int i, fd;

	(void)state;
	snprintf(name, sizeof name, "%0251d:2,S", 1);
	put("cur", name, "x\n");
	/* letters of others, for which the name of a copy has no room */
	snprintf(name, sizeof name, "2.b:2,S%0230d", 0);
	put("cur", name, "x\n");
	assert_int_equal(tree_create(&tree, "Long"), 0);
	f = opened("INBOX", FOLDER_WRITE);
	g = opened("Long", FOLDER_WRITE);
	fd = folder_fd(f, 1);
	assert_true(fd >= 0);
	close(fd);
	assert_int_equal(folder_store(f, &s, one, 1, result), -1);
	assert_int_equal(errno, ENAMETOOLONG);
	for (i = 0; i < 2; i++) {
		assert_int_equal((i ? folder_move : folder_copy)(f, one, 1, g,
		    uid), 0);
		assert_int_equal(uid[0], i + 1);
	}
	one[0] = 2;
	assert_int_equal(folder_copy(f, one, 1, g, uid), 0);
	folder_close(f);
	folder_close(g);
}

/* A copy to another file system that fails leaves nothing behind. */
static void
test_copy_that_fails(void **state)
{
	char place[] = "/dev/shm/folder_test.XXXXXX", tmp[64];
	struct rlimit all, little;
	uint32_t one[] = { 1 }, uid[1];
	struct folder *f, *g;
	struct stat a, b;
	struct tree other;
	char *text;
	int i, r;

	(void)state;
	if (mkdtemp(place) == NULL || stat(place, &a) < 0 ||
	    fstat(tree.root, &b) < 0 || a.st_dev == b.st_dev) {
		(void)rmdir(place);
		print_message("skip: a copy that fails: no second file system\n");
		skip();
	}
	text = calloc(1, 100001);
	assert_non_null(text);
	memset(text, 'x', 100000);
	put("cur", "1.a:2,", text);
	free(text);
	assert_int_equal(tree_open(&other, place, "host.test"), 0);
	f = opened("INBOX", FOLDER_WRITE);
	assert_int_equal(folder_open(&g, &other, "INBOX", FOLDER_WRITE), 0);
	snprintf(tmp, sizeof tmp, "%s/tmp", place);
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &all), 0);
	for (i = 0; i < 2; i++) {
		little = all;
		if (i == 0)
			little.rlim_cur = 50000;
		assert_int_equal(setrlimit(RLIMIT_FSIZE, &little), 0);
		r = folder_copy(f, one, 1, g, uid);
		assert_int_equal(r, i - 1);
		/* not empty: it cannot be removed */
		assert_int_equal(rmdir(tmp), 0);
		assert_int_equal(mkdir(tmp, 0700), 0);
	}
	folder_close(f);
	folder_close(g);
	tree_close(&other);
	assert_int_equal(remove_tree(place), 0);
}

/* What a message will be on the wire does not depend on where its bytes were
 * cut. */
static void
test_append_sizes(void **state)
{
	struct append a;
	struct folder *f;
	uint64_t size, vsize;
	char *text;
	size_t n;

	(void)state;
	text = malloc(66000);
	assert_non_null(text);
	memset(text, 'x', 66000);
	f = opened("INBOX", FOLDER_WRITE);
	for (n = 65530; n < 65540; n++) {
		memcpy(text + n, "\r\r\ny\r\n", 6);
		a = (struct append){ .date = 1 };
		assert_int_equal(append_open(f, &a), 0);
		assert_int_equal(append_write(&a, span_mem(text, n + 1)), 0);
		assert_int_equal(append_write(&a, span_mem(text + n + 1, 5)),
		    0);
		assert_int_equal(folder_append(f, &a, 1), 0);
		assert_int_equal(folder_sync(f), 0);
		told(f, 1);
		assert_int_equal(folder_sizes(f, folder_count(f), &size,
		    &vsize), 0);
		assert_int_equal(size, n + 4);
		assert_int_equal(vsize, n + 5);
		text[n] = 'x';
	}
	free(text);
	folder_close(f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_arrival), TEST(test_left_in_new),
		TEST(test_copy_of_what_was_told), TEST(test_copy_while_renamed),
		TEST(test_recent_to_each_reader),
		TEST(test_gone_from_new), TEST(test_first_view_is_whole),
		TEST(test_views), TEST(test_store_of_the_renamed),
		TEST(test_append), TEST(test_append_of_the_removed),
		TEST(test_transfer_of_the_gone),
		TEST(test_long_name), TEST(test_copy_that_fails),
		TEST(test_append_sizes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
