/* Names, ids, first lines, opening and reading back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>

#include "base/crc32c.h"
#include "store/queue_scratch.h"
#include "sys/clock.h"

#define ID "1hqhsr2n466f907m4b33"

static void
names(void **state)
{
	static const struct {
		const char *in;
		int result;
		unsigned attempts;
		int64_t due;
	} t[] = {
		{ ID, 0, 0, 0 },
		{ ID ":a3,d1795305600", 0, 3, 1795305600 },
		{ ID ":a0,d0", 0, 0, 0 },
		{ ID ":a4294967295,d9223372036854775807", 0, UINT32_MAX,
		    INT64_MAX },
		{ "", -1, 0, 0 },
		{ ID ":", -1, 0, 0 },
		{ ID "x", -1, 0, 0 },
		{ ID ":a3", -1, 0, 0 },
		{ ID ":a,d1", -1, 0, 0 },
		{ ID ":a1,d", -1, 0, 0 },
		{ ID ":a01,d1", -1, 0, 0 },
		{ ID ":a1,d01", -1, 0, 0 },
		{ ID ":a1,d-1", -1, 0, 0 },
		{ ID ":a1,d1 ", -1, 0, 0 },
		{ ID ":a4294967296,d1", -1, 0, 0 },
		{ ID ":a1,d9223372036854775808", -1, 0, 0 },
		{ "1hqhsr2n466f907m4b3", -1, 0, 0 },
		{ "1hqhsr2n466f907m4b3w", -1, 0, 0 },
		{ "1Hqhsr2n466f907m4b33", -1, 0, 0 },
		{ "ghqhsr2n466f907m4b33", -1, 0, 0 },
		{ ".hqhsr2n466f907m4b33", -1, 0, 0 }
	};
	struct queue_name q;
	char again[QUEUE_NAME];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof t / sizeof *t; i++) {
		if (queue_name_parse(span_of(t[i].in), &q) != t[i].result)
			fail_msg("%zu: %s", i, t[i].in);
		if (t[i].result == 0 && (strncmp(q.id, ID, QUEUE_ID) != 0 ||
		    q.attempts != t[i].attempts || q.due != t[i].due))
			fail_msg("%zu: %s: values", i, t[i].in);
		if (t[i].result == 0 && strlen(t[i].in) > QUEUE_ID) {
			queue_name_format(&q, again);
			assert_string_equal(again, t[i].in);
		}
	}
}

static void
ids(void **state)
{
	char a[QUEUE_ID + 1], b[QUEUE_ID + 1], c[QUEUE_ID + 1];
	unsigned i;

	(void)state;
	for (i = 0; i < 1000; i++) {
		queue_id(a);
		queue_id(b);
		assert_true(queue_id_valid(span_of(a)));
		assert_true(memcmp(a, b, 13) <= 0);
		assert_string_not_equal(a, b);
	}
	assert_true(clock_s() - queue_id_time(a) <= 1);
	assert_int_equal(queue_id_time("00000000000000000000"), 0);
	assert_int_equal(queue_id_time("fvvvvvvvvvvvv0000000"), 18446744073);
	queue_id_child(a, 1, b);
	queue_id_child(a, 1, c);
	assert_string_equal(b, c);
	assert_true(queue_id_valid(span_of(b)));
	assert_int_equal(queue_id_time(b), queue_id_time(a));
	queue_id_child(a, 2, c);
	assert_string_not_equal(b, c);
	queue_id_child(b, 1, c);
	assert_string_not_equal(b, c);
}

#define GOOD "correo-queue 1 body=000000000412 env=000000000187" \
	" bodysum=9f31ac02 envsum=1b77e4d1\n"

static void
heads(void **state)
{
	static const struct {
		const char *in;
		int result;
	} t[] = {
		{ GOOD, 0 },
		{ "correo-queue 2 something else\n", 1 },
		{ "correo-queue 10 ", 1 },
		{ "correo-queue 0 body=000000000412 env=000000000187"
		    " bodysum=9f31ac02 envsum=1b77e4d1\n", -1 },
		{ "correo-queue 1000000000 ", -1 },
		{ "correo-queue 1", -1 },
		{ "correo-queue 1 ", -1 },
		{ "correo-queue 1 body=00000000041x env=000000000187"
		    " bodysum=9f31ac02 envsum=1b77e4d1\n", -1 },
		{ "correo-queue 1 body=000000000412 env=000000000187"
		    " bodysum=9F31ac02 envsum=1b77e4d1\n", -1 },
		{ "correo-queue 1 body=000000000412 env=000000000187"
		    " bodysum=9f31ac02 envsum=1b77e4d\n", -1 },
		{ GOOD "x", -1 },
		{ "", -1 },
		{ "                                                        "
		    "                           ", -1 }
	};
	struct queue_head h;
	char line[QUEUE_HEAD];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof t / sizeof *t; i++)
		if (queue_head_parse(span_of(t[i].in), &h) != t[i].result)
			fail_msg("%zu: %s", i, t[i].in);
	assert_int_equal(queue_head_parse(SPAN(GOOD), &h), 0);
	assert_int_equal(h.body, 412);
	assert_int_equal(h.env, 187);
	assert_int_equal(h.bodysum, 0x9f31ac02);
	assert_int_equal(h.envsum, 0x1b77e4d1);
	queue_head_format(&h, line);
	assert_memory_equal(line, GOOD, QUEUE_HEAD);
	for (i = 0; i < QUEUE_HEAD; i++)
		if (queue_head_parse(span_mem(line, i), &h) != -1)
			fail_msg("%zu bytes of a first line", i);
}

static void
opening(void **state)
{
	struct queue q, other;
	const char *missing;
	int i;

	(void)state;
	scratch_open(&q);
	for (i = 0; i < SCRATCH_SUBS; i++) {
		renameat(q.dir, scratch_sub[i], q.dir, "away");
		assert_int_equal(queue_open(&other, scratch_path, &missing),
		    -1);
		assert_int_equal(errno, ENOENT);
		assert_string_equal(missing, scratch_sub[i]);
		assert_int_equal(symlinkat("away", q.dir, scratch_sub[i]), 0);
		assert_int_equal(queue_open(&other, scratch_path, &missing),
		    -1);
		assert_string_equal(missing, scratch_sub[i]);
		unlinkat(q.dir, scratch_sub[i], 0);
		renameat(q.dir, "away", q.dir, scratch_sub[i]);
	}
	assert_int_equal(queue_open(&other, "/tmp/no/such", &missing), -1);
	assert_string_equal(missing, "");
	scratch_close(&q);
}

/* Not before another one is complete. */
static void
moved(void **state)
{
	struct queue q;
	char path[256], away[280], other[280];
	int i, fd;

	(void)state;
	scratch_open(&q);
	snprintf(path, sizeof path, "%s", scratch_path);
	snprintf(away, sizeof away, "%s.away", path);
	snprintf(other, sizeof other, "%s.other", path);
	assert_int_equal(queue_moved(&q, path), 0);
	assert_int_equal(rename(path, away), 0);
	assert_int_equal(queue_moved(&q, path), 0);
	assert_int_equal(mkdir(path, 0700), 0);
	fd = open(path, O_RDONLY | O_DIRECTORY);
	for (i = 0; i < SCRATCH_SUBS; i++) {
		assert_int_equal(queue_moved(&q, path), 0);
		assert_int_equal(mkdirat(fd, scratch_sub[i], 0700), 0);
	}
	assert_int_equal(queue_moved(&q, path), 1);
	/* a link to it cannot be opened */
	assert_int_equal(rename(path, other), 0);
	assert_int_equal(symlink(other, path), 0);
	assert_int_equal(queue_moved(&q, path), 0);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(rename(other, path), 0);
	for (i = 0; i < SCRATCH_SUBS; i++)
		assert_int_equal(unlinkat(fd, scratch_sub[i], AT_REMOVEDIR),
		    0);
	close(fd);
	assert_int_equal(rmdir(path), 0);
	assert_int_equal(rename(away, path), 0);
	scratch_close(&q);
}

