/* A destination's health, and turns among its senders. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "queued/dest.h"
#include "sys/clock.h"

static struct deliver d;

static struct verdict
answer(char c)
{
	switch (c) {
	case '+':
		return verdict_make(250, "2.0.0", "taken");
	case 'r':			/* about the recipient */
		return verdict_make(450, "4.2.1", "greylisted");
	case 'n':
		return verdict_make(550, "5.1.1", "nobody");
	case 'c':
		return verdict_make(421, "", "closing");
	case 'f':			/* a forwarding file */
		return verdict_make(451, "4.3.5", ".forward line 1: no");
	case 'p':
		return verdict_make(451, "4.3.0", "temporary failure");
	case 't':
		return verdict_make(451, "4.3.2", "program ran longer");
	default:
		return verdict_make(451, "4.4.1", "no answer");
	}
}

/* How wide a destination is, and for how long dead, behind such answers. */
static const struct health {
	enum dest_kind kind;
	const char *heard;
	unsigned window;
	int dead_s;
} healths[] = {
	{ DEST_REMOTE, "", 1, 0 },
	{ DEST_REMOTE, "+", 2, 0 },
	{ DEST_REMOTE, "++", 2, 0 },
	{ DEST_REMOTE, "+++++", 3, 0 },
	{ DEST_REMOTE, "+++++-", 1, 0 },
	{ DEST_REMOTE, "+++++--", 1, 0 },
	{ DEST_REMOTE, "+++++---", 1, 60 },
	{ DEST_REMOTE, "--+--", 1, 0 },
	{ DEST_REMOTE, "--r--", 1, 0 },
	{ DEST_REMOTE, "rrnn", 3, 0 },
	{ DEST_REMOTE, "c-c", 1, 60 },
	/* 20 were under way: one outage */
	{ DEST_REMOTE, "--------------------", 1, 60 },
	{ DEST_REMOTE, "---~-", 1, 120 },
	{ DEST_REMOTE, "---~-~-~-~-~-~-~-~-", 1, 3600 },
	{ DEST_REMOTE, "---~+---", 1, 60 },
	/* a job of five recipients fails once */
	{ DEST_REMOTE, "+++++-====", 1, 0 },
	{ DEST_REMOTE, "-====-====", 1, 0 },
	{ DEST_REMOTE, "-=-=-=", 1, 60 },
	{ DEST_REMOTE, "fff", 1, 60 },
	{ DEST_LOCAL, "++++++++++", 4, 0 },
	{ DEST_LOCAL, "fffffff", 4, 0 },
	{ DEST_LOCAL, "---", 1, 60 },
	{ DEST_LOCAL, "ppp", 1, 60 },
	{ DEST_PROGRAM, "ppppppp", 4, 0 },
	{ DEST_PROGRAM, "fffffff", 4, 0 },
	{ DEST_PROGRAM, "ttt", 1, 60 },
};

static void
hears(const struct health *h, const char *key)
{
	struct dest *t = dest_get(&d, h->kind, key);
	int64_t left;
	const char *p;
	int failed = 0;

	assert_non_null(t);
	assert_ptr_equal(t, dest_get(&d, h->kind, key));
	for (p = h->heard; *p; p++) {
		struct verdict v = answer(*p);

		if (*p != '=')			/* of the same job */
			failed = 0;
		if (*p == '~')			/* time goes by */
			t->until = 0;
		else
			dest_learn(t, &v, &failed);
	}
	left = t->until ? t->until - clock_mono_s() : 0;
	if (t->window != h->window || left > h->dead_s ||
	    left < h->dead_s - 1)
		fail_msg("%s \"%s\": window %u, dead for %lld s", key,
		    h->heard, t->window, (long long)left);
}

static void
health(void **state)
{
	char key[16] = "";
	size_t i;

	(void)state;
	for (i = 0; i < sizeof healths / sizeof *healths; i++) {
		snprintf(key, sizeof key, "d%zu", i);
		hears(&healths[i], key);
	}
	/* what may be dead is remembered for a while, the rest is not */
	dest_sweep(&d, clock_mono_s());
	assert_true(dest_get(&d, DEST_PROGRAM, key)->until > 0);
	dest_sweep(&d, clock_mono_s() + 2 * DEST_DEAD_MOST_S + 1);
	assert_true(dest_get(&d, DEST_PROGRAM, key)->until == 0);
	dest_sweep(&d, clock_mono_s());
}

