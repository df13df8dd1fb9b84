/* smtp_data: all short texts, all ways to cut them, both ways to send them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include "wire/smtp_data_slow.h"

enum { LONGEST = 8, CUTS = 5 };

static const unsigned char alphabet[] = { '\r', '\n', '.', 0, 'a' };

static void
all_strings(void **state)
{
	unsigned char b[LONGEST];
	unsigned long total, k, x, bad = 0, done = 0;
	size_t len, i, cut;
	struct slow slow;
	struct span in;

	(void)state;
	for (total = 1, len = 0; len <= LONGEST; len++, total *= 5)
		for (k = 0; k < total; k++) {
			for (x = k, i = 0; i < len; i++, x /= 5)
				b[i] = alphabet[x % 5];
			in = span_mem(b, len);
			slow_read(in, &slow);
			for (cut = 1; cut <= CUTS; cut++, done++)
				bad += !slow_same(in, &slow, cut);
			buf_free(&slow.text);
		}
	printf("%lu strings and cuts\n", done);
	assert_int_equal(bad, 0);
}

/* Header rules need longer texts than all_strings makes. */
static void
texts(void **state)
{
	static const struct {
		const char *in;
		unsigned flaws, hops;
		uint64_t header, longest, size;
	} t[] = {
		{ ".\r\n", 0, 0, 0, 0, 0 },
		{ "a\r\n.\r\n", 0, 0, 3, 1, 3 },
		{ "a: b\r\n\r\nccccc\r\n.\r\n", 0, 0, 8, 5, 15 },
		{ "\r\nReceived: x\r\n.\r\n", 0, 0, 2, 11, 15 },
		{ "Received: x\r\nRECEIVED:y\r\n\r\n.\r\n", 0, 2, 27, 11, 27 },
		{ "Receiver: x\r\nReceived :y\r\n\r\n.\r\n", 0, 0, 28, 11,
		    28 },
		{ "X: Received:\r\n\tReceived:\r\n\r\n.\r\n", 0, 0, 28, 12,
		    28 },
		{ ".Received: dot\r\n\r\n.\r\n", 0, 1, 17, 13, 17 },
		{ "..\r\n...\r\n\r\n.\r\n", 0, 0, 9, 2, 9 },
		{ "a\nb\r\n.\r\n", SMTP_DATA_LF, 0, 5, 3, 5 },
		{ "a\r\rb\r\n.\r\n", SMTP_DATA_CR, 0, 6, 4, 6 },
	};
	size_t i, cut;
	struct slow slow;
	struct smtp_data d;
	struct span in, piece;

	(void)state;
	for (i = 0; i < sizeof t / sizeof *t; i++) {
		in = span_of(t[i].in);
		slow_read(in, &slow);
		for (cut = 1; cut <= in.n; cut++)
			if (!slow_same(in, &slow, cut))
				fail_msg("%zu: cut at %zu", i, cut);
		buf_free(&slow.text);
		smtp_data_start(&d, 0);
		while (smtp_data_next(&d, &in, &piece) == SMTP_DATA_PIECE)
			;
		if (in.n || d.flaws != t[i].flaws || d.hops != t[i].hops ||
		    d.header != t[i].header || d.longest != t[i].longest ||
		    d.size != t[i].size)
			fail_msg("%zu: flaws %u hops %u header %d longest %d "
			    "size %d left %zu", i, d.flaws, d.hops,
			    (int)d.header, (int)d.longest, (int)d.size, in.n);
	}
}

/* What SMTP smuggling tries between a first message and a second: here it is
 * one message, and refused. */
static void
smuggling(void **state)
{
	static const struct { const char *p; size_t n; } t[] = {
#define S(x) { x, sizeof x - 1 }
		S("\n.\n"), S("\n.\r"), S("\r.\n"), S("\r.\r"), S("\n.\r\n"),
		S("\r.\r\n"), S("\r\n\0.\r\n"), S("\r\n.\r\r\n"),
		S("\r\r\n.\r\r\n"), S("\r\n\0\r\n.\n"), S("\r\n.\n"),
		S("\r\n.\r"), S("\n\n.\r\n"), S("\r\n.\0\r\n"),
		S("\r\n\n.\r\n"), S("\r\0\n.\r\n")
#undef S
	};
	unsigned char b[64];
	size_t i, n, cut;
	struct slow slow;

	(void)state;
	for (i = 0; i < sizeof t / sizeof *t; i++) {
		n = (size_t)snprintf((char *)b, sizeof b, "a: b\r\n\r\ntext");
		memcpy(b + n, t[i].p, t[i].n);
		n += t[i].n;
		memcpy(b + n, "MAIL x\r\n.\r\n", 12);
		n += 11;
		slow_read(span_mem(b, n), &slow);
		if (slow.end != n || slow.flaws == 0)
			fail_msg("%zu: ends at %zu of %zu, flaws %u", i,
			    slow.end, n, slow.flaws);
		for (cut = 1; cut <= n; cut++)
			if (!slow_same(span_mem(b, n), &slow, cut))
				fail_msg("%zu: cut at %zu", i, cut);
		buf_free(&slow.text);
	}
}

static void
bdat(void **state)
{
	static const struct {
		const char *in, *out;
		unsigned flaws, hops;
	} t[] = {
		{ "", "", 0, 0 },
		{ "a", "a\r\n", 0, 0 },
		{ "a\r\n", "a\r\n", 0, 0 },
		{ ".\r\n..\r\n.a", ".\r\n..\r\n.a\r\n", 0, 0 },
		{ "Received: x\r\n\r\n\r\n.\r\n",
		    "Received: x\r\n\r\n\r\n.\r\n", 0, 1 },
		{ "a\r", "a\r", SMTP_DATA_CR, 0 },
		{ "a\n", "a\n\r\n", SMTP_DATA_LF, 0 },
		{ "\rb", "\rb\r\n", SMTP_DATA_CR, 0 },
	};
	struct buf b = { .max = 100 };
	struct smtp_data d;
	struct span in, part, piece;
	size_t i, cut;

	(void)state;
	for (i = 0; i < sizeof t / sizeof *t; i++)
		for (cut = 1; cut < 20; cut++) {
			smtp_data_start(&d, 1);
			buf_reset(&b);
			for (in = span_of(t[i].in); in.n;
			    in = span_from(in, cut)) {
				part = span_sub(in, 0, cut);
				while (smtp_data_next(&d, &part, &piece) ==
				    SMTP_DATA_PIECE)
					buf_addspan(&b, piece);
			}
			smtp_data_finish(&d, &piece);
			buf_addspan(&b, piece);
			if (d.flaws != t[i].flaws || d.hops != t[i].hops ||
			    d.size != b.n ||
			    !span_eq(buf_span(&b), span_of(t[i].out)))
				fail_msg("%zu: cut %zu: flaws %u", i, cut,
				    d.flaws);
		}
	buf_free(&b);
}

int
main(void)
{
	const struct CMUnitTest t[] = {
		cmocka_unit_test(all_strings),
		cmocka_unit_test(texts),
		cmocka_unit_test(smuggling),
		cmocka_unit_test(bdat),
	};

	return cmocka_run_group_tests(t, NULL, NULL);
}
