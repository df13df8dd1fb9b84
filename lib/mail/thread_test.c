/* thread: RFC 5256 section 5 step by step, and what large mailboxes bring. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <setjmp.h>
#include <cmocka.h>

#include "base/buf.h"
#include "mail/thread.h"
#include "mail/thread_id.h"

enum { MOST = 12 };

static const unsigned char key[SIPHASH_KEY] = "0123456789abcde";

/* Message i (from 1): its date is i unless said. */
struct in {
	const char *id, *references, *reply_to, *subject;
	int reply;
	int64_t date;
};

static const struct {
	struct in in[MOST];
	const char *out;
} references[] = {
	{ { { .id = "<a@x>" } }, "(1)" },
	/* a chain, and two replies to one */
	{ { { .id = "<a@x>" }, { .id = "<b@x>", .references = "<a@x>" },
	    { .id = "<c@x>", .references = "<a@x> <b@x>" },
	    { .id = "<d@x>", .references = "<a@x> <b@x>" } },
	    "(1 2 (3)(4))" },
	/* RFC 5256 4, the example of THREAD */
	{ { { .id = "<a@x>", .date = 9 }, { .id = "<b@x>" },
	    { .id = "<c@x>" }, { .id = "<d@x>", .references = "<e@x>" },
	    { .id = "<f@x>", .references = "<e@x>" },
	    { .id = "<g@x>", .references = "<c@x>" } },
	    "(2)(3 6)((4)(5))(1)" },
	{ { { .id = "<a@x>" }, { .id = "<b@x>", .references = "<a@x>" },
	    { .id = "<c@x>", .references = "<a@x>" },
	    { .id = "<d@x>", .references = "<b@x>" },
	    { .id = "<e@x>", .references = "<c@x>" },
	    { .id = "<f@x>", .references = "<c@x>" } },
	    "(1 (2 4)(3 (5)(6)))" },
	/* children by date, replies before what they answer */
	{ { { .id = "<a@x>", .date = 50 }, { .id = "<b@x>",
	    .references = "<a@x>", .date = 40 }, { .id = "<c@x>",
	    .references = "<a@x>", .date = 30 }, { .id = "<d@x>",
	    .date = 45 } }, "(4)(1 (3)(2))" },
	/* equal dates: by number */
	{ { { .id = "<b@x>", .date = 1 }, { .id = "<a@x>", .date = 1 },
	    { .id = "<c@x>", .date = 1 } }, "(1)(2)(3)" },
	/* In-Reply-To counts without References, its first id only */
	{ { { .id = "<a@x>" }, { .id = "<b@x>", .reply_to =
	    "Your message of \"Monday\" <a@x> <z@x>" },
	    { .id = "<c@x>", .references = "<a@x>", .reply_to = "<b@x>" },
	    { .id = "<d@x>", .references = "none", .reply_to = "<b@x>" } },
	    "(1 (2 4)(3))" },
	/* dummies: without children, with one, with two, in the middle */
	{ { { .id = "<a@x>", .references = "<z@x>" } }, "(1)" },
	{ { { .id = "<a@x>", .references = "<y@x> <z@x>" },
	    { .id = "<b@x>", .references = "<y@x>" } }, "((1)(2))" },
	{ { { .id = "<a@x>" }, { .id = "<b@x>",
	    .references = "<a@x> <y@x> <z@x>" },
	    { .id = "<c@x>", .references = "<a@x> <y@x>" } },
	    "(1 (2)(3))" },
	{ { { .id = "<a@x>", .references = "<r@x> <p@x>" },
	    { .id = "<b@x>", .references = "<r@x> <p@x>" },
	    { .id = "<c@x>", .references = "<r@x> <q@x>" } },
	    "((1)(2)(3))" },
	{ { { .id = "<a@x>", .references = "<r@x> <p@x>" },
	    { .id = "<b@x>", .references = "<r@x> <p@x> <a@x>" } },
	    "(1 2)" },
	/* loops: itself, each other, three */
	{ { { .id = "<a@x>", .references = "<a@x>" } }, "(1)" },
	{ { { .id = "<a@x>", .references = "<b@x>" },
	    { .id = "<b@x>", .references = "<a@x>" } }, "(2 1)" },
	{ { { .id = "<a@x>", .references = "<c@x>" },
	    { .id = "<b@x>", .references = "<a@x>" },
	    { .id = "<c@x>", .references = "<b@x>" } }, "(3 1 2)" },
	{ { { .id = "<a@x>", .references = "<y@x> <z@x> <y@x>" },
	    { .id = "<b@x>", .references = "<z@x> <y@x> <z@x>" } },
	    "((1)(2))" },
	/* of a loop the link goes that comes last: by others' references, by
	 * its own, by the end of what others said */
	{ { { .id = "<a@x>", .references = "<b@x> <y@x>" },
	    { .id = "<b@x>", .references = "<a@x>" } }, "(2 1)" },
	{ { { .id = "<a@x>", .references = "<b@x> <y@x> <z@x>" },
	    { .id = "<b@x>", .reply_to = "<y@x>" } }, "(2 1)" },
	{ { { .id = "<a@x>", .references = "<y@x> <a@x> <z@x>" },
	    { .id = "<b@x>", .references = "<z@x>" } }, "(1 2)" },
	{ { { .id = "<a@x>", .references = "<y@x> <a@x> <b@x> <c@x>" },
	    { .id = "<c@x>" }, { .id = "<b@x>" } }, "(1)(2)(3)" },
	/* an id twice, and none */
	{ { { .id = "<a@x>" }, { .id = "<a@x>" },
	    { .id = "<b@x>", .references = "<a@x>" }, { .id = NULL },
	    { .id = "no id" } }, "(1 3)(2)(4)(5)" },
	/* one id, written in two ways */
	{ { { .id = "<\"01KF8JCEOCBS0045PS\"@xxx.yyy.com>" },
	    { .id = "<b@x>", .references = "<01KF8JCEOCBS0045PS@xxx.yyy.com>"
	    }, { .id = "<c@x>", .references =
	    "<\"01KF8\\JCEOCBS0045PS\"@xxx.\r\n yyy.com>" } },
	    "(1 (2)(3))" },
	/* a message without references keeps the parent that a later one
	 * gives it, and not that of an earlier one */
	{ { { .id = "<a@x>" }, { .id = "<b@x>" },
	    { .id = "<c@x>", .references = "<a@x> <b@x>" } }, "(1 2 3)" },
	{ { { .id = "<c@x>", .references = "<a@x> <b@x>" },
	    { .id = "<a@x>" }, { .id = "<b@x>" } }, "(2)(3 1)" },
	/* a References cut short in the middle does not outweigh the own */
	{ { { .id = "<a@x>" }, { .id = "<d@x>",
	    .references = "<a@x> <c@x>" }, { .id = "<b@x>",
	    .references = "<a@x>" }, { .id = "<c@x>",
	    .references = "<a@x> <b@x>" } }, "(1 3 4 2)" },
	/* subjects: a reply below its original, whichever is first */
	{ { { .id = "<a@x>", .subject = "s" }, { .id = "<b@x>",
	    .subject = "s", .reply = 1 } }, "(1 2)" },
	{ { { .id = "<a@x>", .subject = "s", .reply = 1 },
	    { .id = "<b@x>", .subject = "s" }, { .id = "<c@x>",
	    .subject = "s", .reply = 1 } }, "(2 (1)(3))" },
	/* two originals or two replies: side by side below a dummy */
	{ { { .id = "<a@x>", .subject = "s" }, { .id = "<b@x>",
	    .subject = "s" } }, "((1)(2))" },
	{ { { .id = "<a@x>", .subject = "s", .reply = 1 },
	    { .id = "<b@x>", .subject = "s", .reply = 1 },
	    { .id = "<c@x>", .subject = "s", .reply = 1 } },
	    "((1)(2)(3))" },
	/* a reply to two originals goes to the first, by date */
	{ { { .id = "<a@x>", .subject = "s", .date = 3 },
	    { .id = "<b@x>", .subject = "s", .date = 2 },
	    { .id = "<c@x>", .subject = "s", .reply = 1, .date = 1 } },
	    "((2 3)(1))" },
	/* with dummies: children of both; a message joins a dummy */
	{ { { .id = "<a@x>", .subject = "s", .references = "<y@x>" },
	    { .id = "<b@x>", .references = "<y@x>" },
	    { .id = "<c@x>", .subject = "s", .references = "<z@x>" },
	    { .id = "<d@x>", .references = "<z@x>" } },
	    "((1)(2)(3)(4))" },
	{ { { .id = "<c@x>", .subject = "s" },
	    { .id = "<a@x>", .subject = "s", .references = "<y@x>" },
	    { .id = "<b@x>", .references = "<y@x>" } }, "((1)(2)(3))" },
	/* no subject joins nothing */
	{ { { .id = "<a@x>", .subject = "" }, { .id = "<b@x>",
	    .subject = "", .reply = 1 } }, "(1)(2)" },
	/* only roots are joined */
	{ { { .id = "<a@x>", .subject = "r" }, { .id = "<b@x>",
	    .subject = "s", .references = "<a@x>" }, { .id = "<c@x>",
	    .subject = "s", .reply = 1 } }, "(1 2)(3)" },
}, subjects[] = {
	{ { { .subject = "s" } }, "(1)" },
	{ { { .subject = "s" }, { .subject = "t" }, { .subject = "s" } },
	    "(1 3)(2)" },
	{ { { .subject = "s", .date = 9 }, { .subject = "t", .date = 8 },
	    { .subject = "s", .date = 7, .reply = 1 }, { .subject = "s",
	    .date = 10, .references = "<a@x>" } }, "(3 (1)(4))(2)" },
	{ { { .subject = "" , .date = 1 }, { .subject = "s" },
	    { .subject = "", .date = 5 } }, "(1 3)(2)" },
};

