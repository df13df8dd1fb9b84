/* tables and compile: texts to cdb, all errors at once, old ones stay. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <sys/stat.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "admin/compile.h"
#include "sys/file.h"
#include "sys/remove_tree.h"

static char base[] = "/tmp/tables_test.XXXXXX";
static char dir_tables[64], dir_secrets[64], state_dir[64];
static const char *const domains[] = { "example.test" };
static struct site site = { .hostname = "mx.example.test",
    .domains = { 1, domains }, .tables_dir = dir_tables,
    .secrets_dir = dir_secrets, .state_dir = state_dir,
    .user_prefix = "correo-test", .uid_first = 70000, .uid_last = 70009 };

static void
put(const char *dir, const char *name, const char *text)
{
	int d = file_open_dir(AT_FDCWD, dir);

	assert_true(d >= 0);
	assert_int_equal(file_replace(d, name, span_of(text), 0644, (uid_t)-1,
	    (gid_t)-1), 0);
	close(d);
}

static void
gone(const char *dir, const char *name)
{
	char path[320];

	snprintf(path, sizeof path, "%s/%s", dir, name);
	(void)unlink(path);
}

/* Compiles; 0, or -1 and the errors without the directory. */
static int
compile(char *errors, size_t size)
{
	struct tables t;
	struct span in, line;
	size_t skip = strlen(base) + 1, n = 0;
	int r;

	errors[0] = '\0';
	assert_int_equal(tables_open(&t, &site, 1), 0);
	if ((r = tables_check(&t)) == 0)
		r = compile_write(&t);
	for (in = buf_span(&t.errors); span_cut(&in, '\n', &line);)
		n += (size_t)snprintf(errors + n, size - n, "%.*s\n",
		    SPAN_ARG(span_from(line, skip)));
	tables_close(&t);
	return r;
}

static void
expect(const char *name, const char *key, const char *value)
{
	char path[128];
	struct table t;
	struct span v = { 0 };
	int r;

	snprintf(path, sizeof path, "%s/%s.cdb", dir_tables, name);
	assert_int_equal(table_open(&t, open(path, O_RDONLY)), 0);
	r = table_get(&t, span_of(key), &v);
	if (r != (value != NULL) || (r && !span_eq(v, span_of(value))))
		fail_msg("%s: %s: %.*s", name, key, SPAN_ARG(v));
	table_close(&t);
}

static int
setup(void **state)
{
	(void)state;
	if (mkdtemp(base) == NULL)
		return -1;
	snprintf(dir_tables, sizeof dir_tables, "%s/tables", base);
	snprintf(dir_secrets, sizeof dir_secrets, "%s/secrets", base);
	snprintf(state_dir, sizeof state_dir, "%s/state", base);
	return mkdir(dir_tables, 0755) | mkdir(dir_secrets, 0700) |
	    mkdir(state_dir, 0755);
}

static int
teardown(void **state)
{
	(void)state;
	return remove_tree(base);
}

static void
test_compile(void **state)
{
	char errors[1024], path[128];
	struct stat st;

	(void)state;
	assert_int_equal(compile(errors, sizeof errors), 0);
	assert_string_equal(errors, "");
	snprintf(path, sizeof path, "%s/postmaster/Maildir/new", state_dir);
	assert_int_equal(stat(path, &st), 0);
	put(dir_tables, "domains", "b.test relay\n");
	put(dir_tables, "aliases", "x@example.test:\n a,\n b\n");
	put(dir_tables, "users", "a@example.test:70001:70001:/m/a\n");
	put(dir_tables, "relay", "net 192.0.2.0/24\nnet 10.0.0.0/8\n"
	    "net 11.0.0.0/8\nnet ::1\nrcpt b.test u\nrcpt b.test v\n");
	put(dir_tables, "routes", "* mx\n");
	put(dir_secrets, "passwords", "a@example.test:$y$j9T$abcdefgh$0\n");
	if (compile(errors, sizeof errors) < 0)
		fail_msg("%s", errors);
	expect("domains", "b.test", "relay");
	expect("aliases", "x@example.test", "a, b");
	expect("users", "a@example.test", "70001:70001:/m/a");
	expect("relay", "net 192.0.2.0/24", "");
	expect("relay", "bits", "4/8 4/24 6/128");
	expect("relay", "list b.test", "");
	expect("relay", "rcpt v@b.test", "");
	expect("relay", "rcpt w@b.test", NULL);
	expect("routes", "*", "mx");
	snprintf(path, sizeof path, "%s/passwords.cdb", dir_secrets);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0640);
}

