/* home: modes, owners, what is there already, links in the way. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <sys/stat.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "admin/home.h"
#include "sys/remove_tree.h"

static char base[] = "/tmp/home_test.XXXXXX";

static char *
path_of(const char *name)
{
	static char path[2][128];
	static int turn;

	turn = !turn;
	snprintf(path[turn], sizeof path[turn], "%s/%s", base, name);
	return path[turn];
}

static int
setup(void **state)
{
	(void)state;
	umask(022);
	return mkdtemp(base) == NULL;
}

static int
teardown(void **state)
{
	(void)state;
	return remove_tree(base);
}

static void
test_make(void **state)
{
	static const struct {
		const char *name;
		mode_t mode;
		int owned;
	} want[] = {
		{ "d.test", 0711, 0 }, { "d.test/a", 0700, 1 },
		{ "d.test/a/Maildir", 0700, 1 },
		{ "d.test/a/Maildir/new", 0700, 1 }
	};
	uid_t uid = geteuid() == 0 ? 70001 : geteuid();
	struct stat st;
	size_t i;

	(void)state;
	assert_int_equal(home_make(base, path_of("d.test/a"), uid,
	    geteuid() == 0 ? 70001 : getegid()), 0);
	for (i = 0; i < sizeof want / sizeof *want; i++)
		if (lstat(path_of(want[i].name), &st) < 0 ||
		    (st.st_mode & 07777) != want[i].mode ||
		    st.st_uid != (want[i].owned ? uid : geteuid()))
			fail_msg("%zu: %o", i, (unsigned)st.st_mode);
	/* again; and for somebody else */
	assert_int_equal(home_make(base, path_of("d.test/a"), uid, 0), 0);
	assert_int_equal(home_make(base, path_of("d.test/a"), uid + 1, 0), -1);
}

static void
test_link(void **state)
{
	uid_t uid;
	gid_t gid;

	(void)state;
	assert_int_equal(home_owner(path_of("none"), &uid, &gid), 0);
	assert_int_equal(symlink("/tmp", path_of("d.test/link")), 0);
	assert_int_equal(home_owner(path_of("d.test/link"), &uid, &gid), -1);
	assert_int_equal(home_make(base, path_of("d.test/link"), geteuid(),
	    getegid()), -1);
}

static void
test_highest(void **state)
{
	uid_t uid = geteuid() == 0 ? 70001 : geteuid(), high = uid - 1;

	(void)state;
	home_highest(path_of("none"), uid, &high);
	home_highest(base, uid - 1, &high);
	assert_int_equal(high, uid - 1);
	home_highest(base, uid, &high);
	assert_int_equal(high, uid);
}

int
main(void)
{
	const struct CMUnitTest t[] = {
		cmocka_unit_test(test_make),
		cmocka_unit_test(test_link),
		cmocka_unit_test(test_highest)
	};

	return cmocka_run_group_tests(t, setup, teardown);
}