static struct span
of(const char *s)
{
	return s ? span_of(s) : SPAN("");
}

static void
put(void *arg, struct span s)
{
	assert_int_equal(buf_addspan(arg, s), 0);
}

static void
expect(const struct in *in, const char *out, int by_references, size_t at)
{
	struct thread *t = thread_new(key);
	struct buf b = { .max = 1000 };
	uint32_t i;

	for (i = 0; i < MOST && (in[i].id || in[i].subject || in[i].date ||
	    (i && i < MOST - 1 && in[i + 1].id)); i++)
		assert_int_equal(thread_add(t, &(struct thread_mail){
		    .number = i + 1, .date = in[i].date ? in[i].date : i + 1,
		    .id = of(in[i].id), .references = of(in[i].references),
		    .in_reply_to = of(in[i].reply_to),
		    .subject = of(in[i].subject), .reply = in[i].reply }), 0);
	assert_int_equal(by_references ? thread_by_references(t) :
	    thread_by_subject(t), 0);
	thread_tell(t, put, &b);
	if (!span_eq(buf_span(&b), span_of(out)))
		fail_msg("%zu: %.*s, not %s", at, SPAN_ARG(buf_span(&b)), out);
	buf_free(&b);
	thread_free(t);
}

static void
test_references(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < sizeof references / sizeof *references; i++)
		expect(references[i].in, references[i].out, 1, i);
}