/* What was put off comes back when it lives: one first, then many. */
static void
away(void **state)
{
	struct queue_name n = { .id = "a" };
	struct verdict good = answer('+'), bad = answer('-');
	struct dest *t = dest_get(&d, DEST_REMOTE, "away");
	int64_t now = clock_mono_s();
	unsigned i;
	int failed;

	(void)state;
	for (i = 0; i < DEST_FAILURES; i++) {
		failed = 0;
		dest_learn(t, &bad, &failed);
	}
	for (i = 0; i < DEST_AWAY + 10; i++) {
		n.due = i;
		dest_away(t, &n);
	}
	assert_int_equal(d.away, DEST_AWAY);
	assert_int_equal(dest_back(t, now, &n), 0);
	now += DEST_DEAD_MOST_S;
	assert_int_equal(dest_back(t, now, &n), 1);
	assert_int_equal(n.due, 0);
	t->children = 1;		/* who tries it */
	assert_int_equal(dest_back(t, now, &n), 0);
	dest_learn(t, &good, &failed);
	for (i = 1; i < 1000; i++) {
		assert_int_equal(dest_back(t, now, &n), 1);
		assert_int_equal(n.due, i);
	}
	t->waiting = DEST_BACK;
	assert_int_equal(dest_back(t, now, &n), 0);
	t->waiting = t->children = 0;
	/* dead again: they come due, and are put off afresh */
	for (i = 0, t->until = 0; i < DEST_FAILURES; i++) {
		failed = 0;
		dest_learn(t, &bad, &failed);
	}
	assert_int_equal(d.away, 0);
	dest_sweep(&d, now + 2 * DEST_DEAD_MOST_S);
}

/* What waits for it comes back in five minutes, or half as long again. */
static void
back(void **state)
{
	static const struct {
		int64_t until, now, first, last;
	} row[] = {
		{ 0, 1000, 0, 0 }, { 1000, 1000, 0, 0 },
		{ 1001, 1000, 1, 300 }, { 1060, 1000, 60, 359 },
		{ 1600, 1000, 600, 899 }, { 4600, 1000, 3600, 5399 },
	};
	struct dest t = { .until = 0 };
	int64_t wait, first, last;
	size_t i, k;

	(void)state;
	for (i = 0; i < sizeof row / sizeof *row; i++) {
		t.until = row[i].until;
		first = INT64_MAX;
		last = 0;
		for (k = 0; k < 20000; k++) {
			wait = dest_dead(&t, row[i].now);
			first = wait < first ? wait : first;
			last = wait > last ? wait : last;
		}
		/* all of it is used, but for the luck of 20,000 throws */
		if (first < row[i].first || last > row[i].last ||
		    first > row[i].first + 10 || last < row[i].last - 10)
			fail_msg("row %zu: from %lld to %lld", i,
			    (long long)first, (long long)last);
	}
}

/* One with 90 messages and three with 10 each: the three do not wait behind
 * the 90. */
static void
turns(void **state)
{
	static struct message m[4];
	static struct rcpt r[120];
	static const char *const sender[] = { "big@a.test", "x@b.test",
	    "y@c.test", "z@d.test" };
	struct dest *t = dest_get(&d, DEST_REMOTE, "turns");
	struct rcpt *p;
	unsigned i, last[4] = { 0, 0, 0, 0 };

	(void)state;
	for (i = 0; i < 4; i++)
		m[i].env.sender = span_of(sender[i]);
	for (i = 0; i < 120; i++) {
		r[i].m = &m[i < 90 ? 0 : 1 + i % 3];
		dest_push(t, &r[i]);
	}
	assert_int_equal(t->waiting, 120);
	for (i = 0; (p = dest_pop(t, NULL)) != NULL; i++)
		last[p->m - m] = i;
	assert_int_equal(i, 120);
	assert_int_equal(last[0], 119);
	for (i = 1; i < 4; i++)
		assert_true(last[i] < 50);
	/* only what has the same sender and message shares a job; what goes
	 * back comes first again */
	dest_push(t, &r[0]);
	dest_push(t, &r[1]);
	dest_push(t, &r[90]);
	while ((p = dest_pop(t, NULL)) != &r[0])
		dest_push(t, p);
	assert_ptr_equal(dest_pop(t, p), &r[1]);
	dest_unpop(t, &r[1]);
	assert_ptr_equal(dest_pop(t, p), &r[1]);
	assert_null(dest_pop(t, p));
	assert_ptr_equal(dest_pop(t, NULL), &r[90]);
	dest_sweep(&d, clock_mono_s());
}

/* What was idle meanwhile still has its minute. */
static void
rates(void **state)
{
	static const char key[] = "smtp://192.0.2.1:25 rate=2";
	int64_t now = clock_mono_s() + 1000;
	struct dest *t = dest_get(&d, DEST_REMOTE, key);

	(void)state;
	assert_true(dest_may(t, now) && dest_may(t, now + 1));
	dest_sweep(&d, now + 59);
	t = dest_get(&d, DEST_REMOTE, key);
	assert_false(dest_may(t, now + 59));
	assert_true(dest_may(t, now + 60) && dest_may(t, now + 60));
	assert_false(dest_may(t, now + 60));
	dest_sweep(&d, now + 120);
	assert_true(dest_may(dest_get(&d, DEST_REMOTE, key), now + 1));
	dest_sweep(&d, now + 180);
}

int
main(void)
{
	const struct CMUnitTest test[] = {
		cmocka_unit_test(health), cmocka_unit_test(back),
		cmocka_unit_test(away),
		cmocka_unit_test(turns), cmocka_unit_test(rates)
	};

	return cmocka_run_group_tests(test, NULL, NULL);
}
