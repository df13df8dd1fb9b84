/* folder_memory_test - a session that runs out of memory, at each allocation in
 * turn: the numbers that its client counts are those of the view, whatever
 * fails, and nothing is left untold when there is memory again. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <dirent.h>
#include <dlfcn.h>

#include "store/folder_scratch.h"
#include "sys/room.h"

enum { MAILS = 16, CLIENT_MAX = 64 };

/* An allocator under a sanitizer, and that of the C library else. */
void	*__interceptor_malloc(size_t) __attribute__((weak));
void	*__interceptor_calloc(size_t, size_t) __attribute__((weak));
void	*__interceptor_realloc(void *, size_t) __attribute__((weak));
void	*__libc_malloc(size_t);
void	*__libc_calloc(size_t, size_t);
void	*__libc_realloc(void *, size_t);

static struct {
	int on;				/* it is the session that asks */
	int all;			/* that fail behind the first, too */
	unsigned left;			/* up to the first */
	int failed;
} memory;

static int
none_left(void)
{
	if (!memory.on || (memory.left && --memory.left) ||
	    (memory.failed && !memory.all))
		return 0;
	memory.failed = 1;
	errno = ENOMEM;
	return 1;
}

void *
malloc(size_t n)
{
	return none_left() ? NULL : __interceptor_malloc ?
	    __interceptor_malloc(n) : __libc_malloc(n);
}

void *
calloc(size_t n, size_t each)
{
	return none_left() ? NULL : __interceptor_calloc ?
	    __interceptor_calloc(n, each) : __libc_calloc(n, each);
}

void *
realloc(void *p, size_t n)
{
	return none_left() ? NULL : __interceptor_realloc ?
	    __interceptor_realloc(p, n) : __libc_realloc(p, n);
}

void *
reallocarray(void *p, size_t n, size_t each)
{
	return realloc(p, n * each);
}

static struct folder *looks;		/* as soon as somebody wants a lock */

int
fcntl(int fd, int how, ...)
{
	int (*next)(int, int, ...), on = memory.on;
	void *p = dlsym(RTLD_NEXT, "fcntl"), *arg;
	struct folder *f = looks;
	va_list ap;

	memcpy(&next, &p, sizeof next);
	va_start(ap, how);
	arg = va_arg(ap, void *);
	va_end(ap);
	if (f && how == F_SETLK) {
		looks = NULL;
		memory.on = 0;
		assert_int_equal(folder_sync(f), 0);
		memory.on = on;
	}
	return next(fd, how, arg);
}

/* The next command has memory again. */
static void
step_ends(void)
{
	memory.on = 0;
	if (memory.failed)
		memory.all = 0;
}

/* What the client was told: the UIDs of 1, 2, … and their flags. */
struct client {
	struct folder *f;
	uint32_t uid[CLIENT_MAX], flags[CLIENT_MAX], n;
};

/* Number by number, the view is what was told. */
static void
compare(const struct client *c)
{
	uint32_t i;

	assert_int_equal(folder_count(c->f), c->n);
	for (i = 1; i <= c->n; i++) {
		if (mail(c->f, i).uid != c->uid[i - 1])
			fail_msg("%u is UID %u, and was told as %u", i,
			    mail(c->f, i).uid, c->uid[i - 1]);
		assert_int_equal(folder_seek(c->f, c->uid[i - 1]), i);
	}
}

static void
learn(struct client *c, uint32_t from)
{
	uint32_t i;

	for (i = from; i < c->n; i++) {
		c->uid[i] = mail(c->f, i + 1).uid;
		c->flags[i] = mail(c->f, i + 1).flags;
		assert_true(i == 0 || c->uid[i] > c->uid[i - 1]);
	}
}

static void
hear(struct client *c, const struct change *h)
{
	uint32_t was = c->n;
	struct mail m;

	if (h->kind == CHANGE_EXISTS) {
		assert_true(h->number >= was && h->number < CLIENT_MAX);
		c->n = h->number;
		learn(c, was);
		return;
	}
	assert_in_range(h->number, 1, c->n);
	if (h->uid != c->uid[h->number - 1])
		fail_msg("%u told as UID %u is UID %u", h->number, h->uid,
		    c->uid[h->number - 1]);
	if (h->kind == CHANGE_FLAGS) {
		assert_int_equal(folder_mail(c->f, h->number, &m), 0);
		c->flags[h->number - 1] = m.flags;
		return;
	}
	c->n--;
	memmove(c->uid + h->number - 1, c->uid + h->number,
	    (c->n - h->number + 1) * sizeof *c->uid);
	memmove(c->flags + h->number - 1, c->flags + h->number,
	    (c->n - h->number + 1) * sizeof *c->flags);
}