static void
test_errors(void **state)
{
	char errors[2048];

	(void)state;
	put(dir_tables, "domains", "\xef\xbb\xbf" "c.test alias "
	    "nowhere.test\nr.test alias s.test\ns.test alias r.test\nb.test relay\n");
	put(dir_tables, "aliases", "new: x\na@foreign.test: b\nnew: y\n"
	    "p: |cat\n");
	put(dir_tables, "users", "a@example.test:70001:70001:/m/a\n"
	    "a@b.test:70002:70002:/m/b\n");
	put(dir_secrets, "passwords", "z:$y$j9T$abcdefgh$0\n");
	assert_int_equal(compile(errors, sizeof errors), -1);
	assert_string_equal(errors,
	    "tables/domains:1: begins with a byte order mark; save it without\n"
	    "tables/aliases:4: alias: a program would run as no user; name "
	    "USER+EXT and put the command in .forward+EXT of that user's home\n"
	    "tables/aliases:3: new: stands in line 1 already\n"
	    "tables/domains:1: nowhere.test: the domain that it is an alias "
	    "of is no domain of ours\n"
	    "tables/domains:2: r.test: aliases of aliases without end\n"
	    "tables/domains:3: s.test: aliases of aliases without end\n"
	    "tables/aliases:2: foreign.test: no local domain (correo domain "
	    "add)\n"
	    "tables/users:2: b.test: no local domain (correo domain add)\n"
	    "secrets/passwords:1: z: no such user\n");
	/* what was compiled before is in force */
	expect("aliases", "x@example.test", "a, b");
	expect("aliases", "new", NULL);
}

/* A compiled table without a text was made by something else. */
static void
test_foreign(void **state)
{
	char errors[1024];

	(void)state;
	gone(dir_tables, "aliases");
	put(dir_tables, "domains", "b.test relay\n");
	put(dir_tables, "users", "a@example.test:70001:70001:/m/a\n");
	put(dir_secrets, "passwords", "");
	if (compile(errors, sizeof errors) < 0)
		fail_msg("%s", errors);
	expect("aliases", "x@example.test", "a, b");
}

static void
put_list(mode_t mode, const char *text)
{
	char path[64];

	put(base, "list", text);
	snprintf(path, sizeof path, "%s/list", base);
	assert_int_equal(chmod(path, mode), 0);
}

/* Lists stand in the compiled table; what is wrong is said where it is. */
static void
test_lists(void **state)
{
	static const struct {
		mode_t mode;
		const char *list, *name, *errors;	/* NULL: it is good */
	} bad[] = {
		{ 0644, "p@q.test\n", "list", NULL },
		{ 0644, "# all\np@q.test\n\na..b\n|cat\nc, :include:/x\n",
		    "list", "list:4: a target is an address, a local part, "
		    "/path or |command\nlist:5: alias: a program would run as "
		    "no user; name USER+EXT and put the command in "
		    ".forward+EXT of that user's home\nlist:6: alias: a list "
		    "within a list is not read\n" },
		{ 0646, "p\n", "list", "may be written by everybody: "
		    "chmod o-w\n" },
		{ 0644, "", "none", "No such file or directory\n" },
		{ 0644, "", "tables", "is no regular file\n" },
		{ 0644, "", "link", "is a link\n" },
		{ 0644, " # nobody\n", "list",
		    "tables/aliases:2: alias: its lists name nobody\n" }
	};
	char errors[1024], text[256], link[64];
	size_t i;

	(void)state;
	snprintf(link, sizeof link, "%s/link", base);
	assert_int_equal(symlink("list", link), 0);
	for (i = 0; i < sizeof bad / sizeof *bad; i++) {
		put_list(bad[i].mode, bad[i].list);
		snprintf(text, sizeof text, "a: x\nl: :include:%s/%s\n", base,
		    bad[i].name);
		put(dir_tables, "aliases", text);
		if ((compile(errors, sizeof errors) == 0) !=
		    (bad[i].errors == NULL))
			fail_msg("%zu: %s", i, errors);
		if (bad[i].errors && strstr(errors, bad[i].errors) == NULL)
			fail_msg("%zu: %s", i, errors);
		expect("aliases", "l", "p@q.test");
	}
}