/* A whole file, then the same with something wrong in it. */
static void
reading(void **state)
{
	static const char env[] = "sender 0:,\n";
	struct queue_head h = { .body = 5, .env = sizeof env - 1 }, got;
	char line[QUEUE_HEAD], byte;
	struct buf b = { .max = 64 }, tight = { .max = 10 };
	struct queue q;
	int fd;

	(void)state;
	scratch_open(&q);
	fd = openat(q.new, ID, O_RDWR | O_CREAT, 0600);
	h.bodysum = crc32c(0, SPAN("body\n"));
	h.envsum = crc32c(0, SPAN("sender 0:,\n"));
	queue_head_format(&h, line);
	assert_int_equal(file_write(fd, span_mem(line, sizeof line)), 0);
	assert_int_equal(queue_read_head(fd, &got), QUEUE_DAMAGED);
	assert_int_equal(file_write(fd, SPAN("body\nsender 0:,\n")), 0);
	assert_int_equal(queue_read_head(fd, &got), 0);
	assert_memory_equal(&got, &h, sizeof h);
	assert_int_equal(queue_read_envelope(fd, &got, &b), 0);
	assert_true(span_eq(buf_span(&b), SPAN("sender 0:,\n")));
	assert_int_equal(queue_read_envelope(fd, &got, &tight), -1);
	assert_int_equal(errno, EFBIG);
	buf_reset(&b);
	byte = '1';
	assert_int_equal(pwrite(fd, &byte, 1, QUEUE_HEAD + 5 + 7), 1);
	assert_int_equal(queue_read_envelope(fd, &got, &b), QUEUE_DAMAGED);
	assert_int_equal(b.n, 0);
	byte = '2';
	assert_int_equal(pwrite(fd, &byte, 1, 13), 1);
	assert_int_equal(queue_read_head(fd, &got), QUEUE_VERSION);
	assert_int_equal(ftruncate(fd, 12), 0);
	assert_int_equal(queue_read_head(fd, &got), QUEUE_DAMAGED);
	assert_int_equal(ftruncate(fd, 0), 0);
	assert_int_equal(queue_read_head(fd, &got), QUEUE_DAMAGED);
	close(fd);
	buf_free(&b);
	buf_free(&tight);
	scratch_close(&q);
}

int
main(void)
{
	const struct CMUnitTest t[] = {
		cmocka_unit_test(names), cmocka_unit_test(ids),
		cmocka_unit_test(heads), cmocka_unit_test(opening),
		cmocka_unit_test(moved), cmocka_unit_test(reading)
	};

	return cmocka_run_group_tests(t, NULL, NULL);
}
