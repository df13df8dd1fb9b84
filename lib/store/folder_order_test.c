/*
 * folder_order_test - what was answered is on disk, and in what order it came
 * there.
 *
 * Each change of a name, and each byte, waits from its call for the flush that
 * takes it to the disk, by the strictest reading of the manual: fsync of a
 * directory for a name, fsync or fdatasync of a file for its bytes, syncfs for
 * all.  Where a file system takes a new file's name along with it (ext4, xfs,
 * btrfs), that too.  Nothing of what an operation has promised may wait when it
 * returns, nor what has to be on disk before something else.
 */
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <linux/magic.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <dlfcn.h>

#include "store/folder_scratch.h"
#include "store/maildir.h"

enum what { NAME, GONE, BYTES };
enum { WAITING = 500 };

struct waits {
	enum what what;
	ino_t in, of;		/* directory; the file itself */
	char path[256];		/* below the mailbox */
};

static struct waits waiting[WAITING];
static size_t nwaiting;
static int watched;			/* order is looked at */
static int along;			/* a file takes its name along */
static int in_turn;			/* cur/ says that all is there */
static int apart;			/* another file system: no links */
static const char *filler;		/* of cur/: what goes makes room */
static struct folder *looks;		/* as soon as somebody wants a lock */

static const char *
path_of(int fd, const char *name)
{
	static char p[512];
	char link[64];
	ssize_t n;

	snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
	n = readlink(link, p, sizeof p - 256);
	assert_true(n > 0);
	p[n] = '\0';
	snprintf(p + n, sizeof p - (size_t)n, "%s%s", name ? "/" : "",
	    name ? name : "");
	return p + (strncmp(p, dir, strlen(dir)) == 0 ? strlen(dir) : 0);
}

static int
has(const char *path, const char *part)
{
	return strstr(path, part) != NULL;
}

/* Not what can be made again, nor names that nobody looks for. */
static int
matters(enum what what, const char *p)
{
	return !has(p, "correo-index") && !has(p, "correo-cache") &&
	    !has(p, "lock") && (what == BYTES || (!has(p, "/tmp/") &&
	    !has(p, ".tmp") && !has(p, ".first")));
}

static void
forget(enum what what, ino_t in, ino_t of)
{
	size_t i, n = 0;

	for (i = 0; i < nwaiting; i++)
		if (waiting[i].what != what || (in && waiting[i].in != in) ||
		    (of && waiting[i].of != of))
			waiting[n++] = waiting[i];
	nwaiting = n;
}

static void
note(enum what what, int at, const char *name)
{
	struct waits *w = &waiting[nwaiting];
	const char *p = path_of(at, name);
	struct stat d, s = { 0 };

	if (!matters(what, p))
		return;
	assert_true(nwaiting < WAITING);
	assert_int_equal(fstat(at, &d), 0);
	if (name)
		(void)fstatat(at, name, &s, AT_SYMLINK_NOFOLLOW);
	*w = (struct waits){ .what = what, .in = name ? d.st_ino : 0,
	    .of = name ? s.st_ino : d.st_ino };
	snprintf(w->path, sizeof w->path, "%s", p);
	if (what == BYTES)
		forget(BYTES, 0, w->of);
	waiting[nwaiting++] = *w;
}

/* Nothing whose path begins so may wait. */
static void
assert_flushed(const char *when, const char *part, int gone)
{
	size_t i;

	for (i = 0; i < nwaiting; i++)
		if (strncmp(waiting[i].path, part, strlen(part)) == 0 &&
		    (gone || waiting[i].what != GONE))
			fail_msg("%s: %s of %s waits", when,
			    waiting[i].what == NAME ? "the name" :
			    waiting[i].what == GONE ? "the end" : "a byte",
			    waiting[i].path);
}

/* ---- the calls */

int
openat(int at, const char *name, int flags, ...)
{
	struct stat st;
	mode_t mode = 0;
	va_list ap;
	int fd, fresh;

	if (flags & O_CREAT) {
		va_start(ap, flags);
		mode = va_arg(ap, mode_t);
		va_end(ap);
	}
	fresh = flags & O_CREAT && fstatat(at, name, &st, 0) < 0;
	fd = (int)syscall(SYS_openat, at, name, flags, mode);
	if (fd >= 0 && fresh)
		note(NAME, at, name);
	return fd;
}