/* So that the next that is added wants memory. */
static void
tighten(struct folder *f)
{
	struct positions *const p[] = { &f->dead, &f->early, &f->gone,
	    &f->flags, &f->table.died, &f->table.touched };
	struct folder_table *t = &f->table;
	size_t i;

	for (i = 0; i < sizeof p / sizeof *p; i++)
		p[i]->size = p[i]->n;
	t->rec_size = t->part[1].nrec;
	t->tomb_size = t->part[1].ntomb;
	t->name_size = t->part[1].nname;
	free(t->part[1].slot);
	t->part[1].slot = NULL;
	t->part[1].nslot = t->hashed_rec = t->hashed_tomb = 0;
}

static void
open_client(struct client *c)
{
	*c = (struct client){ .f = NULL };
	memory.on = 1;
	if (folder_open(&c->f, &tree, "INBOX", FOLDER_WRITE) < 0)
		c->f = NULL;
	step_ends();
	if (c->f == NULL) {
		assert_int_equal(errno, ENOMEM);
		c->f = opened("INBOX", FOLDER_WRITE);
	}
	c->n = folder_count(c->f);
	learn(c, 0);
}

/* As imapd: a session whose index is of no use ends. */
static void
end_if_rotten(struct client *c)
{
	if (c->f->table.rotten) {
		folder_close(c->f);
		open_client(c);
	}
}

static int
sync_client(struct client *c)
{
	int r;

	tighten(c->f);
	memory.on = 1;
	r = folder_sync(c->f);
	memory.on = 0;
	return r;
}

static void
tell(struct client *c, unsigned what)
{
	struct change h;

	do {
		memory.on = 1;
		h = folder_next(c->f, what);
		memory.on = 0;
		if (h.kind != CHANGE_NONE)
			hear(c, &h);
	} while (h.kind != CHANGE_NONE);
}

/* A command behind which is told what there is.  A failure tells nothing. */
static void
sync_and_tell(struct client *c, unsigned what)
{
	if (sync_client(c) == 0)
		tell(c, what);
	step_ends();
	end_if_rotten(c);
	compare(c);
}

static void
store(struct client *c, uint32_t number, uint32_t flags)
{
	struct store s = { STORE_ADD, flags, UINT64_MAX };
	unsigned char result[1];

	tighten(c->f);
	memory.on = 1;
	(void)folder_store(c->f, &s, &number, 1, result);
	step_ends();
	end_if_rotten(c);
	compare(c);
	/* the reply says it, or the client asks */
	c->flags[number - 1] = mail(c->f, number).flags;
}

static void
expunge(struct client *c, uint32_t number)
{
	tighten(c->f);
	memory.on = 1;
	(void)folder_expunge(c->f, &number, 1);
	step_ends();
	end_if_rotten(c);
	compare(c);
}

/* Another gives it its UID, which stays the only one. */
static void
append_one(struct client *c, struct folder *g)
{
	struct append a = { .date = 1000000000 };

	tighten(c->f);
	memory.on = 1;
	if (append_open(c->f, &a) == 0 &&
	    append_write(&a, SPAN("x\r\n")) == 0) {
		looks = g;
		(void)folder_append(c->f, &a, 1);
		looks = NULL;
	} else
		append_abort(c->f, &a);
	step_ends();
	end_if_rotten(c);
	compare(c);
}

static int
count(void *arg, const char *name)
{
	uint32_t *n = arg;

	(void)name;
	++*n;
	return 0;
}

static uint32_t
files(const struct folder *f)
{
	uint32_t n = 0;

	assert_int_equal(file_each(f->cur.fd, count, &n), 0);
	return n;
}

static void
move_away(struct client *c, struct folder *to, uint32_t number)
{
	uint32_t uid[1];

	tighten(c->f);
	memory.on = 1;
	(void)folder_move(c->f, &number, 1, to, uid);
	step_ends();
	end_if_rotten(c);
	compare(c);
}