static void
test_large_list(void **state)
{
	struct buf list = { .max = 1 << 20 };
	char errors[1024], text[256];
	unsigned n;

	(void)state;
	for (n = 0; n < 10000; n++)
		buf_addf(&list, "somebody.of.the.list.%u@far.example.test\n", n);
	assert_int_equal(buf_addc(&list, '\0'), 0);
	put_list(0644, (const char *)list.p);
	snprintf(text, sizeof text, "l: :include:%s/list\n", base);
	put(dir_tables, "aliases", text);
	if (compile(errors, sizeof errors) < 0)
		fail_msg("%s", errors);
	snprintf(text, sizeof text, "l: one.more, :include:%s/list\n", base);
	put(dir_tables, "aliases", text);
	assert_int_equal(compile(errors, sizeof errors), -1);
	assert_non_null(strstr(errors, "aliases:1: alias: more than 10000"));
	buf_free(&list);
}

static void
test_edit(void **state)
{
	struct tables t;

	(void)state;
	put(dir_tables, "aliases", "# one\na: x # y\n  , z\n\n# two\nb: y");
	assert_int_equal(tables_open(&t, &site, 0), 0);
	assert_int_equal(tables_remove(&t, TABLE_ALIASES, SPAN("q")), 0);
	assert_int_equal(t.changed[TABLE_ALIASES], 0);
	assert_int_equal(tables_remove(&t, TABLE_ALIASES, SPAN("a")), 1);
	assert_int_equal(tables_add(&t, TABLE_ALIASES, SPAN("c: z")), 0);
	assert_true(span_eq(buf_span(&t.text[TABLE_ALIASES]),
	    SPAN("# one\n\n# two\nb: y\nc: z\n")));
	assert_int_equal(tables_check(&t), 0);
	assert_non_null(tables_find(&t.set[TABLE_ALIASES], SPAN("c")));
	assert_null(tables_find(&t.set[TABLE_ALIASES], SPAN("a")));
	tables_close(&t);
}

/* Whoever compares their times sees that nothing is left to compile. */
static void
test_times(void **state)
{
	struct stat text, cdb;
	struct tables t;

	(void)state;
	assert_int_equal(tables_open(&t, &site, 1), 0);
	assert_int_equal(tables_add(&t, TABLE_ALIASES, SPAN("d: x")), 0);
	assert_int_equal(tables_check(&t), 0);
	assert_int_equal(compile_write(&t), 0);
	assert_int_equal(fstatat(t.dir, "aliases", &text, 0), 0);
	assert_int_equal(fstatat(t.dir, "aliases.cdb", &cdb, 0), 0);
	if (cdb.st_mtim.tv_sec < text.st_mtim.tv_sec ||
	    (cdb.st_mtim.tv_sec == text.st_mtim.tv_sec &&
	    cdb.st_mtim.tv_nsec < text.st_mtim.tv_nsec))
		fail_msg("the text is newer");
	tables_close(&t);
}

int
main(void)
{
	const struct CMUnitTest t[] = {
		cmocka_unit_test(test_compile),
		cmocka_unit_test(test_errors),
		cmocka_unit_test(test_foreign),
		cmocka_unit_test(test_lists),
		cmocka_unit_test(test_large_list),
		cmocka_unit_test(test_edit),
		cmocka_unit_test(test_times)
	};

	return cmocka_run_group_tests(t, setup, teardown);
}