int
mkdirat(int at, const char *name, mode_t mode)
{
	int r;

	if (in_turn && strcmp(name, "cur") == 0)
		assert_flushed("cur/ is made", path_of(at, ""), 1);
	r = (int)syscall(SYS_mkdirat, at, name, mode);
	if (r == 0)
		note(NAME, at, name);
	return r;
}

int
linkat(int from, const char *name, int to, const char *other, int flags)
{
	int r;

	if (apart) {
		errno = EXDEV;
		return -1;
	}
	r = (int)syscall(SYS_linkat, from, name, to, other, flags);
	if (r == 0)
		note(NAME, to, other);
	return r;
}

int
unlinkat(int at, const char *name, int flags)
{
	struct stat st = { 0 };
	int r;

	(void)fstatat(at, name, &st, AT_SYMLINK_NOFOLLOW);
	r = (int)syscall(SYS_unlinkat, at, name, flags);
	if (r == 0) {
		if (st.st_nlink == 1)
			forget(BYTES, 0, st.st_ino);
		note(GONE, at, name);
	}
	return r;
}

int
renameat2(int from, const char *name, int to, const char *other, unsigned how)
{
	struct stat st = { 0 };
	int r;

	(void)fstatat(from, name, &st, AT_SYMLINK_NOFOLLOW);
	if (watched && strcmp(other, "correo-uids") == 0) {
		assert_flushed("a log gets its name", "/correo-folders", 1);
		assert_flushed("a log gets its name", path_of(from, name), 1);
	}
	r = (int)syscall(SYS_renameat2, from, name, to, other, how);
	if (r < 0)
		return r;
	forget(NAME, 0, st.st_ino);
	note(GONE, from, name);
	note(NAME, to, other);
	return 0;
}

int
renameat(int from, const char *name, int to, const char *other)
{
	return renameat2(from, name, to, other, 0);
}

/* A line "=" says of those before it that they were flushed, and needs no flush
 * itself. */
ssize_t
writev(int fd, const struct iovec *v, int n)
{
	ssize_t r;

	if (filler && there("cur", filler)) {
		errno = ENOSPC;
		return -1;
	}
	r = syscall(SYS_writev, fd, v, n);
	if (r < 10 || ((const char *)v->iov_base)[9] != '=')
		note(BYTES, fd, NULL);
	return r;
}

static void
flushed(int fd, int names)
{
	char p[512];
	struct stat st;

	assert_int_equal(fstat(fd, &st), 0);
	if (S_ISDIR(st.st_mode)) {
		forget(NAME, st.st_ino, 0);
		forget(GONE, st.st_ino, 0);
		return;
	}
	if (watched && has(path_of(fd, NULL), "correo-uids")) {
		/* else a line is there of a name that is not */
		snprintf(p, sizeof p, "%s", path_of(fd, NULL));
		memcpy(strstr(p, "correo-uids"), "cur/", 5);
		assert_flushed("lines are flushed", p, 1);
		memcpy(strstr(p, "cur/"), "new/", 5);
		assert_flushed("lines are flushed", p, 1);
	}
	forget(BYTES, 0, st.st_ino);
	if (names && along)
		forget(NAME, 0, st.st_ino);
}

int
fsync(int fd)
{
	flushed(fd, 1);
	return (int)syscall(SYS_fsync, fd);
}

int
fdatasync(int fd)
{
	flushed(fd, 0);
	return (int)syscall(SYS_fdatasync, fd);
}

int
syncfs(int fd)
{
	nwaiting = 0;
	return (int)syscall(SYS_syncfs, fd);
}

int
fstatfs(int fd, struct statfs *s)
{
	int r = (int)syscall(SYS_fstatfs, fd, s);

	s->f_type = along ? XFS_SUPER_MAGIC : TMPFS_MAGIC;
	return r;
}

