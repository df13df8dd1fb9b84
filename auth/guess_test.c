/* guess: who waits, how long, and who does not; the time is the test's. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include "auth/guess.h"

static struct guess *g;
static uint64_t now = 1000000;

static struct ip
ip(const char *text)
{
	struct ip a;

	assert_int_equal(ip_parse(span_of(text), &a), 0);
	return a;
}

static uint64_t
wait_of(const char *user, const char *from)
{
	struct ip a = ip(from);
	uint64_t when = guess_when(g, span_of(user), &a, now);

	return when ? when - now : UINT64_MAX;
}

static void
wrong(const char *user, const char *from, const char *secret)
{
	struct ip a = ip(from);

	guess_wrong(g, span_of(user), &a, span_of(secret), now);
}

static int
setup(void **state)
{
	(void)state;
	g = guess_new();
	now += 10 * GUESS_FORGET_MS;
	return g ? 0 : -1;
}

static int
teardown(void **state)
{
	(void)state;
	guess_free(g);
	return 0;
}

static void
delays_grow(void **state)
{
	static const uint64_t want[] = { 0, 0, 0, 1000, 2000, 4000, 8000,
	    16000, 30000, 30000 };
	char secret[8];
	unsigned i;

	(void)state;
	for (i = 0; i < sizeof want / sizeof *want; i++) {
		if (wait_of("a", "192.0.2.1") != want[i])
			fail_msg("after %u wrong ones", i);
		now += want[i];
		snprintf(secret, sizeof secret, "s%u", i);
		wrong("a", "192.0.2.1", secret);
	}
	/* elsewhere the same user does not wait, here another does not */
	assert_int_equal(wait_of("a", "198.51.100.1"), 0);
	assert_int_equal(wait_of("b", "192.0.2.1"), 0);
	now += GUESS_FORGET_MS + 1;
	assert_int_equal(wait_of("a", "192.0.2.1"), 0);
}

static void
an_old_telephone(void **state)
{
	int i;

	(void)state;
	for (i = 0; i < 1000; i++) {
		wrong("a", "192.0.2.1", "last year's");
		now += 1000;
		assert_int_equal(wait_of("a", "192.0.2.9"), 0);
	}
}

/* Two hundred people behind one address, each with one old password. */
static void
an_office(void **state)
{
	struct ip a = ip("192.0.2.1");
	char user[16];
	int i;

	(void)state;
	guess_right(g, SPAN("old hand"), &a, now);
	for (i = 0; i < 200; i++) {
		snprintf(user, sizeof user, "u%d", i);
		wrong(user, "192.0.2.1", user);
	}
	assert_int_equal(wait_of("old hand", "192.0.2.1"), 0);
	assert_int_equal(wait_of("stranger", "192.0.2.1"),
	    GUESS_DELAY_MAX_MS);
	assert_int_equal(wait_of("stranger", "192.0.3.1"), 0);
	assert_int_equal(guess_known(g, SPAN("old hand"), &a, now), 1);
	assert_int_equal(guess_known(g, SPAN("stranger"), &a, now), 0);
}

static void
tries_at_once_stand_in_a_row(void **state)
{
	(void)state;
	wrong("a", "192.0.2.1", "1");
	wrong("a", "192.0.2.1", "2");
	wrong("a", "192.0.2.1", "3");
	wrong("a", "192.0.2.1", "4");
	wrong("a", "192.0.2.1", "5");
	assert_int_equal(wait_of("a", "192.0.2.1"), 4000);
	assert_int_equal(wait_of("a", "192.0.2.1"), 8000);
	assert_int_equal(wait_of("a", "192.0.2.200"), 12000);
	now += 2 * GUESS_DELAY_MAX_MS;
	assert_int_equal(wait_of("a", "192.0.2.1"), 4000);
	while (wait_of("a", "192.0.2.1") != UINT64_MAX)
		;				/* in the end: come back */
}

static void
a_right_one_takes_it_down(void **state)
{
	struct ip a = ip("192.0.2.1");
	char secret[8];
	int i;

	(void)state;
	for (i = 0; i < 12; i++) {
		snprintf(secret, sizeof secret, "s%d", i);
		wrong("a", "192.0.2.1", secret);
	}
	assert_int_equal(wait_of("a", "192.0.2.1"), GUESS_DELAY_MAX_MS);
	guess_right(g, SPAN("a"), &a, now);
	assert_int_equal(wait_of("a", "192.0.2.1"), 0);
	wrong("a", "192.0.2.1", "s3");		/* known: does not count */
	assert_int_equal(wait_of("a", "192.0.2.1"), 0);
	wrong("a", "192.0.2.1", "new");
	assert_true(wait_of("a", "192.0.2.1") >= 1000);
}

/* Nobody is locked out by who guesses his password from next door. */
static void
a_neighbour(void **state)
{
	struct ip at = ip("192.0.2.1"), six = ip("2001:db8:1:2::3");
	char secret[8];
	int i;

	(void)state;
	guess_right(g, SPAN("a"), &at, now);
	guess_right(g, SPAN("a"), &six, now);
	for (i = 0; i < 50; i++) {
		snprintf(secret, sizeof secret, "s%d", i);
		wrong("a", "192.0.2.66", secret);
		wrong("a", "2001:db8:1:3::1", secret);
		(void)wait_of("a", "192.0.2.66");
		(void)wait_of("a", "2001:db8:1:3::1");
	}
	assert_int_equal(wait_of("a", "192.0.2.66"), UINT64_MAX);
	assert_int_equal(wait_of("a", "192.0.2.1"), 0);
	assert_int_equal(wait_of("a", "2001:db8:1:2::4"), 0);
	guess_right(g, SPAN("a"), &at, now);	/* does not help the other */
	assert_int_equal(wait_of("a", "192.0.2.66"), UINT64_MAX);
	for (i = 0; i < 4; i++) {	/* from his address, guesses count */
		snprintf(secret, sizeof secret, "t%d", i);
		wrong("a", "192.0.2.1", secret);
	}
	assert_int_equal(wait_of("a", "192.0.2.1"), 2000);
	now += GUESS_FORGET_MS + 1;
	assert_int_equal(wait_of("a", "192.0.2.1"), 0);
}

/* Memory is fixed: a flood of names forgets the least recent ones, and the
 * network they come from is known by then. */
static void
a_flood(void **state)
{
	char user[16];
	int i;

	(void)state;
	for (i = 0; i < 100000; i++) {
		snprintf(user, sizeof user, "u%d", i);
		now++;
		wrong(user, "192.0.2.1", user);
	}
	assert_int_equal(wait_of("u99999", "192.0.2.1"), GUESS_DELAY_MAX_MS);
	assert_int_equal(wait_of("u99999", "2001:db8::1"), 0);
}

static void
networks_of_ipv6(void **state)
{
	char secret[8];
	int i;

	(void)state;
	for (i = 0; i < 5; i++) {
		snprintf(secret, sizeof secret, "s%d", i);
		wrong("a", "2001:db8:1:2::3", secret);
	}
	assert_int_equal(wait_of("a", "2001:db8:1:ffff::1"), 4000);
	assert_int_equal(wait_of("a", "2001:db8:2::1"), 0);
}

int
main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = { T(delays_grow),
	    T(an_old_telephone), T(an_office),
	    T(tries_at_once_stand_in_a_row), T(a_right_one_takes_it_down),
	    T(a_neighbour),
	    T(a_flood), T(networks_of_ipv6) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