static void
test_subjects(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < sizeof subjects / sizeof *subjects; i++)
		expect(subjects[i].in, subjects[i].out, 0, i);
}

static void
test_ids(void **state)
{
	static const struct {
		const char *in, *out;
	} ids[] = {
		{ "", "" }, { "<a@b>", "a@b;" }, { "<a@b><c@d>", "a@b;c@d;" },
		{ "x <a@b> y", "a@b;" }, { "<a>", "" }, { "<@b>", "" },
		{ "<a@>", "" }, { "<a@b", "" }, { "<x <a@b>", "a@b;" },
		{ "<a\r\n b@c>", "ab@c;" }, { "<\"a>b\"@c>", "a>b@c;" },
		{ "<\"a@b>", "" }, { "<\"a\\\"b\"@c>", "a\"b@c;" },
		{ "<a@[1.2.3.4]>", "a@[1.2.3.4];" }, { ">< a@b > >", "a@b;" }
	};
	unsigned char text[THREAD_ID];
	struct buf b = { .max = 1000 };
	struct span in;
	size_t i, n;

	(void)state;
	for (i = 0; i < sizeof ids / sizeof *ids; i++) {
		buf_reset(&b);
		for (in = span_of(ids[i].in);
		    (n = thread_next_id(&in, text)) > 0; buf_addc(&b, ';'))
			buf_add(&b, text, n);
		if (!span_eq(buf_span(&b), span_of(ids[i].out)))
			fail_msg("%zu: %.*s", i, SPAN_ARG(buf_span(&b)));
	}
	buf_free(&b);
}

