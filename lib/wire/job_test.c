/* job: jobs and answers there and back; what a deliverer must not say. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "wire/job.h"
#include "wire/record.h"

#define JOB "id 1:x,\nsender 0:,\nsize 1:9,\narrived 1:5,\n"
#define RCPT "rcpt 1:1,\nto 3:a@b,\n"
#define ID "id 1:x,\n"
#define A ID "rcpt 1:1,\n"

static struct job j, k;
static struct answer a, c;

static const struct {
	const char *in;
	int result;
	const char *why;
} jobs[] = {
	{ JOB RCPT, 0, "" }, { JOB RCPT "via 0:,\nvia 1:x,\n", 0, "" },
	{ JOB RCPT "later 3:yes,\n" RCPT, 0, "" }, { "", -1, "job" },
	{ JOB, -1, "job" }, { JOB "rcpt 1:1,\n", -1, "job" },
	{ JOB "rcpt 1:0,\nto 1:a,\n", -1, "number" },
	{ JOB "rcpt 2:-1,\nto 1:a,\n", -1, "number" },
	{ JOB "rcpt 0:,\nto 1:a,\n", -1, "number" },
	{ JOB RCPT "to 1:b,\n", -1, "twice" },
	{ JOB "id 1:y,\n" RCPT, -1, "twice" },
	{ JOB RCPT "run 1:0,\n", -1, "run" },
	{ JOB RCPT "run 1:1,\nrun 1:2,\n", -1, "run" },
	{ JOB RCPT "via 1:1,\nvia 1:2,\nvia 1:3,\nvia 1:4,\nvia 1:5,\n"
	    "via 1:6,\nvia 1:7,\nvia 1:8,\nvia 1:9,\nvia 2:10,\nvia 2:11,\n",
	    -1, "via" },
	{ "sender 0:,\nsize 1:9,\narrived 1:5,\n" RCPT, -1, "job" },
	{ "id 1:x,\nsize 1:9,\narrived 1:5,\n" RCPT, -1, "job" },
	{ "id 1:x,\nsender 0:,\narrived 1:5,\n" RCPT, -1, "job" },
	{ "id 1:x,\nsender 0:,\nsize 2:-9,\narrived 1:5,\n" RCPT, -1, "job" },
	{ JOB RCPT "x", -1, "field" }, { JOB RCPT "x 5:a,\n", -1, "field" },
}, answers[] = {
	{ "ready 0:,\n", 0, "" },
	{ A "kind 4:done,\ncode 3:250,\nenhanced 5:2.0.0,\n"
	    "text 2:ok,\npeer 0:,\n", 0, "" },
	{ A "kind 5:later,\n", 0, "" },
	{ A "kind 5:never,\ncode 1:0,\n", 0, "" },
	{ A "kind 2:to,\nto 3:a@b,\n", 0, "" },
	{ A "kind 5:never,\nsmell 1:x,\n", 0, "" },
	{ "", -1, "rcpt" }, { ID "kind 4:done,\n", -1, "rcpt" },
	{ "rcpt 1:1,\nkind 4:done,\n", -1, "id" },
	{ A "id 1:x,\nkind 4:done,\n", -1, "twice" },
	{ ID "rcpt 1:0,\nkind 4:done,\n", -1, "rcpt" },
	{ ID "rcpt 10:4294967296,\nkind 4:done,\n", -1, "rcpt" },
	{ A, -1, "kind" }, { A "kind 2:to,\n", -1, "kind" },
	{ A "kind 3:run,\n", -1, "kind" },
	{ A "kind 4:DONE,\n", -1, "kind" },
	{ A "kind 4:done,\nto 1:a,\n", -1, "kind" },
	{ A "kind 2:to,\nto 0:,\n", -1, "empty" },
	{ A "kind 4:done,\ncode 3:199,\n", -1, "code" },
	{ A "kind 4:done,\ncode 3:600,\n", -1, "code" },
	{ A "kind 4:done,\ncode 0:,\n", -1, "code" },
	{ A "rcpt 1:2,\nkind 4:done,\n", -1, "twice" },
	{ A "kind 4:done,\nkind 4:done,\n", -1, "twice" },
	{ A "kind 4:done,\nready 0:,\n", -1, "alone" },
	{ A "kind 4:done", -1, "field" },
};

static void
test_parse(void **state)
{
	const char *why;
	size_t i;
	int r;

	(void)state;
	for (i = 0; i < sizeof jobs / sizeof *jobs; i++) {
		why = "";
		r = job_parse(span_of(jobs[i].in), &j, &why);
		if (r != jobs[i].result || (r && !strstr(why, jobs[i].why)))
			fail_msg("job %zu: %d %s", i, r, why);
	}
	for (i = 0; i < sizeof answers / sizeof *answers; i++) {
		why = "";
		r = answer_parse(span_of(answers[i].in), &a, &why);
		if (r != answers[i].result ||
		    (r && !strstr(why, answers[i].why)))
			fail_msg("answer %zu: %d %s", i, r, why);
	}
}

static void
test_job(void **state)
{
	struct buf b = { .max = 2 * RECORD_MAX };
	struct span in, fields;
	const char *why;
	size_t i;

	(void)state;
	j = (struct job){ .id = SPAN("I"), .sender = SPAN("s@t"),
	    .body = SPAN("8BITMIME"), .ret = SPAN("HDRS"), .envid = SPAN("e"),
	    .class = SPAN("user x"), .utf8 = 1, .size = UINT64_MAX,
	    .arrived = INT64_MAX, .repeat = 1, .nrcpt = JOB_RCPTS };
	for (i = 0; i < JOB_RCPTS; i++)
		j.rcpt[i] = (struct job_rcpt){ .nr = (unsigned)i + 1,
		    .to = SPAN("a@b"), .orig = SPAN("o@p"),
		    .notify = SPAN("NEVER"), .orcpt = SPAN("rfc822;\n,"),
		    .nvia = i % 11, .ext = SPAN("x"), .run = (unsigned)i,
		    .file = SPAN(".forward") };
	for (i = 0; i < JOB_RCPTS * 10; i++)
		j.rcpt[i / 10].via[i % 10] = SPAN("v@w");
	assert_int_equal(job_add(&b, &j), 0);
	in = buf_span(&b);
	assert_int_equal(record_next(&in, RECORD_MAX, &fields, &why), 1);
	assert_int_equal(in.n, 0);
	memset(&k, 0xaa, sizeof k);		/* nothing of before counts */
	assert_int_equal(job_parse(fields, &k, &why), 0);
	assert_true(k.size == j.size && k.arrived == j.arrived);
	assert_true(k.utf8 == 1 && k.repeat == 1);
	assert_true(span_eq(k.class, j.class) && span_eq(k.envid, j.envid));
	assert_int_equal(k.nrcpt, JOB_RCPTS);
	for (i = 0; i < JOB_RCPTS; i++)
		if (k.rcpt[i].nr != i + 1 || k.rcpt[i].nvia != i % 11 ||
		    k.rcpt[i].run != i || !span_eq(k.rcpt[i].orcpt,
		    j.rcpt[i].orcpt) || !span_eq(k.rcpt[i].file,
		    j.rcpt[i].file) || !span_eq(k.rcpt[i].ext, SPAN("x")))
			fail_msg("recipient %zu", i);
	buf_reset(&b);
	assert_int_equal(job_add(&b, &k), 0);
	fields = buf_span(&b);
	buf_free(&b);
	j.envid.n = RECORD_MAX;			/* does not fit */
	j.envid.p = (const unsigned char *)&k;
	assert_int_equal(job_add(&b, &j), -1);
	assert_int_equal(b.n, 0);
}

