/* special_test - the folders with a special use that a first login makes. */
#include <sys/syscall.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "imapd/special.h"
#include "sys/remove_tree.h"

static char dir[64];
static struct tree tree;
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

static int
setup(void **state)
{
	(void)state;
	memcpy(dir, "/tmp/special_test.XXXXXX", 25);
	return mkdtemp(dir) ? tree_open(&tree, dir, "host.test") : -1;
}

static int
teardown(void **state)
{
	(void)state;
	tree_close(&tree);
	return remove_tree(dir);
}

/* All that a first login makes, and no more. */
static void
made(void)
{
	struct tree_list l;
	char use[FOLDER_NAME + 1];
	size_t i;

	assert_int_equal(tree_list(&tree, &l), 0);
	assert_int_equal(l.n, 6);
	assert_string_equal(l.v[0].use, "");
	for (i = 0; i < l.n; i++) {
		assert_int_equal(l.v[i].bits, TREE_EXISTS | TREE_SUBSCRIBED);
		snprintf(use, sizeof use, "\\%s", l.v[i].name);
		assert_string_equal(l.v[i].use, i ? use : "");
	}
	tree_list_free(&l);
}

/* As it is where another program has removed the folder. */
static void
test_a_use_of_no_folder_is_none(void **state)
{
	(void)state;
	assert_int_equal(tree_special(&tree, "gone", "\\Sent"), 0);
	assert_int_equal(special_make(&tree), 0);
	made();
}

/* Wherever it is cut off, the next login goes on. */
static void
test_a_first_login_cut_off(void **state)
{
	int at, r = -1;

	for (at = 1; r < 0; at++) {
		assert_int_equal(setup(state), 0);
		fail_at = at;
		r = special_make(&tree);
		fail_at = 0;
		assert_int_equal(special_make(&tree), 0);
		made();
		assert_int_equal(teardown(state), 0);
	}
	assert_true(at > 6);
}

/* Who has thrown one of them away does not get it again. */
static void
test_a_later_login(void **state)
{
	struct tree_list l;

	(void)state;
	assert_int_equal(special_make(&tree), 0);
	assert_int_equal(tree_delete(&tree, "Junk"), 0);
	assert_int_equal(tree_subscribe(&tree, "INBOX", 0), 0);
	assert_int_equal(special_make(&tree), 0);
	assert_int_equal(tree_list(&tree, &l), 0);
	assert_int_equal(l.v[0].bits, TREE_EXISTS);
	assert_string_equal(l.v[3].name, "Junk");
	assert_int_equal(l.v[3].bits, TREE_SUBSCRIBED);
	tree_list_free(&l);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
		    test_a_use_of_no_folder_is_none, setup, teardown),
		cmocka_unit_test(test_a_first_login_cut_off),
		cmocka_unit_test_setup_teardown(test_a_later_login, setup,
		    teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