/* Each message once, lists closed: fails, or the depth of lists. */
static size_t
check(struct span out, uint32_t n)
{
	unsigned char *seen = calloc((size_t)n + 1, 1);
	size_t i, depth = 0, deepest = 0, count = 0;
	uint32_t v;

	for (i = 0; i < out.n; i++) {
		if (out.p[i] == '(' && ++depth > deepest)
			deepest = depth;
		if (out.p[i] == ')')
			assert_true(depth-- > 0);
		for (v = 0; out.p[i] >= '0' && out.p[i] <= '9'; i++)
			v = v * 10 + (uint32_t)(out.p[i] - '0');
		if (v) {
			assert_true(v <= n && seen[v]++ == 0);
			count++;
			i--;
		}
	}
	assert_int_equal(depth, 0);
	assert_int_equal(count, n);
	free(seen);
	return deepest;
}

/* Message i of n answers parent(i) (0: none); added in the order of order[]. */
static size_t
large(uint32_t n, uint32_t (*parent)(uint32_t), const uint32_t *order,
    int by_references, int refs)
{
	struct thread *t = thread_new(key);
	struct buf b = { .max = 64 << 20 }, ref = { .max = 10000 };
	char id[40], subject[40];
	uint32_t i, k, p, from[16];
	size_t depth;
	int r;

	for (i = 0; i < n; i++) {
		k = order ? order[i] : i + 1;
		snprintf(id, sizeof id, "<%u@x>", k);
		snprintf(subject, sizeof subject, "s%u", k % 1000);
		buf_reset(&ref);
		for (r = 0, p = parent(k); r < refs && p; r++, p = parent(p))
			from[r] = p;
		while (r-- > 0)
			buf_addf(&ref, "<%u@x> ", from[r]);
		assert_int_equal(thread_add(t, &(struct thread_mail){
		    .number = k, .date = k, .id = span_of(id),
		    .references = buf_span(&ref),
		    .subject = by_references ? SPAN("") : span_of(subject)
		    }), 0);
	}
	assert_int_equal(by_references ? thread_by_references(t) :
	    thread_by_subject(t), 0);
	thread_tell(t, put, &b);
	depth = check(buf_span(&b), n);
	buf_free(&b);
	buf_free(&ref);
	thread_free(t);
	return depth;
}

static uint32_t
chain(uint32_t i)
{
	return i - 1;
}

/* A chain with a short branch at each message. */
static uint32_t
ladder(uint32_t i)
{
	return i < 3 ? i / 2 : i % 2 ? i - 2 : i - 1;
}

static uint32_t
forest(uint32_t i)
{
	return i % 7 ? i - 1 - i * 2654435761u % (i % 7) : 0;
}

static uint32_t *
shuffled(uint32_t n)
{
	uint32_t *v = calloc(n, sizeof *v), i, j, swap;

	for (i = 0; i < n; i++)
		v[i] = i + 1;
	for (i = n; i > 1; i--) {
		j = arc4random_uniform(i);
		swap = v[i - 1];
		v[i - 1] = v[j];
		v[j] = swap;
	}
	return v;
}

