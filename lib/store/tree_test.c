/* tree_test - a user's folders: their names, the list, rename and delete. */
#include <sys/stat.h>
#include <sys/syscall.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <unistd.h>
#include <cmocka.h>

#include "store/folder_scratch.h"

static int fail_at;			/* the renameat that fails; 0: none */

int
renameat(int from, const char *name, int to, const char *other)
{
	if (fail_at && --fail_at == 0) {
		errno = ENOSPC;
		return -1;
	}
	return (int)syscall(SYS_renameat2, from, name, to, other, 0);
}

static int full;

ssize_t
writev(int fd, const struct iovec *v, int n)
{
	if (full) {
		errno = ENOSPC;
		return -1;
	}
	return syscall(SYS_writev, fd, v, n);
}

static int
create(const char *name, const char *use)
{
	return tree_create(&tree, name) < 0 || (*use &&
	    tree_special(&tree, name, use) < 0) ? -1 : 0;
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

/* As it is when a DELETE is cut off, or another program has removed it. */
static void
test_a_use_of_no_folder_is_none(void **state)
{
	struct tree_list l;

	(void)state;
	assert_int_equal(tree_special(&tree, "gone", "\\Sent"), 0);
	assert_int_equal(tree_special(&tree, "left", "\\Junk"), 0);
	assert_int_equal(tree_subscribe(&tree, "left", 1), 0);
	assert_int_equal(tree_list(&tree, &l), 0);
	assert_int_equal(l.n, 2);
	assert_string_equal(l.v[1].name, "left");
	assert_int_equal(l.v[1].bits, TREE_SUBSCRIBED);
	assert_string_equal(l.v[1].use, "");
	tree_list_free(&l);
}

/* Whatever fails: there is none, and its use stays with its folder. */
static void
test_a_folder_that_cannot_have_its_use(void **state)
{
	struct tree_list l;
	int at;

	(void)state;
	assert_int_equal(create("Sent", "\\Sent"), 0);
	for (at = 1; at <= 2; at++) {
		fail_at = at;
		assert_int_equal(create("foo", "\\Sent"), -1);
		tree_uncreate(&tree, "foo");
		assert_int_equal(errno, ENOSPC);
		assert_int_equal(fail_at, 0);
		assert_int_equal(tree_list(&tree, &l), 0);
		assert_int_equal(l.n, 2);
		assert_string_equal(l.v[1].name, "Sent");
		assert_string_equal(l.v[1].use, "\\Sent");
		tree_list_free(&l);
	}
	assert_int_equal(create("foo", "\\Sent"), 0);
}

/* On a full disk: all of them keep their names, and their uses. */
static void
test_a_rename_that_ends_midway(void **state)
{
	static const char *const name[] = { "INBOX", "a", "a.b", "a.c", "d" };
	static const char *const use[] = { "", "", "\\Sent", "\\Junk", "" };
	struct tree_list l;
	int at;
	size_t i;

	(void)state;
	for (i = 1; i < 5; i++)
		assert_int_equal(create(name[i], use[i]), 0);
	/* the fourth is that of correo-folders */
	for (at = 1; at <= 4; at++) {
		fail_at = at;
		assert_int_equal(tree_rename(&tree, "a", "longer"), -1);
		assert_int_equal(errno, ENOSPC);
		assert_int_equal(fail_at, 0);
		assert_int_equal(tree_list(&tree, &l), 0);
		for (i = 0; i < l.n; i++)
			if (i >= 5 || strcmp(l.v[i].name, name[i]) != 0 ||
			    strcmp(l.v[i].use, use[i]) != 0)
				fail_msg("after %d calls: %s %s", at,
				    l.v[i].name, l.v[i].use);
		assert_int_equal(l.n, 5);
		tree_list_free(&l);
	}
	assert_int_equal(tree_rename(&tree, "a", "longer"), 0);
	assert_int_equal(tree_list(&tree, &l), 0);
	assert_string_equal(l.v[3].name, "longer.b");
	assert_string_equal(l.v[3].use, "\\Sent");
	assert_string_equal(l.v[4].use, "\\Junk");
	tree_list_free(&l);
}

static void
test_names(void **state)
{
	static const struct {
		const char *name, *top;
		int within;
	} t[] = {
		{ "a", "a", 1 }, { "a.b", "a", 1 }, { "a.b.c", "a.b", 1 },
		{ "ab", "a", 0 }, { "a", "a.b", 0 }, { "b.a", "a", 0 },
		{ "INBOX.a", "INBOX", 1 }
	};
	char path[TREE_PATH];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof t / sizeof *t; i++)
		if (tree_within(t[i].name, t[i].top) != t[i].within)
			fail_msg("row %zu", i);
	assert_true(tree_order("INBOX", "A") < 0);
	assert_true(tree_order("A", "INBOX") > 0);
	assert_true(tree_order("A", "B") < 0);
	assert_int_equal(tree_order("INBOX", "INBOX"), 0);
	tree_path("INBOX", "new", path);
	assert_string_equal(path, "new");
	tree_path("a.b", "cur", path);
	assert_string_equal(path, ".a.b/cur");
}

/* Numbers are given out above all that the file has, also behind a torn end,
 * and when the file is replaced only the highest is left. */
