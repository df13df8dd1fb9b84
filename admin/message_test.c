/* A queue comes in lists: each name once, and each list in the order of ids. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "admin/message.h"
#include "base/encode.h"
#include "store/alias.h"
#include "store/queue_scratch.h"

enum { CUR = MESSAGE_LIST, HOLD = 40, ALL = CUR + HOLD };

struct seen {
	char id[ALL][QUEUE_ID + 1];	/* in the order they came */
	size_t n, lists, held;
	int stop;
};

static void
fill(int from, int dir, size_t first, size_t n, const char *behind)
{
	char name[QUEUE_NAME];
	size_t i;

	for (i = first; i < first + n; i++) {
		/* a link takes a fifth of a file's time */
		encode_base32(name, 13, i * UINT64_C(2654435761) % (1U << 31));
		encode_base32(name + 13, 7, i);
		(void)strlcpy(name + QUEUE_ID, behind, sizeof name - QUEUE_ID);
		if (linkat(from, "one", dir, name, 0) < 0)
			abort();
	}
}

static int
see(void *arg, const struct message_listed *v, size_t n)
{
	struct seen *s = arg;
	size_t i;

	assert_true(n <= MESSAGE_LIST && n <= ALL - s->n);
	for (i = 0; i < n; i++) {
		assert_true(i == 0 || strcmp(v[i - 1].file, v[i].file) < 0);
		memcpy(s->id[s->n++], v[i].file, QUEUE_ID);
		s->held += v[i].state == MESSAGE_HOLD;
	}
	s->lists++;
	return s->stop;
}

static int
by_id(const void *a, const void *b)
{
	return strcmp(a, b);
}

static void
lists(void **state)
{
	static struct seen s;
	struct queue q;
	size_t i;
	int fd;

	(void)state;
	scratch_open(&q);
	fd = openat(q.tmp, "one", O_CREAT | O_WRONLY, 0600);
	assert_true(fd >= 0);
	close(fd);
	fill(q.tmp, q.cur, 0, CUR, ":a1,d1795300000");
	fill(q.tmp, q.hold, CUR, HOLD, "");
	assert_int_equal(message_lists(&q, MESSAGE_ALL, see, &s), 0);
	assert_int_equal(s.n, ALL);
	assert_int_equal(s.lists, 2);
	assert_int_equal(s.held, HOLD);
	qsort(s.id, ALL, sizeof *s.id, by_id);
	for (i = 1; i < ALL; i++)
		assert_string_not_equal(s.id[i - 1], s.id[i]);

	s = (struct seen){ .stop = 1 };
	assert_int_equal(message_lists(&q, MESSAGE_ALL, see, &s), 0);
	assert_int_equal(s.n, CUR);
	s = (struct seen){ 0 };
	assert_int_equal(message_lists(&q, 1 << MESSAGE_HOLD, see, &s), 0);
	assert_int_equal(s.n, HOLD);
	scratch_close(&q);
}

/* The numbers that queued gives: who comes twice has one, who stands for nobody
 * has none. */
static void
numbers(void **state)
{
	static const char story[] =
	    "1 r0 to 1 copy@x.test\n1 r0 to 1 copy@x.test\n"
	    "1 r1 to 2 a@x.test,b@x.test\n1 r1 to 2 a@x.test,b@x.test\n"
	    "1 r9 to 1 nobody@x.test\n1 r2 to 1 c@x.test\n"
	    "2 r5 later 451 4.3.0 local - -\n";
	static const char *const want[] = { "one@x.test", "copy@x.test",
	    "a@x.test", "b@x.test", "c@x.test" };
	struct message m = { .nrcpt = 1, .story.max = 1000,
	    .rcpt = calloc(1, sizeof *m.rcpt) };
	size_t i;

	(void)state;
	m.rcpt[0].address = SPAN("one@x.test");
	buf_adds(&m.story, story);
	assert_int_equal(message_story(&m), 0);
	assert_int_equal(m.nrcpt, 5);
	for (i = 0; i < 5; i++) {
		assert_true(span_eq(m.rcpt[i].address, span_of(want[i])));
		assert_int_equal(m.rcpt[i].finished, i < 2);
	}
	message_free(&m);
}

/* As many as queued makes of one message. */
static void
most(void **state)
{
	enum { MADE = ALIAS_TARGETS + 100 };
	struct message m = { .nrcpt = ENVELOPE_RCPTS, .story.max = 1 << 20,
	    .rcpt = calloc(ENVELOPE_RCPTS, sizeof *m.rcpt) };
	int i;

	(void)state;
	buf_addf(&m.story, "1 r1 to %d x@x.test", MADE);
	for (i = 1; i < MADE; i++)
		buf_adds(&m.story, ",x@x.test");
	buf_adds(&m.story, "\n");
	assert_int_equal(message_story(&m), 0);
	assert_int_equal(m.nrcpt, ENVELOPE_RCPTS + MADE);
	message_free(&m);
}

int
main(void)
{
	const struct CMUnitTest test[] = {
		cmocka_unit_test(lists), cmocka_unit_test(numbers),
		cmocka_unit_test(most)
	};

	return cmocka_run_group_tests(test, NULL, NULL);
}
