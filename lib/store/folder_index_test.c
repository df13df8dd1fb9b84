/* folder_index_test - an index that is large, torn or rotten, or not flushed. */
#include <sys/stat.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "store/folder_index.h"
#include "store/folder_scratch.h"
#include "sys/clock.h"
#include "sys/room.h"

/* When the system was started. */
static int64_t started = 1000;

static int64_t
since(void)
{
	return started;
}

/* How often an index was flushed, and always before it had its name. */
static int flushes;

static int
flush_counted(int fd)
{
	char link[32], name[512] = "";

	snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
	assert_true(readlink(link, name, sizeof name - 1) > 0);
	assert_non_null(strstr(name, "/correo-index.tmp"));
	assert_null(strstr(name, " (deleted)"));
	flushes++;
	return fdatasync(fd);
}

/* Where others' machines, or a quota on them, say it late: what was written did
 * not get there. */
static int no_room;

static int
close_late(int fd)
{
	int written = (fcntl(fd, F_GETFL) & O_ACCMODE) != O_RDONLY;

	assert_int_equal(close(fd), 0);
	if (!written || !no_room)
		return 0;
	errno = EDQUOT;
	return -1;
}

#define clock_started since
#define fdatasync flush_counted
#define close close_late
#include "store/folder_index.c"
#undef close
#undef fdatasync
#undef clock_started

static void
rot(const char *file, off_t at)
{
	char p[512];
	int fd;

	path(p, "", file);
	fd = open(p, O_RDWR);
	assert_true(fd >= 0);
	assert_int_equal(pwrite(fd, "\xa5\x5a", 2, at), 2);
	close(fd);
}

static off_t
size_of(const char *p)
{
	struct stat st;

	assert_int_equal(stat(p, &st), 0);
	return st.st_size;
}

static void
test_index_damage(void **state)
{
	struct folder *f;
	struct mail m;
	char p[512], name[32];
	off_t at, size;
	int i, r;

	(void)state;
	for (i = 0; i < 100; i++) {
		snprintf(name, sizeof name, "%d.m:2,", 100 + i);
		put("cur", name, "x\n");
	}
	folder_close(opened("INBOX", FOLDER_WRITE));
	path(p, "", "correo-index");
	size = size_of(p);
	for (at = 0; at < size; at += 37) {
		rot("correo-index", at);
		f = NULL;
		r = folder_open(&f, &tree, "INBOX", FOLDER_READ);
		for (i = 1; r == 0 && i <= 100; i++) {
			r = folder_mail(f, (uint32_t)i, &m);
			if (r == 0 && m.uid != (uint32_t)i)
				fail_msg("byte %ld: UID %u is %d", (long)at,
				    m.uid, i);
		}
		if (r < 0 && errno != EUCLEAN)
			fail_msg("byte %ld: %s", (long)at, strerror(errno));
		if (f)
			folder_close(f);
		unlink(p);
		f = opened("INBOX", FOLDER_READ);
		assert_int_equal(folder_count(f), 100);
		f->table.learned = 1000;
		folder_close(f);
	}
}

/* Who has mapped a file does not see what happens to its copy. */
static void
apart(const char *p)
{
	static unsigned char b[1 << 20];
	int fd = open(p, O_RDONLY);
	ssize_t n = read(fd, b, sizeof b);

	close(fd);
	assert_true(n > 0 && unlink(p) == 0);
	fd = open(p, O_WRONLY | O_CREAT | O_EXCL, 0600);
	assert_int_equal(write(fd, b, (size_t)n), n);
	close(fd);
}

/* What a power cut leaves of an index that nobody flushed costs no session. */
static void
test_shared_damage(void **state)
{
	struct folder *f, *g;
	struct span blob;
	struct mail m;
	char p[512], name[32];
	struct folder_table t = { 0 };
	uint64_t log;
	off_t at, size;
	int64_t date;
	uint32_t i;

	(void)state;
	for (i = 0; i < 100; i++) {
		snprintf(name, sizeof name, "%u.m:2,", 100 + i);
		put("cur", name, "x\n");
	}
	f = opened("INBOX", FOLDER_WRITE);
	for (i = 1; i <= 100; i++)
		assert_int_equal(folder_date(f, i, &date), 0);
	folder_cache_put(f, 7, 1, SPAN("seven"));
	folder_share(f);
	g = opened("INBOX", FOLDER_READ);
	assert_true(folder_rec(g, 7)->bits & REC_DATE);
	assert_int_equal(folder_cache_get(g, 7, 1, &blob), 1);
	path(p, "", "correo-index");
	size = size_of(p);
	for (at = 0; at < size; at += 37) {
		f->measured = 1000;
		folder_share(f);
		apart(p);
		started += 9;
		rot("correo-index", at);
		folder_close(g);
		g = opened("INBOX", FOLDER_READ);
		for (i = 1; i <= 100; i++) {
			assert_int_equal(folder_mail(g, i, &m), 0);
			assert_int_equal(m.uid, i);
		}
	}
	/* of this start of the system, it is believed as one that is flushed */
	f->measured = 1000;
	folder_share(f);
	apart(p);
	rot("correo-index", (off_t)(sizeof(struct index_head) +
	    50 * sizeof(struct rec)));
	assert_int_equal(folder_index_map(&t, f->dir, &log), 1);
	folder_table_free(&t);
	started += 9;
	assert_int_equal(folder_index_map(&t, f->dir, &log), 0);
	folder_close(g);
	f->measured = 1000;
	flushes = 0;
	folder_share(f);
	/* nor for each STATUS */
	folder_close(opened("INBOX", FOLDER_READ));
	assert_int_equal(flushes, 0);
	folder_close(f);
	assert_int_equal(flushes, 1);
	g = opened("INBOX", FOLDER_WRITE);
	assert_non_null(g->table.map);
	assert_false(g->table.unflushed);
	folder_close(g);
}

