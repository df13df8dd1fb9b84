/* folder_recent_test - each message is recent to one session. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "store/folder_scratch.h"

/* Rows of UIDs 3, 4 and 8 to 10 are ours, 5 to 7 another took. */
static void
test_rows(void **state)
{
	struct recent r = { .from = 3, .free = 1 };
	char has[13];
	uint32_t i;

	(void)state;
	assert_int_equal(recent_take(&r, 4), 1);
	assert_int_equal(recent_take(&r, 4), 0);
	r.free = 1;
	assert_int_equal(recent_take(&r, 5), 1);
	r.from = 8;
	r.free = 3;
	assert_int_equal(recent_take(&r, 11), 1);
	assert_int_equal(r.nedge, 4);
	for (i = 0; i < 12; i++)
		has[i] = recent_has(&r, i) ? 'y' : '-';
	has[i] = '\0';
	assert_string_equal(has, "---yy---yyyy");
	r.free = 1;
	recent_gone(&r, 4);
	recent_gone(&r, 5);
	recent_gone(&r, 11);
	assert_int_equal(r.taken, 4);
	assert_int_equal(r.free, 0);
	free(r.edge);
}

/* "y-y": which of its view are recent, and how many are said to be. */
static void
check(struct folder *f, const char *want, uint32_t total)
{
	uint32_t i, n;
	struct folder_totals t;
	char got[100];

	assert_int_equal(folder_sync(f), 0);
	told(f, 1);
	n = folder_count(f);
	for (i = 0; i < n && i < sizeof got - 1; i++)
		got[i] = mail(f, i + 1).recent ? 'y' : '-';
	got[i] = '\0';
	assert_string_equal(got, want);
	folder_totals(f, &t);
	assert_int_equal(t.recent, total);
}

static void
test_sessions(void **state)
{
	struct folder *f, *g, *h;
	uint32_t uid, one = 1, three = 3;

	(void)state;
	f = opened("INBOX", FOLDER_WRITE);
	g = opened("INBOX", FOLDER_WRITE);
	h = opened("INBOX", FOLDER_READ);
	append(h, "1\n", FLAG_SEEN);
	check(h, "y", 1);
	check(f, "y", 1);
	check(g, "-", 0);
	check(h, "-", 0);
	append(f, "2\n", 0);
	check(g, "-y", 1);
	check(f, "y-", 1);
	assert_int_equal(folder_copy(g, &one, 1, f, &uid), 0);
	check(f, "y-y", 2);
	check(g, "-y-", 1);
	assert_int_equal(folder_move(f, &three, 1, f, &uid), 0);
	check(f, "y-y", 2);
	check(g, "-y-", 1);
	assert_int_equal(folder_expunge(g, &one, 1), 0);
	check(f, "-y", 1);
	check(g, "y-", 1);
	folder_close(f);
	folder_close(g);
	folder_close(h);
}

/* Over a new index, a new log, and one that another made. */
static void
test_saved(void **state)
{
	struct folder *f, *g;
	char name[32];
	int i;

	(void)state;
	f = opened("INBOX", FOLDER_WRITE);
	g = opened("INBOX", FOLDER_READ);
	for (i = 0; i < 70; i++) {
		snprintf(name, sizeof name, "%d.a", i + 1);
		put("cur", name, "x\n");
	}
	assert_int_equal(folder_sync(f), 0);
	told(f, 1);
	folder_save(f);
	assert_true(there("", "correo-index"));
	assert_true(mail(f, 1).recent && mail(f, 70).recent);
	append(f, "71\n", 0);
	assert_int_equal(folder_sync(g), 0);
	told(g, 1);
	assert_int_equal(mail(g, 70).recent, 0);
	assert_int_equal(mail(g, 71).recent, 1);
	assert_int_equal(folder_lock(g), 0);
	assert_int_equal(folder_log_replace(&g->log, &g->table, 0), 0);
	folder_unlock(g);
	assert_int_equal(folder_sync(f), 0);
	told(f, 1);
	assert_true(mail(f, 1).recent && mail(f, 71).recent);
	assert_int_equal(folder_sync(g), 0);
	assert_int_equal(mail(g, 71).recent, 0);
	folder_close(g);
	g = opened("INBOX", FOLDER_WRITE);
	assert_int_equal(mail(g, 71).recent, 0);
	folder_close(f);
	folder_close(g);
}

/* At the first sight of a folder they begin with the first of new/. */
static void
test_first_sight(void **state)
{
	struct folder *f;

	(void)state;
	put("cur", "1.a:2,", "1\n");
	put("new", "2.b", "2\n");
	put("cur", "3.c:2,", "3\n");
	f = opened("INBOX", FOLDER_READ);
	check(f, "-yy", 2);
	folder_close(f);
	f = opened("INBOX", FOLDER_WRITE);
	check(f, "-yy", 2);
	folder_close(f);
	f = opened("INBOX", FOLDER_WRITE);
	check(f, "---", 0);
	folder_close(f);
}

/* What comes after the last word of a session is for the next. */
static void
test_untold(void **state)
{
	struct folder *f;

	(void)state;
	f = opened("INBOX", FOLDER_WRITE);
	append(f, "1\n", 0);
	put("new", "2.b", "2\n");
	assert_int_equal(folder_sync(f), 0);
	folder_close(f);
	f = opened("INBOX", FOLDER_WRITE);
	check(f, "yy", 2);
	folder_close(f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		TEST(test_sessions), TEST(test_saved),
		TEST(test_first_sight), TEST(test_untold)
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
