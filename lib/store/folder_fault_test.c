/* folder_fault_test - what a folder tells after a power cut, and while there is
 * no memory or no room on disk. */
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <dirent.h>
#include <dlfcn.h>
#include <poll.h>
#include <signal.h>

#include "store/folder_scratch.h"
#include "sys/clock.h"
#include "sys/room.h"

static int no_room;			/* for a table that there is */

void *
room_grow(int at, void *p, size_t size, size_t want)
{
	(void)at;
	(void)size;
	return no_room && p ? NULL : realloc(p, want);
}

void
room_free(void *p, size_t size)
{
	(void)size;
	free(p);
}

static int no_types;			/* as of some file systems */

struct dirent *
readdir(DIR *d)
{
	struct dirent *(*next)(DIR *), *e;
	void *p = dlsym(RTLD_NEXT, "readdir");

	memcpy(&next, &p, sizeof next);
	if ((e = next(d)) != NULL && no_types)
		e->d_type = DT_UNKNOWN;
	return e;
}

static int no_flush;

int
fdatasync(int fd)
{
	void *p = dlsym(RTLD_NEXT, "fdatasync");
	int (*next)(int);

	memcpy(&next, &p, sizeof next);
	errno = EIO;
	return no_flush ? -1 : next(fd);
}

static int64_t ahead;			/* our clock, of the file system's */

int
clock_gettime(clockid_t id, struct timespec *t)
{
	int r = (int)syscall(SYS_clock_gettime, id, t);

	t->tv_sec += id == CLOCK_REALTIME ? ahead : 0;
	return r;
}

static int brought_back;		/* what is removed, by a power cut */

int
unlinkat(int at, const char *name, int flags)
{
	return brought_back && strncmp(name, "1.a", 3) == 0 ? 0 :
	    (int)syscall(SYS_unlinkat, at, name, flags);
}

/* Of one time so long ago that a look at them is trusted. */
static void
age(void)
{
	struct timespec t[2] = { { .tv_sec = clock_s() - 100 } };
	char p[512];

	t[1] = t[0];
	path(p, "new", "");
	assert_int_equal(utimensat(AT_FDCWD, p, t, 0), 0);
	path(p, "cur", "");
	assert_int_equal(utimensat(AT_FDCWD, p, t, 0), 0);
}

/* The last "=", which nobody flushed, is lost. */
static void
cut_durable(void)
{
	struct buf b = { .max = 1 << 20 };
	char p[512];
	size_t n;

	assert_int_equal(file_read_at(tree.root, "correo-uids", &b), 0);
	n = span_rfind(span_sub(buf_span(&b), 0, b.n - 1), '\n') + 1;
	assert_int_equal(b.p[n + 9], '=');
	path(p, "", "correo-uids");
	assert_int_equal(truncate(p, (off_t)n), 0);
	buf_free(&b);
}

/* What was told as gone, with its mod-sequence, stays so, though the power cut
 * has left the directories as they were before, with their times. */
static void
test_power_cut(void **state)
{
	struct folder *f;
	struct folder_totals was, t;
	uint32_t at;
	int i;

	(void)state;
	put("cur", "1.a:2,", "a\n");
	put("cur", "2.b:2,", "b\n");
	age();
	for (i = 0; i < 2; i++) {
		f = opened("INBOX", FOLDER_WRITE);
		assert_true(f->table.stamp_cur != 0);
		assert_int_equal(folder_lock(f), 0);
		at = folder_at(f, 1);
		assert_int_equal(folder_bury(f, &at, 1, clock_ns()), 0);
		folder_unlock(f);
		folder_totals(f, &was);
		folder_close(f);
		cut_durable();
		f = opened("INBOX", i == 0 ? FOLDER_WRITE : FOLDER_READ);
		folder_totals(f, &t);
		assert_int_equal(folder_count(f), 1 - i);
		assert_int_equal(t.modseq, was.modseq);
		folder_close(f);
		assert_int_equal(there("cur", "1.a:2,"), 0);
		assert_int_equal(there("cur", "2.b:2,"), i == 0);
		age();
	}
}

/* Lines that are flushed hold where the "=" behind them finds no room. */
static void
test_no_room_for_durable(void **state)
{
	struct store s = { STORE_SET, FLAG_DRAFT, UINT64_MAX };
	struct rlimit was, small;
	struct folder *f, *g;
	struct stat st;
	uint32_t one[] = { 1 };
	unsigned char result[1];
	char p[512];

	(void)state;
	signal(SIGXFSZ, SIG_IGN);
	put("cur", "1.a:2,", "a\n");
	put("cur", "2.b:2,", "b\n");
	path(p, "", "correo-uids");
	f = opened("INBOX", FOLDER_WRITE);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &was), 0);
	small = was;
	small.rlim_cur = (rlim_t)f->log.at + 40;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	assert_int_equal(folder_store(f, &s, one, 1, result), 0);
	assert_int_equal(stat(p, &st), 0);
	g = opened("INBOX", FOLDER_WRITE);
	assert_int_equal(mail(g, 1).flags, FLAG_DRAFT);
	folder_close(g);
	small.rlim_cur = (rlim_t)st.st_size + 80;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	assert_int_equal(folder_expunge(f, one, 1), 0);
	assert_false(there("cur", "1.a:2,D"));
	folder_close(f);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &was), 0);
	f = opened("INBOX", FOLDER_READ);
	assert_int_equal(folder_count(f), 1);
	assert_int_equal(mail(f, 1).uid, 2);
	folder_close(f);
}