int
fcntl(int fd, int how, ...)
{
	int (*next)(int, int, ...);
	void *p = dlsym(RTLD_NEXT, "fcntl"), *arg;
	struct folder *f = looks;
	va_list ap;

	memcpy(&next, &p, sizeof next);
	va_start(ap, how);
	arg = va_arg(ap, void *);
	va_end(ap);
	if (f && how == F_SETLK) {
		looks = NULL;
		watched = 0;
		assert_int_equal(folder_sync(f), 0);
		watched = 1;
	}
	return next(fd, how, arg);
}

/* ---- what is promised */

static void
begin(void)
{
	nwaiting = 0;
	watched = 1;
}

static int
setup_order(void **state)
{
	nwaiting = 0;
	watched = apart = along = in_turn = 0;
	looks = NULL;
	filler = NULL;
	return setup(state);
}

static void
promised(const char *what)
{
	watched = 0;
	assert_flushed(what, "", 1);
}

static void
test_first(void **state)
{
	(void)state;
	put("cur", "1.a:2,", "x\n");
	begin();
	folder_close(opened("INBOX", FOLDER_READ));
	/* its first name, which is flushed with it, would serve as well */
	if (along)
		forget(NAME, 0, 0);
	promised("numbers");
	/* behind the UIDVALIDITY of another */
	assert_int_equal(tree_create(&tree, "To"), 0);
	begin();
	folder_close(opened("To", FOLDER_READ));
	if (along)
		forget(NAME, 0, 0);
	promised("numbers of a second one");
}

/* One that was cut off before correo-uids had its name. */
static void
test_adopted(void **state)
{
	char p[512], q[512];

	(void)state;
	put("cur", "1.a:2,", "x\n");
	folder_close(opened("INBOX", FOLDER_READ));
	path(p, "", "correo-uids");
	path(q, "", "correo-uids.first");
	assert_int_equal(rename(p, q), 0);
	begin();
	/* its UIDVALIDITY was noted, and perhaps not flushed */
	note(BYTES, tree.root, "correo-folders");
	folder_close(opened("INBOX", FOLDER_READ));
	/* it is taken again, should its name be the old one */
	forget(NAME, 0, 0);
	promised("numbers of one that was cut off");
}

static void
test_append(void **state)
{
	struct append a = { .date = 1000000000 };
	struct folder *f, *g;

	(void)state;
	f = opened("INBOX", FOLDER_WRITE);
	g = opened("INBOX", FOLDER_READ);
	begin();
	append(f, "a\r\n", 0);
	promised("APPEND");
	/* another gives it its UID */
	assert_int_equal(append_open(f, &a), 0);
	assert_int_equal(append_write(&a, SPAN("b\r\n")), 0);
	begin();
	looks = g;
	assert_int_equal(folder_append(f, &a, 1), 0);
	assert_null(looks);
	promised("APPEND that another numbers");
	folder_close(f);
	folder_close(g);
}

static void
transfer(int (*run)(struct folder *, const uint32_t *, size_t,
    struct folder *, uint32_t *), const char *what)
{
	uint32_t one[] = { 1 }, uid[1];
	struct folder *f, *to;

	put("cur", "1.a:2,", "x\n");
	f = opened("INBOX", FOLDER_WRITE);
	to = opened("To", FOLDER_WRITE);
	begin();
	assert_int_equal(run(f, one, 1, to, uid), 0);
	assert_true(uid[0] > 0);
	promised(what);
	folder_close(f);
	folder_close(to);
}

static void
test_transfer(void **state)
{
	(void)state;
	assert_int_equal(tree_create(&tree, "To"), 0);
	transfer(folder_copy, "COPY");
	transfer(folder_move, "MOVE");
	apart = 1;
	transfer(folder_copy, "COPY of bytes");
	apart = 0;
}

static void
test_flags(void **state)
{
	struct store s = { STORE_ADD, FLAG_SEEN, UINT64_MAX };
	uint32_t one[] = { 1 };
	unsigned char result[1];
	struct folder *f;

	(void)state;
	put("cur", "1.a:2,", "x\n");
	f = opened("INBOX", FOLDER_WRITE);
	begin();
	assert_int_equal(folder_keyword_find(f, SPAN("k"), 1), 0);
	promised("keyword");
	begin();
	assert_int_equal(folder_store(f, &s, one, 1, result), 0);
	assert_int_equal(result[0], STORED);
	promised("STORE");
	folder_close(f);
}