/* Half of one never has its name. */
static void
test_late_error(void **state)
{
	struct folder *f;
	char p[512];
	off_t was;
	int flush;

	(void)state;
	put("cur", "1.a:2,", "x\n");
	f = opened("INBOX", FOLDER_WRITE);
	assert_int_equal(folder_index_write(&f->table, f->dir, f->log.at, 1),
	    0);
	path(p, "", "correo-index");
	was = size_of(p);
	append(f, "x\r\n", 0);
	no_room = 1;
	for (flush = 0; flush < 2; flush++) {
		assert_int_equal(folder_index_write(&f->table, f->dir,
		    f->log.at, flush), -1);
		assert_int_equal(errno, EDQUOT);
		assert_int_equal(size_of(p), was);
		assert_false(there("", "correo-index.tmp"));
	}
	no_room = 0;
	folder_close(f);
}

static int
count_uids(void *arg, uint32_t first, uint32_t last)
{
	uint32_t *n = arg;

	*n += last - first + 1;
	return 0;
}

/* Nobody is told less of the vanished than there are. */
static void
test_rotten_tombs(void **state)
{
	struct folder *f;
	char p[512], name[32];
	uint32_t number[20], i, n;
	off_t at, size;

	(void)state;
	for (i = 0; i < 30; i++) {
		snprintf(name, sizeof name, "%u.m:2,", 100 + i);
		put("cur", name, "x\n");
		if (i < 20)
			number[i] = i + 1;
	}
	f = opened("INBOX", FOLDER_WRITE);
	assert_int_equal(folder_expunge(f, number, 20), 0);
	told(f, 1);
	f->table.learned = 1000;
	folder_close(f);
	path(p, "", "correo-index");
	size = size_of(p);
	for (at = 0; at < size - 2; at += 23) {
		unlink(p);
		f = opened("INBOX", FOLDER_READ);
		f->table.learned = 1000;
		folder_close(f);
		rot("correo-index", at);
		f = opened("INBOX", FOLDER_READ);
		n = 0;
		if (folder_vanished(f, 1, count_uids, &n) < 0) {
			assert_int_equal(errno, EUCLEAN);
			folder_close(f);
			assert_false(there("", "correo-index"));
			continue;
		}
		if (n != 20)
			fail_msg("byte %ld: %u are told", (long)at, n);
		folder_close(f);
	}
}

/* What has rotted in a new generation's index is not gone. */
static void
test_rotten_generation(void **state)
{
	struct folder *f, *g;
	char p[512], name[32];
	off_t at;
	int i, r;

	(void)state;
	for (i = 0; i < 20; i++) {
		snprintf(name, sizeof name, "%d.m:2,", 100 + i);
		put("cur", name, "x\n");
	}
	path(p, "", "correo-index");
	f = opened("INBOX", FOLDER_WRITE);
	f->table.learned = 1000;
	folder_close(f);
	for (at = size_of(p) - 2; at > 0; at -= 61) {
		unlink(p);
		f = opened("INBOX", FOLDER_WRITE);
		g = opened("INBOX", FOLDER_READ);
		assert_int_equal(folder_lock(f), 0);
		assert_int_equal(folder_log_replace(&f->log, &f->table, 0), 0);
		folder_unlock(f);
		assert_int_equal(folder_sync(f), 0);
		f->table.learned = 1000;
		folder_close(f);
		rot("correo-index", at);
		r = folder_sync(g);
		if (r < 0)
			assert_int_equal(errno, EUCLEAN);
		else if (*told(g, 1))
			fail_msg("byte %ld: somebody is gone", (long)at);
		folder_close(g);
		assert_int_equal(r < 0 && there("", "correo-index"), 0);
	}
}

/* So many that the table is no longer in memory of its own: the same. */
static void
test_large(void **state)
{
	enum { MANY = 100000 };
	struct folder_table t = { .room = tree.root + 1 };
	struct folder_table u = { .room = tree.root + 1 };
	struct line l = { .kind = LINE_HEAD, .text = SPAN("id"),
	    .uidvalidity = 7 };
	char name[64];
	struct rec *c;
	uint64_t at;
	uint32_t i;

	(void)state;
	assert_int_equal(folder_table_apply(&t, &l), 0);
	l = (struct line){ .kind = LINE_MAIL };
	for (i = 1; i <= MANY; i++) {
		snprintf(name, sizeof name, "%u.M1P1.a-host.example.test", i);
		l.uid = 2 * i;
		l.text = span_of(name);
		assert_int_equal(folder_table_apply(&t, &l), 0);
	}
	assert_true(t.rec_size * sizeof *c > ROOM_LARGE);
	assert_int_equal(folder_index_write(&t, tree.root, 99, 1), 0);
	assert_int_equal(folder_index_map(&u, tree.root, &at), 1);
	for (i = 1; i <= MANY; i++) {
		snprintf(name, sizeof name, "%u.M1P1.a-host.example.test", i);
		c = folder_table_rec(&u, i - 1);
		if (c == NULL || c->uid != 2 * i || !span_eq(
		    folder_table_base(&u, c), span_of(name)) ||
		    folder_table_find(&t, span_of(name)) != i - 1)
			fail_msg("%u", i);
	}
	folder_table_free(&t);
	folder_table_free(&u);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_index_damage), TEST(test_shared_damage),
		TEST(test_rotten_tombs), TEST(test_rotten_generation),
		TEST(test_late_error), TEST(test_large),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