static void
test_uidvalidity(void **state)
{
	static const struct {
		const char *in;
		uint32_t out;
	} table[] = {
		{ "uidvalidity 4000000000\n", 4000000001 },
		{ "uidvalidity 4000000007\nuidvalidity 4000000006\n",
		    4000000008 },
		{ "uidvalidity 4000000000\nuidvalidity 40000", 4000000001 },
		{ "uidvalidity 4294967295\n", 0 },
	};
	struct buf b = { .max = 1024 };
	char want[64];
	size_t i;
	uint32_t v;

	(void)state;
	for (i = 0; i < sizeof table / sizeof *table; i++) {
		put("", "correo-folders", table[i].in);
		v = tree_uidvalidity(&tree, 0);
		if (v != table[i].out)
			fail_msg("%zu: %u", i, v);
		if (v == 0)
			continue;
		assert_int_equal(tree_flush(&tree), 0);
		assert_int_equal(tree_uidvalidity(&tree, 0), v + 1);
		assert_int_equal(tree_uidvalidity(&tree, v + 7), v + 8);
		assert_int_equal(tree_subscribe(&tree, "a", 1), 0);
		snprintf(want, sizeof want, "uidvalidity %u\n"
		    "subscribed a\n", v + 8);
		buf_reset(&b);
		assert_int_equal(file_read_at(tree.root, "correo-folders", &b),
		    0);
		assert_int_equal(b.n, strlen(want));
		assert_memory_equal(b.p, want, b.n);
		unlinkat(tree.root, "correo-folders", 0);
	}
	buf_free(&b);
}

/* What many folders that came and went have left there is dropped; a line for
 * which there is no room is not said to be there. */
static void
test_long_file(void **state)
{
	struct buf b = { .max = 5 << 20 };
	struct tree_list l;
	struct stat st;
	char path[512];
	uint32_t i, v = 0;

	(void)state;
	for (i = 1; b.n < 3 << 20; i++)
		buf_addf(&b, "uidvalidity %u\n", UINT32_C(4000000000) + i);
	buf_addf(&b, "subscribed a\n%c", 0);
	put("", "correo-folders", (const char *)b.p);
	v = tree_uidvalidity(&tree, 0);
	assert_int_equal(v, UINT32_C(4000000000) + i);
	snprintf(path, sizeof path, "%s/correo-folders", dir);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_size, strlen("uidvalidity 4000000000\n"
	    "subscribed a\n"));
	assert_int_equal(tree_delete(&tree, "none"), -1);
	assert_int_equal(errno, ENOENT);
	assert_int_equal(tree_uidvalidity(&tree, 0), v + 1);

	buf_reset(&b);
	for (i = 0; b.n + 150 < 4 << 20; i++)
		buf_addf(&b, "subscribed %080u\n", i);
	v = i;
	buf_adds(&b, "subscribed inbox\nsubscribed A\nsubscribed A\n");
	buf_addc(&b, 0);
	put("", "correo-folders", (const char *)b.p);
	/* each once, and sorted, not searched: no minute goes by */
	assert_int_equal(tree_list(&tree, &l), 0);
	assert_int_equal(l.n, v + 2);
	assert_string_equal(l.v[0].name, "INBOX");
	assert_int_equal(l.v[0].bits, TREE_EXISTS | TREE_SUBSCRIBED);
	assert_string_equal(l.v[v + 1].name, "A");
	tree_list_free(&l);
	snprintf(path, sizeof path, "%0150d", 1);
	assert_int_equal(tree_subscribe(&tree, path, 1), -1);
	assert_int_equal(errno, EFBIG);
	buf_free(&b);
}

static int
is_scratch(void *arg, const char *name)
{
	(void)arg;
	return strncmp(name, "correo-tmp.", 11) == 0;
}

/* On a full disk: what has gone is not said to be there, and makes room. */
static void
test_a_delete_that_cannot_be_noted(void **state)
{
	struct tree_list l;

	(void)state;
	assert_int_equal(create("Sent", "\\Sent"), 0);
	fail_at = 2;
	assert_int_equal(tree_delete(&tree, "Sent"), 0);
	assert_int_equal(fail_at, 0);
	assert_int_equal(tree_list(&tree, &l), 0);
	assert_false(l.v[l.n - 1].bits & TREE_EXISTS && l.n > 1);
	tree_list_free(&l);
	assert_int_equal(file_each(tree.root, is_scratch, NULL), 0);
}

/* What is deleted makes room, and a later one is another folder. */
static void
test_a_delete_on_a_full_disk(void **state)
{
	struct folder_totals t, u;
	struct folder *f;
	int i;

	(void)state;
	for (i = 0; i < 3; i++) {
		assert_int_equal(tree_create(&tree, "a"), 0);
		f = opened("a", FOLDER_WRITE);
		folder_totals(f, &u);
		folder_close(f);
		assert_true(i == 0 || u.uidvalidity > t.uidvalidity);
		t = u;
		full = 1;
		assert_int_equal(tree_delete(&tree, "a"), 0);
		full = 0;
		assert_false(there("", ".a"));
	}
}

/* More than correo-folders may be long. */
static void
test_many_subscriptions(void **state)
{
	struct buf b = { .max = 4 << 20 };
	struct tree_list l;

	(void)state;
	while (b.n < 3 << 20)
		buf_adds(&b, "a.b\r\n");
	buf_addc(&b, '\0');
	put("", "subscriptions", (char *)b.p);
	assert_int_equal(tree_list(&tree, &l), 0);
	assert_int_equal(l.n, 2);
	assert_string_equal(l.v[1].name, "a.b");
	tree_list_free(&l);
	assert_int_equal(tree_subscribe(&tree, "c", 1), 0);
	assert_true(tree_uidvalidity(&tree, 0) != 0);
	buf_free(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_tree), cmocka_unit_test(test_names),
		TEST(test_a_use_of_no_folder_is_none),
		TEST(test_a_folder_that_cannot_have_its_use),
		TEST(test_a_rename_that_ends_midway),
		TEST(test_uidvalidity), TEST(test_long_file),
		TEST(test_a_delete_that_cannot_be_noted),
		TEST(test_a_delete_on_a_full_disk),
		TEST(test_many_subscriptions),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