static void
test_expunge(void **state)
{
	uint32_t one[] = { 1 };
	struct folder *f;

	(void)state;
	put("cur", "1.a:2,", "x\n");
	put("cur", "2.b:2,", "x\n");
	f = opened("INBOX", FOLDER_WRITE);
	begin();
	assert_int_equal(folder_expunge(f, one, 1), 0);
	/* its tombstone is, and removes what comes back */
	forget(GONE, 0, 0);
	promised("EXPUNGE");
	begin();
	assert_int_equal(folder_lock(f), 0);
	assert_int_equal(folder_log_replace(&f->log, &f->table, 0), 0);
	folder_unlock(f);
	forget(GONE, 0, 0);
	promised("a log anew");
	folder_close(f);
}

/* Who goes makes room for his tombstone: nobody may come back behind it, nor be
 * told as gone before. */
static void
test_expunge_full(void **state)
{
	uint32_t two[] = { 1, 2 };
	struct folder *f;

	(void)state;
	put("cur", "1.a:2,", "x\n");
	f = opened("INBOX", FOLDER_READ);
	put("new", "2.b", "x\n");
	assert_int_equal(folder_sync(f), 0);
	assert_string_equal(told(f, 1), "e2");
	begin();
	filler = "1.a:2,";
	assert_int_equal(folder_expunge(f, two, 2), 0);
	filler = NULL;
	promised("EXPUNGE on a full disk");
	folder_close(f);
}

static void
test_tree(void **state)
{
	static const struct tree_use use = { "c", "\\Sent" };
	int i;

	(void)state;
	begin();
	assert_int_equal(tree_create(&tree, "a"), 0);
	promised("CREATE");
	begin();
	assert_int_equal(tree_special(&tree, "a", "\\Sent"), 0);
	promised("its use");
	begin();
	assert_int_equal(tree_subscribe(&tree, "a", 1), 0);
	promised("SUBSCRIBE");
	begin();
	assert_int_equal(tree_rename(&tree, "a", "b"), 0);
	promised("RENAME with its use");
	assert_int_equal(tree_special(&tree, "b", ""), 0);
	begin();
	assert_int_equal(tree_rename(&tree, "b", "c"), 0);
	promised("RENAME");
	begin();
	assert_int_equal(tree_adopt(&tree, &use, 1), 0);
	promised("uses");
	assert_int_equal(tree_create(&tree, "d"), 0);
	for (i = 0; i < 2; i++) {
		begin();
		assert_int_equal(tree_delete(&tree, i ? "c" : "d"), 0);
		assert_flushed("DELETE", i ? "/.c" : "/.d", 1);
		/* it comes back under no folder's name */
		forget(GONE, 0, 0);
		promised("DELETE");
	}
}

static void
test_maildir(void **state)
{
	struct maildir m;
	char p[512], name[MAILDIR_NAME];

	(void)state;
	path(p, "", "place");
	begin();
	in_turn = 1;
	assert_int_equal(maildir_open(&m, AT_FDCWD, p), 0);
	promised("a Maildir");
	maildir_name(name, 1, SPAN("0123456789abcdef"), 1, "host.test");
	put("place/new", name, "x\n");
	begin();
	note(NAME, m.new, name);
	note(NAME, m.cur, "that a reader moved");
	assert_int_equal(maildir_find(&m, SPAN("0123456789abcdef"), 1), 1);
	promised("an earlier try");
	maildir_close(&m);
}

static int
setup_along(void **state)
{
	int r = setup_order(state);

	along = 1;
	return r;
}

#define BOTH(t) cmocka_unit_test_setup_teardown(t, setup_order, teardown), \
	cmocka_unit_test_setup_teardown(t, setup_along, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		BOTH(test_first), BOTH(test_adopted), BOTH(test_append),
		BOTH(test_transfer), BOTH(test_flags), BOTH(test_expunge),
		BOTH(test_expunge_full),
		BOTH(test_tree), BOTH(test_maildir)
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
