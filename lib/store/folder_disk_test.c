/* folder_disk_test - what a folder keeps beside the mail: found again,
 * compacted, damaged, cut off by a crash. */
#include <sys/stat.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "store/folder_scratch.h"

static int
collect(void *arg, uint32_t a, uint32_t b)
{
	return buf_addf(arg, "%u:%u ", a, b);
}

static void
test_vanished_and_reopen(void **state)
{
	struct folder *f;
	struct folder_totals t, u;
	struct buf b = { .max = 1000 };
	uint32_t n[] = { 2, 3, 5 }, i;
	char name[32];

	(void)state;
	for (i = 1; i <= 6; i++) {
		snprintf(name, sizeof name, "%u.m:2,", i);
		put("cur", name, "x\n");
	}
	f = opened("INBOX", FOLDER_WRITE);
	folder_totals(f, &t);
	assert_int_equal(folder_expunge(f, n, 3), 0);
	assert_int_equal(folder_vanished(f, t.modseq, collect, &b), 0);
	buf_addc(&b, 0);
	assert_string_equal(b.p, "2:3 5:5 ");
	buf_reset(&b);
	assert_int_equal(folder_vanished(f, 1, collect, &b), 0);
	buf_addc(&b, 0);
	assert_string_equal(b.p, "2:3 5:5 ");
	folder_totals(f, &t);
	folder_close(f);

	/* through the log alone, then through an index, then compacted */
	for (i = 0; i < 3; i++) {
		f = opened("INBOX", FOLDER_WRITE);
		folder_totals(f, &u);
		assert_int_equal(t.uidvalidity, u.uidvalidity);
		assert_int_equal(t.uidnext, u.uidnext);
		assert_int_equal(t.modseq, u.modseq);
		assert_int_equal(t.messages, u.messages);
		assert_int_equal(t.unseen, u.unseen);
		assert_string_equal(t.id, u.id);
		assert_int_equal(folder_count(f), 3);
		assert_int_equal(mail(f, 3).uid, 6);
		f->table.learned = 1000;
		folder_save(f);
		assert_int_equal(there("", "correo-index"), 1);
		assert_int_equal(mail(f, 2).uid, 4);
		assert_int_equal(folder_lock(f), 0);
		if (i == 1)
			assert_int_equal(folder_log_replace(&f->log,
			    &f->table, 0), 0);
		folder_unlock(f);
		assert_int_equal(folder_sync(f), 0);
		assert_string_equal(told(f, 1), "");
		folder_close(f);
	}
	buf_free(&b);
}

static void
test_compaction_under_a_view(void **state)
{
	struct folder *f, *g;
	uint32_t one[] = { 2 };
	struct store s = { STORE_SET, FLAG_DRAFT, UINT64_MAX };
	unsigned char result[1];

	(void)state;
	put("cur", "1.a:2,", "a\n");
	put("cur", "2.b:2,", "b\n");
	put("cur", "3.c:2,", "c\n");
	f = opened("INBOX", FOLDER_WRITE);
	g = opened("INBOX", FOLDER_READ);
	assert_int_equal(folder_store(f, &s, one, 1, result), 0);
	one[0] = 1;
	assert_int_equal(folder_expunge(f, one, 1), 0);
	append(f, "new\r\n", 0);
	assert_int_equal(folder_lock(f), 0);
	assert_int_equal(folder_log_replace(&f->log, &f->table, 0), 0);
	folder_unlock(f);
	assert_int_equal(folder_sync(g), 0);
	assert_string_equal(told(g, 1), "x1 f1 e3");
	assert_int_equal(mail(g, 1).flags, FLAG_DRAFT);
	assert_int_equal(mail(g, 3).uid, 4);
	folder_close(f);
	folder_close(g);
}

static void
test_cache(void **state)
{
	struct folder *f;
	struct span s;
	char name[32], text[64];
	uint32_t i, round;

	(void)state;
	for (i = 1; i <= 200; i++) {
		snprintf(name, sizeof name, "%u.m:2,", 1000 + i);
		put("cur", name, "x\n");
	}
	for (round = 0; round < 40; round++) {
		f = opened("INBOX", FOLDER_WRITE);
		for (i = 1; i <= 200; i++) {
			snprintf(text, sizeof text, "blob %u", i);
			if (i > round * 5) {
				assert_int_equal(folder_cache_get(f, i, 7,
				    &s), 0);
			} else {
				assert_int_equal(folder_cache_get(f, i, 7,
				    &s), 1);
				assert_true(span_eq(s, span_of(text)));
			}
			if (i > round * 5 && i <= round * 5 + 5)
				folder_cache_put(f, i, 7, span_of(text));
		}
		folder_close(f);
	}
}