static void
test_answer(void **state)
{
	struct buf b = { .max = 3 * RECORD_MAX };
	struct span in, fields;
	const char *why;
	size_t i;

	(void)state;
	a = (struct answer){ .id = SPAN("I"), .nr = UINT32_MAX,
	    .verdict = verdict_make(451, "4.7.1", "come back, later"),
	    .peer = SPAN("mx[::1]:25") };
	assert_int_equal(answer_add(&b, &a), 0);
	a = (struct answer){ .id = SPAN("I"), .nr = 2,
	    .verdict = { .kind = VERDICT_TO },
	    .nto = JOB_TO, .sender = SPAN("s@t"), .file = SPAN(".forward"),
	    .kept = 1 };
	for (i = 0; i < JOB_TO; i++)
		a.to[i] = i % 2 ? SPAN("carol@elsewhere.example") : SPAN("|1");
	assert_int_equal(answer_add(&b, &a), 0);
	a = (struct answer){ .ready = 1 };
	assert_int_equal(answer_add(&b, &a), 0);
	in = buf_span(&b);
	memset(&c, 0xaa, sizeof c);
	assert_int_equal(record_next(&in, RECORD_MAX, &fields, &why), 1);
	assert_int_equal(answer_parse(fields, &c, &why), 0);
	assert_true(!c.ready && c.nr == UINT32_MAX && c.nto == 0 && !c.kept);
	assert_int_equal(c.verdict.kind, VERDICT_LATER);
	assert_int_equal(c.verdict.code, 451);
	assert_string_equal(c.verdict.enhanced, "4.7.1");
	assert_string_equal(c.verdict.text, "come back, later");
	assert_true(span_eq(c.id, SPAN("I")));
	assert_true(span_eq(c.peer, SPAN("mx[::1]:25")));
	assert_int_equal(record_next(&in, RECORD_MAX, &fields, &why), 1);
	assert_int_equal(answer_parse(fields, &c, &why), 0);
	assert_int_equal(c.verdict.kind, VERDICT_TO);
	assert_int_equal(c.nto, JOB_TO);
	assert_true(span_eq(c.to[999], SPAN("carol@elsewhere.example")));
	assert_true(span_eq(c.file, SPAN(".forward")) && c.kept);
	assert_int_equal(record_next(&in, RECORD_MAX, &fields, &why), 1);
	assert_int_equal(answer_parse(fields, &c, &why), 0);
	assert_int_equal(c.ready, 1);
	assert_int_equal(in.n, 0);
	/* hostile words */
	assert_int_equal(answer_parse(SPAN(A "kind 4:done,\n"
	    "enhanced 3:\r\nX,\ntext 4:a\r\nb,\n"), &c, &why), 0);
	assert_string_equal(c.verdict.enhanced, "");
	assert_string_equal(c.verdict.text, "a??b");
	for (i = JOB_PEER; i <= JOB_PEER + 1; i++) {
		buf_reset(&b);
		a = (struct answer){ .id = SPAN("I"), .nr = 1,
		    .verdict = verdict_make(250, "2.0.0", "ok"),
		    .peer = span_mem(&k, i) };
		assert_int_equal(answer_add(&b, &a), 0);
		in = buf_span(&b);
		assert_int_equal(record_next(&in, RECORD_MAX, &fields, &why),
		    1);
		assert_int_equal(answer_parse(fields, &c, &why),
		    i == JOB_PEER ? 0 : -1);
	}
	buf_free(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parse), cmocka_unit_test(test_job),
		cmocka_unit_test(test_answer)
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