/* What a dead writer left is known when it is on disk, not before. */
static void
test_unflushed_of_the_dead(void **state)
{
	struct folder *f, *g;

	(void)state;
	f = opened("INBOX", FOLDER_WRITE);
	append(f, "a\r\n", 0);
	append(f, "b\r\n", 0);
	g = opened("INBOX", FOLDER_WRITE);
	append(f, "c\r\n", 0);
	folder_close(f);
	cut_durable();
	no_flush = 1;
	assert_int_equal(folder_lock(g), -1);
	no_flush = 0;
	assert_string_equal(told(g, 1), "");
	/* the next flush says no more of what was lost */
	assert_int_equal(folder_lock(g), -1);
	(void)folder_sync(g);
	assert_string_equal(told(g, 1), "");
	assert_int_equal(folder_log_replace(&g->log, &g->table, 0), -1);
	folder_close(g);
	g = opened("INBOX", FOLDER_WRITE);
	assert_int_equal(folder_count(g), 3);
	assert_int_equal(mail(g, 3).uid, 3);
	folder_close(g);
}

/* What came back was removed by us, and what was put back was not, wherever our
 * clock is. */
static void
test_another_clock(void **state)
{
	const char *const name[] = { "1.ab:2,T", "1.ac:2,T" };
	const uint32_t one[] = { 1 };
	struct folder *f;
	int i;

	(void)state;
	for (i = 0; i < 2; i++) {
		ahead = i == 0 ? -3600 : 3600;
		put("cur", name[i], "a\n");
		f = opened("INBOX", FOLDER_WRITE);
		assert_int_equal(folder_count(f), 1);
		brought_back = 1;
		assert_int_equal(folder_expunge(f, one, 1), 0);
		brought_back = 0;
		folder_close(f);
		f = opened("INBOX", FOLDER_WRITE);
		assert_int_equal(folder_count(f), 0);
		assert_false(there("cur", name[i]));
		poll(NULL, 0, 20);	/* the file system's clock ticks */
		put("cur", name[i], "a\n");
		assert_int_equal(folder_sync(f), 0);
		assert_string_equal(told(f, 1), "e1");
		assert_true(there("cur", name[i]));
		assert_int_equal(folder_expunge(f, one, 1), 0);
		folder_close(f);
	}
	ahead = 0;
}

static void
put_long(const char *sub, int number)
{
	char name[256];

	snprintf(name, sizeof name, "%d.%0200d%s", number, number,
	    strcmp(sub, "cur") == 0 ? ":2," : "");
	put(sub, name, "x\n");
}

/* UIDs of a new generation that there was no memory for are no other's. */
static void
test_no_memory_for_a_generation(void **state)
{
	struct folder *f, *g;
	int i;

	(void)state;
	put("cur", "1.a:2,", "a\n");
	f = opened("INBOX", FOLDER_WRITE);
	for (i = 0; i < 20; i++)
		put_long("cur", 100 + i);
	g = opened("INBOX", FOLDER_WRITE);
	assert_int_equal(folder_count(g), 21);
	assert_int_equal(folder_lock(g), 0);
	assert_int_equal(folder_log_replace(&g->log, &g->table, 0), 0);
	folder_unlock(g);
	no_room = 1;
	assert_int_equal(folder_sync(f), -1);
	assert_int_equal(errno, ENOMEM);
	no_room = 0;
	assert_int_equal(append(f, "b\r\n", 0), 22);
	folder_close(f);
	assert_int_equal(folder_sync(g), 0);
	assert_string_equal(told(g, 1), "e22");
	folder_close(g);
}

/* Nor are those of lines of our own. */
static void
test_no_memory_for_lines(void **state)
{
	struct append a;
	struct folder *f, *g;
	uint32_t uid;

	(void)state;
	put("cur", "1.a:2,", "a\n");
	f = opened("INBOX", FOLDER_WRITE);
	f->table.name_size = f->table.part[1].nname;
	for (no_room = 1; no_room >= 0; no_room--) {
		a = (struct append){ .date = 1000000000 };
		assert_int_equal(append_open(f, &a), 0);
		assert_int_equal(append_write(&a, SPAN("b\r\n")), 0);
		if (folder_append(f, &a, 1) == 0)
			fail_msg("UID %u again", a.uid);
		assert_int_equal(errno, EUCLEAN);
	}
	no_room = 0;
	/* nor by an index that lacks them */
	f->measured = 1000;
	folder_share(f);
	f->table.owed = 1;
	folder_save(f);
	g = opened("INBOX", FOLDER_READ);
	assert_int_equal(append(g, "d\r\n", 0), 3);
	folder_close(g);
	folder_close(f);
	f = opened("INBOX", FOLDER_WRITE);
	uid = append(f, "c\r\n", 0);
	if (uid < 4)
		fail_msg("UID %u again", uid);
	folder_close(f);
	f = opened("INBOX", FOLDER_WRITE);
	assert_int_equal(folder_count(f), 3);
	assert_int_equal(mail(f, 3).uid, uid);
	folder_close(f);
}

/* What is no file is no message, also where a listing does not say so. */
static void
test_no_types(void **state)
{
	struct folder *f;
	char p[512];

	(void)state;
	put("cur", "1.a:2,", "a\n");
	path(p, "cur", "2.directory");
	assert_int_equal(mkdir(p, 0700), 0);
	path(p, "new", "3.link");
	assert_int_equal(symlink("../cur/1.a:2,", p), 0);
	path(p, "new", "4.fifo");
	assert_int_equal(mkfifo(p, 0600), 0);
	put("new", "5.e", "e\n");
	no_types = 1;
	f = opened("INBOX", FOLDER_WRITE);
	assert_int_equal(folder_count(f), 2);
	folder_close(f);
	no_types = 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_power_cut), TEST(test_no_memory_for_a_generation),
		TEST(test_no_memory_for_lines), TEST(test_no_types),
		TEST(test_no_room_for_durable),
		TEST(test_unflushed_of_the_dead), TEST(test_another_clock),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