static void
test_damage(void **state)
{
	static const struct {
		const char *what;
		int at;			/* from the end when below 0 */
		int cut, same;		/* UIDVALIDITY stays */
	} *c, table[] = {
		{ "torn end", -3, 1, 1 },
		{ "rotten middle", 200, 0, 1 },
		{ "rotten head", 12, 0, 0 },
		{ "torn to nothing", 0, 1, 0 },
	};
	struct folder *f;
	struct folder_totals t, u;
	struct stat st;
	char p[512];
	size_t i;
	off_t at;
	int fd;

	(void)state;
	put("cur", "1.a:2,", "a\n");
	put("cur", "2.b:2,", "b\n");
	put("cur", "3.c:2,", "c\n");
	for (i = 0; i < sizeof table / sizeof *table; i++) {
		c = &table[i];
		f = opened("INBOX", FOLDER_WRITE);
		append(f, "x\r\n", 0);
		folder_totals(f, &t);
		folder_close(f);
		path(p, "", "correo-uids");
		fd = open(p, O_RDWR);
		assert_int_equal(fstat(fd, &st), 0);
		at = c->at < 0 ? st.st_size + c->at : c->at;
		if (c->cut)
			assert_int_equal(ftruncate(fd, at), 0);
		else
			assert_int_equal(pwrite(fd, "\x01", 1, at), 1);
		close(fd);
		f = opened("INBOX", FOLDER_WRITE);
		folder_totals(f, &u);
		if (folder_count(f) != 4 + i)
			fail_msg("%s: %u messages", c->what, folder_count(f));
		if (c->same && (u.uidvalidity != t.uidvalidity ||
		    u.uidnext < t.uidnext || u.modseq < t.modseq))
			fail_msg("%s: numbers went back", c->what);
		if (!c->same && u.uidvalidity <= t.uidvalidity)
			fail_msg("%s: same UIDVALIDITY", c->what);
		folder_close(f);
	}
}

/* Of an older copy, renamed into place or written into the file, beside what is
 * newer: no number is told again for other mail, nobody who went is hidden. */
static void
test_put_back(void **state)
{
	struct folder *f, *g;
	struct folder_totals was, t;
	struct buf old = { .max = 1 << 20 };
	uint32_t n[1], in_place;

	(void)state;
	for (in_place = 0; in_place < 2; in_place++) {
		f = opened("INBOX", FOLDER_WRITE);
		append(f, "a\r\n", 0);
		buf_reset(&old);
		assert_int_equal(file_read_at(f->dir, "correo-uids", &old), 0);
		append(f, "gone\r\n", 0);
		append(f, "stays\r\n", 0);
		g = opened("INBOX", FOLDER_READ);
		assert_int_equal(folder_sync(f), 0);
		told(f, 1);
		n[0] = folder_count(f) - 1;
		assert_int_equal(folder_expunge(f, n, 1), 0);
		folder_totals(f, &was);
		f->table.learned = 1000;
		folder_close(f);
		if (in_place)
			put("", "correo-uids", "");
		else
			move("", "correo-uids", "", "away");
		buf_addc(&old, 0);
		put("", "correo-uids", (char *)old.p);
		assert_int_equal(folder_lock(g), -1);
		assert_int_equal(errno, EUCLEAN);
		folder_close(g);

		f = opened("INBOX", FOLDER_WRITE);
		folder_totals(f, &t);
		assert_int_equal(t.uidvalidity, was.uidvalidity);
		assert_int_equal(folder_count(f), 2 * (in_place + 1));
		assert_true(mail(f, folder_count(f)).uid >= was.uidnext);
		assert_true(t.modseq > was.modseq);
		assert_true(f->table.floor > was.modseq);
		folder_close(f);
		f = opened("INBOX", FOLDER_WRITE);
		folder_totals(f, &was);
		assert_int_equal(was.uidnext, t.uidnext);
		folder_close(f);
	}
	buf_free(&old);
}

/* The first correo-uids may have the name it had before, whole or torn; the
 * record of its UIDVALIDITY may be lost then. */
