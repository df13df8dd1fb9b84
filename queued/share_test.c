/* Who may have a process, and who is next. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "queued/dest.h"

static void
rooms(void **state)
{
	static const struct {
		unsigned most, held[STANDINGS];
		const char *room;	/* of each standing: y or n */
	} row[] = {
		{ 100, { 0, 0, 0, 0, 0 }, "yyyyy" },
		{ 100, { 29, 10, 40, 10, 10 }, "yyyyy" },
		{ 100, { 30, 0, 0, 0, 0 }, "nyyyy" },
		{ 100, { 0, 50, 0, 0, 0 }, "nnyyy" },
		{ 100, { 29, 21, 0, 0, 0 }, "nnyyy" },
		{ 100, { 30, 19, 0, 0, 0 }, "nyyyy" },
		{ 100, { 0, 0, 80, 0, 0 }, "nnnyy" },
		{ 100, { 20, 10, 50, 9, 0 }, "nnnyy" },
		{ 100, { 30, 0, 50, 10, 0 }, "nnnny" },
		{ 100, { 0, 0, 0, 90, 9 }, "nnnny" },
		/* what is local leaves a tenth, too */
		{ 100, { 0, 0, 0, 0, 90 }, "yyyyn" },
		{ 100, { 0, 0, 0, 9, 90 }, "yyyyn" },
		{ 100, { 0, 0, 0, 10, 90 }, "nnnnn" },
		/* those that were good and are bad now hold more than a part */
		{ 100, { 60, 0, 0, 0, 0 }, "nnyyy" },
		{ 10, { 2, 1, 4, 1, 1 }, "yyyyy" },
		{ 10, { 3, 0, 5, 1, 0 }, "nnnny" },
		{ 2, { 1, 0, 0, 0, 0 }, "nnyyy" },
		{ 1, { 0, 0, 0, 0, 0 }, "yyyyy" },
		{ 1, { 1, 0, 0, 0, 0 }, "nnnnn" },
	};
	struct child *spare;
	struct share s;
	unsigned k;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof row / sizeof *row; i++) {
		share_begin(&s, row[i].most);
		memcpy(s.held, row[i].held, sizeof s.held);
		for (k = 0; k < STANDINGS; k++)
			if (share_room(&s, k, &spare) !=
			    (row[i].room[k] == 'y'))
				fail_msg("row %zu: standing %u", i, k);
	}
}

/* The best of those for whom there is room, in the order in which they came. */
static void
lines(void **state)
{
	static struct dest t[6];
	struct share s;
	size_t i;

	(void)state;
	share_begin(&s, 10);
	for (i = 0; i < 5; i++)
		t[i].standing = i < 2 ? STANDING_BAD : i < 4 ? STANDING_NEW :
		    STANDING_GOOD;
	s.held[STANDING_LOCAL] = 10;
	for (i = 0; i < 5; i++)
		share_wait(&s, &t[i]);
	share_wait(&s, &t[4]);
	assert_null(share_next(&s));
	assert_true(share_wanted(&s, STANDING_LOCAL));
	/* another mailbox waits for a mailbox's, not for a server's */
	s.held[STANDING_LOCAL] = 9;
	t[5].standing = STANDING_LOCAL;
	share_wait(&s, &t[5]);
	assert_ptr_equal(share_next(&s), &t[4]);
	share_wait(&s, &t[4]);
	s.held[STANDING_LOCAL] = 0;
	assert_ptr_equal(share_next(&s), &t[5]);
	s.held[STANDING_BAD] = 3;
	assert_ptr_equal(share_next(&s), &t[4]);
	assert_ptr_equal(share_next(&s), &t[2]);
	assert_ptr_equal(share_next(&s), &t[3]);
	assert_null(share_next(&s));
	/* the bad wait for one of their own, not for one of a good one's */
	assert_true(share_wanted(&s, STANDING_BAD));
	assert_false(share_wanted(&s, STANDING_GOOD));
	s.held[STANDING_BAD] = 1;
	assert_ptr_equal(share_next(&s), &t[0]);
	assert_ptr_equal(share_next(&s), &t[1]);
	assert_null(share_next(&s));
}

/* Who has nothing to do gives way: the longest idle whose end helps. */
static void
idlers(void **state)
{
	static struct dest bad = { .standing = STANDING_BAD, .children = 1 },
	    good = { .standing = STANDING_GOOD, .children = 2 };
	static struct child c[3] = { { .dest = &good }, { .dest = &bad },
	    { .dest = &good } };
	struct child *spare;
	struct share s;
	size_t i;

	(void)state;
	share_begin(&s, 10);
	for (i = 0; i < 3; i++)
		share_idle(&s, &c[i], (int64_t)i);
	s.held[STANDING_GOOD] = 9;
	assert_false(share_room(&s, STANDING_GOOD, &spare));
	assert_ptr_equal(spare, &c[0]);
	good.waiting = 1;		/* it is about to get something */
	assert_false(share_room(&s, STANDING_GOOD, &spare));
	assert_ptr_equal(spare, &c[1]);
	share_busy(&s, &c[1]);
	share_busy(&s, &c[1]);
	good.waiting = 0;
	share_idle(&s, &c[0], 7);
	assert_false(share_room(&s, STANDING_GOOD, &spare));
	assert_ptr_equal(spare, &c[2]);
	/* for a bad one there is only what is bad */
	s.held[STANDING_GOOD] = 0;
	s.held[STANDING_BAD] = 3;
	assert_false(share_room(&s, STANDING_BAD, &spare));
	assert_null(spare);
	share_idle(&s, &c[1], 8);
	assert_false(share_room(&s, STANDING_BAD, &spare));
	assert_ptr_equal(spare, &c[1]);
	share_busy(&s, &c[0]);
	share_busy(&s, &c[2]);
	share_busy(&s, &c[1]);
	assert_null(s.idle);
	assert_ptr_equal(s.idle_tail, &s.idle);
}

int
main(void)
{
	const struct CMUnitTest test[] = {
		cmocka_unit_test(rooms), cmocka_unit_test(lines),
		cmocka_unit_test(idlers)
	};

	return cmocka_run_group_tests(test, NULL, NULL);
}
