/* folder_test - a folder by itself and with others at work in it. */
#include <sys/resource.h>
#include <sys/stat.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "store/folder_impl.h"
#include "sys/clock.h"
#include "sys/file.h"

static char dir[64];
static struct tree tree;

static void
path(char out[512], const char *sub, const char *name)
{
	snprintf(out, 512, "%s/%s/%s", dir, sub, name);
}

static void
put(const char *sub, const char *name, const char *text)
{
	char p[512];
	int fd;

	path(p, sub, name);
	fd = open(p, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	assert_true(fd >= 0);
	assert_int_equal(file_write(fd, span_of(text)), 0);
	close(fd);
}

static void
move(const char *from, const char *a, const char *to, const char *b)
{
	char p[512], q[512];

	path(p, from, a);
	path(q, to, b);
	assert_int_equal(rename(p, q), 0);
}

static int
there(const char *sub, const char *name)
{
	char p[512];

	path(p, sub, name);
	return access(p, F_OK) == 0;
}

static int
setup(void **state)
{
	(void)state;
	memcpy(dir, "/tmp/folder_test.XXXXXX", 24);
	if (mkdtemp(dir) == NULL)
		return -1;
	return tree_open(&tree, dir, "host.test");
}

static void
remove_all(int at, int depth)
{
	struct dirent *e;
	int fd = openat(at, ".", O_RDONLY | O_DIRECTORY), sub;
	DIR *d = fdopendir(fd);

	while ((e = readdir(d)) != NULL) {
		if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
			continue;
		if (unlinkat(at, e->d_name, 0) == 0 || depth == 0)
			continue;
		sub = openat(at, e->d_name, O_RDONLY | O_DIRECTORY);
		remove_all(sub, depth - 1);
		close(sub);
		unlinkat(at, e->d_name, AT_REMOVEDIR);
	}
	closedir(d);
}

static int
teardown(void **state)
{
	(void)state;
	remove_all(tree.root, 4);
	tree_close(&tree);
	return rmdir(dir);
}

static struct folder *
opened(const char *name, enum folder_mode mode)
{
	struct folder *f = NULL;

	if (folder_open(&f, &tree, name, mode) < 0)
		fail_msg("open %s: %s", name, strerror(errno));
	return f;
}

/* "3 x2 f1 e5": what is told, in order; gone as xN, flags fN, exists eN. */
static const char *
told(struct folder *f, int gone)
{
	static char s[1024];
	struct change c;
	size_t n = 0;

	s[0] = '\0';
	while ((c = folder_next(f, gone)).kind != CHANGE_NONE && n < 1000)
		n += (size_t)snprintf(s + n, sizeof s - n, "%s%c%u",
		    n ? " " : "", " xfe"[c.kind], c.number);
	return s;
}

static struct mail
mail(struct folder *f, uint32_t number)
{
	struct mail m = { 0 };

	if (folder_mail(f, number, &m) < 0)
		fail_msg("mail %u: %s", number, strerror(errno));
	return m;
}

static uint32_t
append(struct folder *f, const char *text, uint32_t flags)
{
	struct append a = { .flags = flags, .date = 1000000000 };

	assert_int_equal(append_open(f, &a), 0);
	assert_int_equal(append_write(&a, span_of(text)), 0);
	assert_int_equal(folder_append(f, &a, 1), 0);
	return a.uid;
}

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
	assert_int_equal(mail(g, 3).recent, 0);
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

/* Gives new/ or cur/ a time so long ago that a look at it is trusted. */
static void
age(const char *sub, int seconds)
{
	struct timespec t[2] = { { .tv_sec = clock_s() - seconds } };
	char p[512];

	t[1] = t[0];
	path(p, sub, "");
	assert_int_equal(utimensat(AT_FDCWD, p, t, 0), 0);
}

/* Who looks without moving writes down that all has been seen. */
static void
test_left_in_new(void **state)
{
	struct folder *f, *g;

	(void)state;
	put("new", "1.a", "a\n");
	age("new", 100);
	age("cur", 100);
	f = opened("INBOX", FOLDER_READ);
	g = opened("INBOX", FOLDER_WRITE);
	assert_true(there("cur", "1.a:2,"));
	assert_int_equal(mail(g, 1).recent, 1);
	put("new", "2.b", "b\n");
	age("new", 50);
	age("cur", 50);
	assert_int_equal(folder_sync(f), 0);
	assert_true(there("new", "2.b"));
	assert_int_equal(folder_sync(g), 0);
	assert_true(there("cur", "2.b:2,"));
	assert_int_equal(folder_sync(g), 0);
	assert_string_equal(told(g, 1), "e2");
	folder_close(f);
	folder_close(g);
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

/* What was deleted beside us is not copied, and gets no UID there. */
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
		snprintf(name, sizeof name, "%.*s:2,", (int)base.n,
		    (const char *)base.p);
		assert_int_equal(unlinkat(folder_watch(f, 1), name, 0), 0);
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
	age("new", 9);
	age("cur", 9);
	f = opened("INBOX", FOLDER_READ);
	assert_int_equal(folder_count(f), 3);
	folder_close(f);
	path(p, "new", "1.a");
	assert_int_equal(unlink(p), 0);
	put("new", "4.d", "x\n");
	age("new", 6);
	f = opened("INBOX", FOLDER_READ);
	assert_int_equal(folder_count(f), 3);
	path(p, "new", "2.b");
	assert_int_equal(unlink(p), 0);
	age("new", 3);
	assert_int_equal(folder_sync(f), 0);
	assert_string_equal(told(f, 1), "x1");
	folder_close(f);
}

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

static void
test_index_damage(void **state)
{
	struct folder *f;
	struct mail m;
	struct stat st;
	char p[512], name[32];
	off_t at;
	int fd, i, r;

	(void)state;
	for (i = 0; i < 100; i++) {
		snprintf(name, sizeof name, "%d.m:2,", 100 + i);
		put("cur", name, "x\n");
	}
	folder_close(opened("INBOX", FOLDER_WRITE));
	path(p, "", "correo-index");
	assert_int_equal(stat(p, &st), 0);
	for (at = 0; at < st.st_size; at += 37) {
		fd = open(p, O_RDWR);
		assert_true(fd >= 0);
		assert_int_equal(pwrite(fd, "\xa5\x5a", 2, at), 2);
		close(fd);
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

static void
test_leftover(void **state)
{
	struct folder *f;
	uint32_t one[] = { 1 };
	char p[512], q[512];

	(void)state;
	put("cur", "1.a:2,", "a\n");
	path(p, "cur", "1.a:2,");
	path(q, "tmp", "kept");
	f = opened("INBOX", FOLDER_WRITE);
	/* what a crash would bring back: the unlink was not on disk */
	assert_int_equal(folder_lock(f), 0);
	assert_int_equal(folder_bury(f, (uint32_t []){ 0 }, 1), 0);
	folder_unlock(f);
	folder_close(f);
	f = opened("INBOX", FOLDER_WRITE);
	assert_int_equal(folder_count(f), 0);
	assert_false(there("cur", "1.a:2,"));
	/* what its owner puts back is a message again */
	put("cur", "1.a:2,", "a\n");
	assert_int_equal(folder_sync(f), 0);
	assert_string_equal(told(f, 1), "e1");
	assert_int_equal(mail(f, 1).uid, 2);
	assert_int_equal(folder_expunge(f, one, 1), 0);
	assert_string_equal(told(f, 1), "x1");
	folder_close(f);
}

static void
test_import(void **state)
{
	struct folder *f;
	struct folder_totals t;

	(void)state;
	put("cur", "100.a,S=2:2,S", "a\n");
	put("cur", "101.b:2,b", "b\n");
	put("cur", "102.c:2,", "c\n");
	put("", "dovecot-uidlist", "3 V1275660208 N25022 "
	    "G3085f01b7f11094c501100008c4a11c1\n"
	    "25006 :100.a,S=2:2,S\n25017 W2 P0 :101.b\n25020 :gone\n");
	put("", "dovecot-keywords", "0 NonJunk\n1 $Label1\n");
	f = opened("INBOX", FOLDER_WRITE);
	folder_totals(f, &t);
	assert_int_equal(t.uidvalidity, 1275660208);
	assert_int_equal(t.uidnext, 25023);
	assert_int_equal(folder_count(f), 3);
	assert_int_equal(mail(f, 1).uid, 25006);
	assert_int_equal(mail(f, 1).flags, FLAG_SEEN);
	assert_int_equal(mail(f, 2).uid, 25017);
	assert_int_equal(mail(f, 3).uid, 25022);
	assert_int_equal(mail(f, 2).flags, 2 << FLAG_KEYWORD);
	assert_true(span_eq(folder_keyword(f, 1), SPAN("$Label1")));
	folder_close(f);
}

static void
test_import_courier(void **state)
{
	struct folder *f;
	struct folder_totals t;
	char p[512];

	(void)state;
	put("cur", "100.a:2,S", "a\n");
	put("cur", "101.b:2,", "b\n");
	put("", "courierimapuiddb", "1 77 12\n3 100.a\n9 101.b\n");
	path(p, "", "courierimapkeywords");
	assert_int_equal(mkdir(p, 0700), 0);
	put("courierimapkeywords", ":list", "work\nhome\n\n101.b:1\n");
	put("", "courierimapsubscribed", "INBOX\nINBOX.Sent\n");
	f = opened("INBOX", FOLDER_WRITE);
	folder_totals(f, &t);
	assert_int_equal(t.uidvalidity, 77);
	assert_int_equal(mail(f, 1).uid, 3);
	assert_int_equal(mail(f, 2).uid, 9);
	assert_true(there("cur", "101.b:2,b"));
	assert_int_equal(mail(f, 2).flags, 2 << FLAG_KEYWORD);
	assert_true(span_eq(folder_keyword(f, 1), SPAN("home")));
	folder_close(f);
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

/* A disk that is full in the middle of a write: what was stays. */
static void
test_full(void **state)
{
	struct rlimit was, small;
	struct append a = { .date = 1 };
	struct folder *f;
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
	small.rlim_cur = 40;
	setrlimit(RLIMIT_FSIZE, &small);
	assert_int_equal(folder_lock(f), 0);
	assert_int_equal(folder_log_replace(&f->log, &f->table, 0), -1);
	folder_unlock(f);
	setrlimit(RLIMIT_FSIZE, &was);
	assert_false(there("", "correo-uids.tmp"));
	assert_int_equal(folder_sync(f), 0);
	assert_string_equal(told(f, 1), "");
	assert_int_equal(append(f, "y\r\n", 0), 3);
	folder_close(f);
	f = opened("INBOX", FOLDER_WRITE);
	folder_totals(f, &t);
	assert_int_equal(t.messages, 3);
	folder_close(f);
}

static void
test_tree(void **state)
{
	static const struct {
		const char *in;
		int out;
	} table[] = {
		{ "INBOX", 0 }, { "a", 0 }, { "a.b", 0 }, { "", -1 },
		{ ".a", -1 }, { "a.", -1 }, { "a..b", -1 }, { "a/b", -1 },
		{ "..", -1 }, { "a\x7f", -1 }, { "caf\xc3\xa9", -1 },
		{ "caf&AOk-", 0 }, { "a b", 0 },
	};
	struct folder *f;
	struct tree_list l;
	struct folder_totals t, u;
	const char *why;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof table / sizeof *table; i++)
		if (tree_name(span_of(table[i].in), &why) != table[i].out)
			fail_msg("%zu: %s", i, table[i].in);
	put("", "subscriptions", "V\t2\n\nINBOX\nLists\tc\n");
	assert_int_equal(tree_create(&tree, "Sent"), 0);
	assert_int_equal(tree_create(&tree, "a.b"), 0);
	assert_int_equal(tree_special(&tree, "Sent", "\\Sent"), 0);
	assert_int_equal(tree_special(&tree, "a.b", "\\Sent"), 0);
	assert_int_equal(tree_subscribe(&tree, "a.b", 1), 0);
	assert_int_equal(tree_rename(&tree, "a", "z.y"), 0);
	assert_int_equal(tree_rename(&tree, "z", "z.q"), -1);
	assert_int_equal(tree_list(&tree, &l), 0);
	assert_int_equal(l.n, 5);
	assert_string_equal(l.v[0].name, "INBOX");
	assert_int_equal(l.v[0].bits, TREE_EXISTS | TREE_SUBSCRIBED);
	assert_string_equal(l.v[1].name, "Lists.c");
	assert_int_equal(l.v[1].bits, TREE_SUBSCRIBED);
	assert_string_equal(l.v[2].name, "Sent");
	assert_string_equal(l.v[2].use, "");
	assert_string_equal(l.v[3].name, "a.b");
	assert_string_equal(l.v[4].name, "z.y.b");
	assert_string_equal(l.v[4].use, "\\Sent");
	tree_list_free(&l);

	f = opened("Sent", FOLDER_WRITE);
	folder_totals(f, &t);
	folder_close(f);
	assert_int_equal(tree_delete(&tree, "Sent"), 0);
	assert_int_equal(tree_delete(&tree, "Sent"), -1);
	assert_int_equal(tree_delete(&tree, "INBOX"), -1);
	assert_int_equal(tree_create(&tree, "Sent"), 0);
	f = opened("Sent", FOLDER_WRITE);
	folder_totals(f, &u);
	assert_true(u.uidvalidity > t.uidvalidity);
	folder_close(f);
}

#define TEST(t) cmocka_unit_test_setup_teardown(t, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_arrival), TEST(test_left_in_new), TEST(test_views),
		TEST(test_first_view_is_whole),
		TEST(test_store_of_the_renamed), TEST(test_append),
		TEST(test_transfer_of_the_gone),
		TEST(test_gone_from_new),
		TEST(test_vanished_and_reopen),
		TEST(test_compaction_under_a_view), TEST(test_damage),
		TEST(test_index_damage), TEST(test_twice),
		TEST(test_leftover), TEST(test_import),
		TEST(test_import_courier), TEST(test_cache), TEST(test_full),
		TEST(test_tree),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