static void
test_first_name(void **state)
{
	struct folder *f;
	struct folder_totals t, u;
	char p[512], first[512];
	off_t cut;

	(void)state;
	put("cur", "1.a:2,", "a\n");
	put("cur", "2.b:2,", "b\n");
	path(p, "", "correo-uids");
	path(first, "", "correo-uids.first");
	f = opened("INBOX", FOLDER_WRITE);
	folder_totals(f, &t);
	folder_close(f);
	assert_int_equal(rename(p, first), 0);
	put("", "correo-folders", "");
	f = opened("INBOX", FOLDER_WRITE);
	folder_totals(f, &u);
	folder_close(f);
	assert_int_equal(u.uidvalidity, t.uidvalidity);
	assert_int_equal(u.uidnext, t.uidnext);
	assert_true(there("", "correo-uids"));
	assert_false(there("", "correo-uids.first"));
	assert_true(tree_uidvalidity(&tree, 0) > t.uidvalidity);

	/* no "=" stands in front */
	for (cut = 0; cut < 100; cut += 7) {
		assert_int_equal(rename(p, first), 0);
		assert_int_equal(truncate(first, cut), 0);
		f = opened("INBOX", FOLDER_WRITE);
		folder_totals(f, &u);
		folder_close(f);
		assert_true(u.uidvalidity > t.uidvalidity);
		assert_int_equal(u.uidnext, 3);
		assert_false(there("", "correo-uids.first"));
		t = u;
	}
}

static void
test_twice(void **state)
{
	struct folder *f;
	char p[512], q[512];
	struct folder_totals t;

	(void)state;
	put("cur", "1.a:2,S", "a\n");
	path(p, "cur", "1.a:2,S");
	path(q, "new", "1.a");
	assert_int_equal(link(p, q), 0);		/* a crash in between */
	put("cur", "2.b:2,", "b\n");
	put("cur", "2.b:2,F", "other\n");		/* two mails */
	f = opened("INBOX", FOLDER_WRITE);
	assert_int_equal(folder_sync(f), 0);
	told(f, 1);
	folder_totals(f, &t);
	assert_int_equal(t.messages, 3);
	assert_false(there("new", "1.a"));
	assert_true(there("cur", "1.a:2,S"));
	/* the same with known messages */
	assert_int_equal(link(p, q), 0);
	put("new", "2.b", "third\n");
	assert_int_equal(folder_sync(f), 0);
	assert_int_equal(folder_sync(f), 0);
	assert_string_equal(told(f, 1), "e4");
	folder_close(f);
}

/* Until a file that is changed gets a later time than all before. */
static void
next_tick(void)
{
	struct stat first, st;
	char p[512];

	path(p, "tmp", "clock");
	put("tmp", "clock", "x");
	assert_int_equal(stat(p, &first), 0);
	do {
		put("tmp", "clock", "x");
		assert_int_equal(stat(p, &st), 0);
	} while (st.st_ctim.tv_sec == first.st_ctim.tv_sec &&
	    st.st_ctim.tv_nsec == first.st_ctim.tv_nsec);
}

static void
test_leftover(void **state)
{
	struct folder *f;
	uint32_t one[] = { 1 };

	(void)state;
	put("cur", "1.a:2,", "a\n");
	f = opened("INBOX", FOLDER_WRITE);
	/* what a crash would bring back: the unlink was not on disk */
	assert_int_equal(folder_lock(f), 0);
	assert_int_equal(folder_bury(f, (uint32_t []){ 0 }, 1,
	    clock_ns()), 0);
	folder_unlock(f);
	folder_close(f);
	f = opened("INBOX", FOLDER_WRITE);
	assert_int_equal(folder_count(f), 0);
	assert_false(there("cur", "1.a:2,"));
	/* what its owner puts back is a message again */
	next_tick();
	put("cur", "1.a:2,", "a\n");
	assert_int_equal(folder_sync(f), 0);
	assert_string_equal(told(f, 1), "e1");
	assert_int_equal(mail(f, 1).uid, 2);
	assert_int_equal(folder_expunge(f, one, 1), 0);
	assert_string_equal(told(f, 1), "x1");
	folder_close(f);
}

/* A copy that has left out what is empty. */
static void
test_no_empty_directories(void **state)
{
	struct append a = { 0 };
	struct folder *f;
	char p[512];
	int i;

	(void)state;
	path(p, "", ".copy");
	assert_int_equal(mkdir(p, 0700), 0);
	for (i = 0; i < 2; i++) {
		f = opened("copy", i == 0 ? FOLDER_READ : FOLDER_WRITE);
		assert_int_equal(folder_count(f), 0);
		folder_close(f);
		path(p, ".copy", i == 0 ? "new" : "cur");
		assert_int_equal(rmdir(p), 0);
	}
	f = opened("copy", FOLDER_WRITE);
	assert_int_equal(append_open(f, &a), 0);
	assert_int_equal(append_write(&a, SPAN("x\r\n")), 0);
	assert_int_equal(folder_append(f, &a, 1), 0);
	assert_int_equal(a.uid, 1);
	folder_close(f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_vanished_and_reopen),
		TEST(test_compaction_under_a_view), TEST(test_cache),
		TEST(test_damage), TEST(test_put_back),
		TEST(test_first_name), TEST(test_twice), TEST(test_leftover),
		TEST(test_no_empty_directories),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