/* What another session does meanwhile. */
static void
others(struct folder *g, uint32_t gone, uint32_t gone2, uint32_t flagged)
{
	struct store s = { STORE_ADD, FLAG_FLAGGED, UINT64_MAX };
	uint32_t v[2] = { gone, gone2 };
	unsigned char result[1];

	assert_int_equal(folder_sync(g), 0);
	(void)told(g, 1);
	assert_int_equal(folder_store(g, &s, &flagged, 1, result), 0);
	assert_int_equal(folder_expunge(g, v, 2), 0);
	append(g, "c\r\n", 0);
}

static void
replace_log(struct folder *g)
{
	assert_int_equal(folder_lock(g), 0);
	assert_int_equal(folder_log_replace(&g->log, &g->table, 0), 0);
	folder_unlock(g);
	assert_int_equal(folder_sync(g), 0);
}

static void
session(struct client *c, struct folder *g, struct folder *to)
{
	const unsigned all = FOLDER_GONE | FOLDER_FLAGS;
	uint32_t new;

	open_client(c);
	others(g, 3, 7, 5);
	sync_and_tell(c, FOLDER_FLAGS);
	others(g, 1, 4, 6);
	sync_and_tell(c, all);
	/* one that it never sees */
	new = append(g, "d\r\n", 0);
	append(g, "e\r\n", 0);
	assert_int_equal(folder_sync(g), 0);
	(void)told(g, 1);
	others(g, 2, folder_seek(g, new), 4);
	sync_and_tell(c, all);
	if (c->n > 3)
		store(c, 2, FLAG_SEEN);
	others(g, 2, 3, 4);
	if (c->n > 3)
		expunge(c, 3);
	sync_and_tell(c, all);
	others(g, 1, 2, 3);
	append(g, "f\r\n", 0);
	replace_log(g);
	sync_and_tell(c, all);
	append(g, "g\r\n", 0);
	append(g, "h\r\n", 0);
	sync_and_tell(c, all);
	if (c->n > 3)
		move_away(c, to, c->n - 1);
	/* told while more happens */
	others(g, 2, 3, 4);
	if (sync_client(c) == 0) {
		others(g, 4, 5, 2);
		tell(c, all);
	}
	step_ends();
	end_if_rotten(c);
	compare(c);
	put("new", "300.new", "n\n");
	sync_and_tell(c, all);
	append_one(c, g);
	sync_and_tell(c, all);
}

/* 1: it got as far as to fail. */
static int
run(unsigned fail_at, int all)
{
	struct folder *g, *to;
	struct client c, fresh;
	char name[32];
	int i;

	for (i = 0; i < MAILS; i++) {
		snprintf(name, sizeof name, "%d.a:2,", 100 + i);
		put("cur", name, "x\n");
	}
	g = opened("INBOX", FOLDER_WRITE);
	assert_int_equal(tree_create(&tree, "To"), 0);
	to = opened("To", FOLDER_WRITE);
	memory.left = fail_at;
	memory.all = all;
	memory.failed = 0;
	session(&c, g, to);
	i = memory.failed;
	memory.left = UINT32_MAX;
	memory.failed = memory.all = 0;
	sync_and_tell(&c, FOLDER_GONE | FOLDER_FLAGS);
	open_client(&fresh);
	assert_int_equal(c.n, fresh.n);
	assert_int_equal(c.n, files(c.f));
	assert_memory_equal(c.uid, fresh.uid, c.n * sizeof *c.uid);
	assert_memory_equal(c.flags, fresh.flags, c.n * sizeof *c.flags);
	folder_close(c.f);
	folder_close(fresh.f);
	folder_close(to);
	folder_close(g);
	return i;
}

static void
each_in_turn(int all)
{
	unsigned n = 0;
	int more;

	do {
		/* many at a time are tried for a third of them */
		n += all ? 3 : 1;
		more = run(n, all);
		tree_close(&tree);
		assert_int_equal(remove_tree(dir), 0);
		assert_int_equal(setup(NULL), 0);
	} while (more);
	assert_true(n > 150);
}

static void
test_one_fails(void **state)
{
	(void)state;
	each_in_turn(0);
}

static void
test_all_fail(void **state)
{
	(void)state;
	each_in_turn(1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_one_fails), TEST(test_all_fail),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
