/* copy_test - line ends and loop marks over every cut of a chunk's size. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "localdeliver/copy.h"
#include "localdeliver/scratch.h"

static int
put(void *b, struct span s)
{
	return buf_addspan(b, s);
}

/* A piece of text laid across the end of the first 64 KiB. */
static void
chunks(void **state)
{
	static const struct {
		const char *in, *out;
		unsigned lf;
	} row[] = {
		{ "\r\n", "\n", 1 }, { "\r\r\n", "\r\n", 0 },
		{ "\r\n\r\n", "\n\n", 2 }, { "\rx", "\rx", 0 },
		{ "\n\n", "\n\n", 2 }, { "\r\r\r", "\r\r\r", 0 }
	};
	enum { SIZE = 65536 };
	static char body[SIZE + 64], want[SIZE + 64];
	struct buf out = { .max = 1 << 20 };
	struct scratch s;
	struct queue_head h;
	struct copy c;
	size_t i, at, n, m;
	int fd;

	(void)state;
	scratch_begin(&s);
	for (i = 0; i < sizeof row / sizeof *row; i++)
		for (at = SIZE - 4; at < SIZE + 2; at++) {
			memset(body, 'x', sizeof body);
			memset(want, 'x', sizeof want);
			n = strlen(row[i].in);
			m = strlen(row[i].out);
			memcpy(body + at, row[i].in, n);
			memcpy(want + at, row[i].out, m);
			fd = scratch_message(&s, span_mem(body, SIZE + 10));
			assert_int_equal(queue_read_head(fd, &h), 0);
			memset(&c, 0, sizeof c);
			buf_reset(&out);
			assert_int_equal(copy_message(&c, fd, &h, SPAN(""),
			    put, &out), 0);
			close(fd);
			if (!span_eq(buf_span(&out), span_mem(want,
			    SIZE + 10 - n + m)) ||
			    c.crlf_bytes != c.bytes + row[i].lf)
				fail_msg("row %zu at %zu", i, at);
		}
	buf_free(&out);
	scratch_end(&s);
}

static void
loops(void **state)
{
	static const struct {
		const char *text;
		int seen;
		unsigned hops;
	} row[] = {
		{ "Received: x\nreceived: y\n z\nRECEIVED : w\n\n", 0, 3 },
		{ "Delivered-To: A@b\n\n", 1, 0 },
		{ "Delivered-To:a@b\n", 1, 0 },
		{ "delivered-to : \ta@b \n", 1, 0 },
		{ "Delivered-To: a@b.c\n\n", 0, 0 },
		{ "Delivered-To: x a@b\n\n", 0, 0 },
		{ "X-Delivered-To: a@b\n\n", 0, 0 },
		{ "\nDelivered-To: a@b\nReceived: x\n", 0, 0 },
		{ "no header\nDelivered-To: a@b\n", 1, 0 },
		{ " Delivered-To: a@b\n", 0, 0 },
		{ "Delivered-To: a@b", 0, 0 }	/* its end has not come */
	};
	struct loop l;
	size_t i, k, n;

	(void)state;
	for (i = 0; i < sizeof row / sizeof *row; i++)
		for (k = 0, n = strlen(row[i].text); k <= n; k++) {
			memset(&l, 0, sizeof l);
			l.address = SPAN("a@b");
			loop_feed(&l, span_mem(row[i].text, k));
			loop_feed(&l, span_mem(row[i].text + k, n - k));
			if (l.seen != row[i].seen || l.hops != row[i].hops)
				fail_msg("row %zu cut at %zu", i, k);
		}
}

static void
lines(void **state)
{
	static const struct {
		const char *sender, *to;
		int r;
	} row[] = {
		{ "", "a@b", 0 }, { "a@b", "a\nb@c", -1 },
		{ "a\rb", "a@b", -1 }
	};
	struct job_rcpt r = { .nr = 1 };
	struct buf b = { .max = COPY_LINES };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof row / sizeof *row; i++) {
		buf_reset(&b);
		r.to = span_of(row[i].to);
		if (copy_lines(&b, span_of(row[i].sender), &r) != row[i].r)
			fail_msg("row %zu", i);
	}
	buf_free(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(chunks),
		cmocka_unit_test(loops),
		cmocka_unit_test(lines)
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
