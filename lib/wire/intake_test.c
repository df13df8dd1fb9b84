/* intake: each record of a session and a writer, to the byte and back. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdio.h>

#include "wire/intake.h"
#include "wire/record.h"

static const struct {
	const char *in;
	int result;
	enum intake_kind kind;
} kinds[] = {
	{ "helo 0:,\nsender 0:,\n", 0, INTAKE_HEAD },
	{ "rcpt 1:a,\n", 0, INTAKE_RCPT }, { "data 1:x,\n", 0, INTAKE_BODY },
	{ "commit 0:,\n", 0, INTAKE_COMMIT }, { "reset 0:,\n", 0,
	    INTAKE_RESET },
	{ "rewritten 4:SRS0,\n", 0, INTAKE_REWRITTEN },
	{ "", -1, 0 }, { "class 3:net,\n", -1, 0 }, { "data 2:x,\n", -1, 0 },
	{ "sender 0:,\nhelo 0:,\n", -1, 0 }, { "commit", -1, 0 },
};

static const struct {
	const char *in;
	int result;
} answers[] = {
	{ "kind 4:done,\ncode 3:250,\nid 1:a,\nroom 1:5,\n", 0 },
	{ "kind 5:later,\ncode 3:452,\nid 0:,\nroom 1:0,\n", 0 },
	{ "kind 5:never,\ncode 3:554,\nroom 1:0,\n", 0 },
	{ "kind 4:done,\ncode 3:250,\nid 0:,\nroom 1:5,\n", -1 },
	{ "kind 4:done,\ncode 3:250,\nroom 1:5,\n", -1 },
	{ "kind 4:done,\ncode 3:250,\nid 3:a\r\n,\nroom 1:5,\n", -1 },
	{ "kind 4:done,\ncode 3:250,\nid 32:01234567890123456789012345678901,\n"
	    "room 1:5,\n", -1 },
	{ "kind 4:done,\ncode 3:250,\nid 1:a,\n", -1 },
	{ "kind 4:done,\ncode 3:999,\nid 1:a,\nroom 1:5,\n", -1 },
	{ "kind 4:done,\ncode 1:0,\nid 1:a,\nroom 1:5,\n", -1 },
	{ "kind 2:to,\ncode 3:250,\nid 1:a,\nroom 1:5,\n", -1 },
	{ "kind 4:done,\nkind 4:done,\ncode 3:250,\nid 1:a,\nroom 1:5,\n", -1 },
	{ "room 1:5,\n", -1 }, { "", -1 }, { "kind", -1 },
};

static void
test_parse(void **state)
{
	struct intake_answer a;
	enum intake_kind kind;
	uint64_t room;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof kinds / sizeof *kinds; i++) {
		const char *why = NULL;
		int r = intake_kind(span_of(kinds[i].in), &kind, &why);

		if (r != kinds[i].result || (r == 0 && kind != kinds[i].kind) ||
		    (r < 0 && why == NULL))
			fail_msg("kind %zu", i);
	}
	for (i = 0; i < sizeof answers / sizeof *answers; i++) {
		const char *why = NULL;
		int r = intake_parse_answer(span_of(answers[i].in), &a, &why);

		if (r != answers[i].result || (r < 0 && why == NULL))
			fail_msg("answer %zu: %d", i, r);
		if (intake_parse_room(span_of(answers[i].in), &room, &why) !=
		    (i == 12 ? 0 : -1))
			fail_msg("room %zu", i);
	}
}

static void
test_session(void **state)
{
	struct envelope e = { .helo = SPAN(""), .proto = SPAN("ESMTP"),
	    .tls = SPAN("TLSv1.3 X"), .sender = SPAN("a@b"), .ret =
	    SPAN("FULL"), .envid = SPAN("e"), .body = SPAN("8BITMIME"),
	    .utf8 = 1, .client = SPAN("not said"), .class = CLASS_USER };
	struct envelope_rcpt r = { SPAN("c@d"), SPAN("NEVER"), { NULL, 0 } };
	struct buf b = { .max = 1000 };

	(void)state;
	intake_add_head(&b, &e);
	intake_add_rcpt(&b, &r);
	intake_add_commit(&b);
	assert_int_equal(intake_add_reset(&b), 0);
	assert_true(span_eq(buf_span(&b), SPAN("105:helo 0:,\n"
	    "proto 5:ESMTP,\ntls 9:TLSv1.3 X,\nsender 3:a@b,\nret 4:FULL,\n"
	    "envid 1:e,\nbody 8:8BITMIME,\nutf8 1:1,\n,"
	    "28:rcpt 3:c@d,\nnotify 5:NEVER,\n,11:commit 0:,\n,"
	    "10:reset 0:,\n,")));
	buf_free(&b);
}

static void
test_writer(void **state)
{
	struct intake_answer a = { verdict_make(250, "2.0.0", "accepted"),
	    "0f2k8r1q3m5hj9ab2c7d", UINT64_MAX }, got;
	struct buf b = { .max = 1000 };
	struct span in, fields;
	uint64_t room = 0;
	const char *why;

	(void)state;
	intake_add_room(&b, 1234567890123);
	assert_int_equal(intake_add_answer(&b, &a), 0);
	in = buf_span(&b);
	assert_int_equal(record_next(&in, RECORD_MAX, &fields, &why), 1);
	assert_int_equal(intake_parse_room(fields, &room, &why), 0);
	assert_true(room == 1234567890123);
	assert_int_equal(record_next(&in, RECORD_MAX, &fields, &why), 1);
	assert_int_equal(intake_parse_answer(fields, &got, &why), 0);
	assert_int_equal(got.verdict.kind, VERDICT_DONE);
	assert_int_equal(got.verdict.code, 250);
	assert_string_equal(got.verdict.enhanced, "2.0.0");
	assert_string_equal(got.verdict.text, "accepted");
	assert_string_equal(got.id, a.id);
	assert_true(got.room == UINT64_MAX);
	buf_free(&b);
}

/* Prefix, bytes and suffix are one record of one field, at every size. */
static void
test_data(void **state)
{
	static unsigned char bytes[INTAKE_DATA];
	struct buf b = { .max = 2 * INTAKE_DATA };
	struct span in, fields;
	struct field f;
	const char *why;
	char prefix[48];
	size_t n;

	(void)state;
	for (n = 0; n <= INTAKE_DATA; n += n < 1100 ? 1 : 1009) {
		buf_reset(&b);
		buf_add(&b, prefix, intake_data_prefix(prefix, n));
		buf_add(&b, bytes, n);
		buf_add(&b, intake_data_suffix, sizeof intake_data_suffix);
		in = buf_span(&b);
		if (record_next(&in, RECORD_MAX, &fields, &why) != 1 || in.n ||
		    field_next(&fields, &f, &why) != 1 || fields.n ||
		    !field_is(&f, "data") || f.value.n != n)
			fail_msg("%zu bytes", n);
		if (n == 0 && !span_eq(buf_span(&b), INTAKE_NO_DATA))
			fail_msg("no bytes");
	}
	buf_free(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parse), cmocka_unit_test(test_session),
		cmocka_unit_test(test_writer), cmocka_unit_test(test_data)
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
