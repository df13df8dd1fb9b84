/* folders_test - commands on folders where the disk is full. */
#include <sys/resource.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <signal.h>

#include "imapd/box_scratch.h"
#include "imapd/folders.h"

static int
setup(void **state)
{
	(void)state;
	signal(SIGXFSZ, SIG_IGN);
	if (box_setup(4096) < 0)
		return -1;
	box_put_mail(1);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	return box_teardown();
}

static enum answer
obey(enum answer run(struct box *, struct imap_command *), const char *line)
{
	return box_obey(run, span_of(line));
}

static int
there(const char *name)
{
	char p[128];
	struct stat st;

	snprintf(p, sizeof p, "%s/%s", dir, name);
	return stat(p, &st) == 0;
}

/* Names find room, what they would hold does not. */
static void
test_full(void **state)
{
	struct rlimit was, none;

	(void)state;
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &was), 0);
	none = was;
	none.rlim_cur = 0;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &none), 0);
	assert_int_equal(obey(folders_create, "a CREATE New"), ANSWER_NO);
	assert_int_equal(obey(folders_rename, "a RENAME INBOX Old"),
	    ANSWER_NO);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &was), 0);
	assert_false(there(".New"));
	assert_false(there(".Old"));
	assert_true(there("cur/1.a:2,"));
	assert_int_equal(obey(folders_create, "a CREATE New"), ANSWER_OK);
	assert_int_equal(obey(folders_rename, "a RENAME INBOX Old"), ANSWER_OK);
	assert_true(there(".New/cur"));
	assert_true(there(".Old/cur"));
	assert_false(there("cur/1.a:2,"));
}

/* Whichever descriptor is one too many: a use stays with its folder. */
static void
test_no_descriptors(void **state)
{
	struct rlimit was, few;
	struct tree_list l;
	enum answer a;
	size_t i;
	int first = dup(2), more = 0;

	(void)state;
	close(first);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &was), 0);
	few = was;
	assert_int_equal(obey(folders_create, "a CREATE Old (USE (\\Sent))"),
	    ANSWER_OK);
	do {
		few.rlim_cur = (rlim_t)(first + more++);
		assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
		a = obey(folders_create, "a CREATE New (USE (\\Sent))");
		assert_int_equal(setrlimit(RLIMIT_NOFILE, &was), 0);
		assert_int_equal(tree_list(&box.tree, &l), 0);
		for (i = 0; i < l.n; i++)
			assert_string_equal(l.v[i].use, strcmp(l.v[i].name,
			    a == ANSWER_OK ? "New" : "Old") ? "" : "\\Sent");
		assert_int_equal(l.n, a == ANSWER_OK ? 3 : 2);
		tree_list_free(&l);
	} while (a != ANSWER_OK);
	assert_true(more > 3);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_full, setup, teardown),
		cmocka_unit_test_setup_teardown(test_no_descriptors, setup,
		    teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