static void
test_large(void **state)
{
	uint32_t *order = shuffled(100000), *back, i;
	clock_t began = clock();

	(void)state;
	back = calloc(100000, sizeof *back);
	for (i = 0; i < 100000; i++)
		back[i] = 100000 - i;
	assert_int_equal(large(10000, chain, NULL, 1, 1), 1);
	assert_int_equal(large(100000, chain, NULL, 1, 10), 1);
	assert_int_equal(large(100000, chain, back, 1, 1), 1);
	assert_int_equal(large(100000, chain, order, 1, 1), 1);
	assert_int_equal(large(100000, chain, order, 1, 10), 1);
	assert_true(large(100000, ladder, order, 1, 1) > 40000);
	large(100000, forest, NULL, 1, 10);
	large(100000, forest, order, 1, 10);
	assert_int_equal(large(100000, forest, order, 0, 0), 2);
	/* 0.1 s each; far from what anything quadratic would take */
	assert_true((clock() - began) / CLOCKS_PER_SEC < 30);
	free(order);
	free(back);
}

/* RFC 5256 5 (1) as it stands: message by message, loops found by walking. */
static void
by_the_book(uint32_t n, const uint32_t *order, uint32_t refs[][4],
    uint32_t *parent)
{
	uint32_t i, k, r, child, up, *v;

	for (i = 1; i <= n; i++)
		parent[i] = 0;
	for (k = 0; k < n; k++) {
		v = refs[order[k]];
		for (r = 0; r < 4; r++) {
			child = r < 3 ? v[r + 1] : order[k];
			if (r == 3)
				parent[child] = 0;
			if (v[r] == 0 || child == 0 || parent[child])
				continue;
			for (up = v[r]; up && up != child; up = parent[up])
				;
			if (up == 0)
				parent[child] = v[r];
		}
	}
}

/* References that are parts of one true history. */
static void
test_by_the_book(void **state)
{
	enum { N = 40 };
	uint32_t refs[N + 1][4], parent[N + 1], *order, i, p, round, at;
	struct thread *t, *u;
	struct buf a = { .max = 1000 }, b = { .max = 1000 },
	    text = { .max = 1000 };
	char id[20];

	(void)state;
	for (round = 0; round < 3000; round++) {
		order = shuffled(N);
		t = thread_new(key);
		u = thread_new(key);
		for (i = 1; i <= N; i++) {
			memset(refs[i], 0, sizeof refs[i]);
			at = arc4random_uniform(5) ? 4 : 0;
			for (p = forest(i); p && at; p = forest(p))
				if (arc4random_uniform(3))
					refs[i][--at] = p;
		}
		by_the_book(N, order, refs, parent);
		for (i = 0; i < N; i++) {
			snprintf(id, sizeof id, "<%u@x>", order[i]);
			buf_reset(&text);
			for (at = 0; at < 4; at++)
				if (refs[order[i]][at])
					buf_addf(&text, "<%u@x>",
					    refs[order[i]][at]);
			thread_add(t, &(struct thread_mail){
			    .number = order[i], .id = span_of(id),
			    .date = order[i],
			    .references = buf_span(&text) });
			buf_reset(&text);
			/* given in this order only own links are made */
			if (parent[i + 1])
				buf_addf(&text, "<%u@x>", parent[i + 1]);
			snprintf(id, sizeof id, "<%u@x>", i + 1);
			thread_add(u, &(struct thread_mail){
			    .number = i + 1, .id = span_of(id), .date = i + 1,
			    .references = buf_span(&text) });
		}
		thread_by_references(t);
		thread_by_references(u);
		buf_reset(&a);
		buf_reset(&b);
		thread_tell(t, put, &a);
		thread_tell(u, put, &b);
		if (!span_eq(buf_span(&a), buf_span(&b)))
			fail_msg("round %u: %.*s, not %.*s", round,
			    SPAN_ARG(buf_span(&a)), SPAN_ARG(buf_span(&b)));
		thread_free(t);
		thread_free(u);
		free(order);
	}
	buf_free(&a);
	buf_free(&b);
	buf_free(&text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_references),
		cmocka_unit_test(test_subjects), cmocka_unit_test(test_ids),
		cmocka_unit_test(test_by_the_book),
		cmocka_unit_test(test_large)
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
