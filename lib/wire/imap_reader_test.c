/* imap_reader: lines and literals, and what is refused, cut at every place. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "wire/imap_reader.h"

/* Told: C command, + continue, M message (taken), X message (refused: a size
 * above 100), R refused, B bad; with the text behind the first and last. */
static const struct {
	const char *in, *out;
} cases[] = {
	{ "a NOOP\r\n", "C[a NOOP]" }, { "a NOOP\n", "C[a NOOP]" },
	{ "\r\n", "C[]" }, { "a NOOP", "" }, { "a\rb\r\n", "C[a\rb]" },
	{ "a NOOP\r\nb NOOP\r\nc", "C[a NOOP]C[b NOOP]" },
	{ "a L {3}\r\nabc {2}\r\nde\r\n",
	    "++C[a L {3}\r\nabc {2}\r\nde]" },
	{ "a L {3+}\r\nabc {0+}\r\n x\r\n",
	    "C[a L {3+}\r\nabc {0+}\r\n x]" },
	{ "a L {4+}\r\n\r\n\r\n\r\n", "C[a L {4+}\r\n\r\n\r\n]" },
	{ "a L ~{2}\nab\n", "+C[a L ~{2}\nab]" },
	{ "a L {3\r\n", "C[a L {3]" }, { "a L 3}\r\n", "C[a L 3}]" },
	{ "a L {}\r\n", "C[a L {}]" }, { "a L {3-}\r\n", "C[a L {3-}]" },
	{ "a L {3} \r\n", "C[a L {3} ]" },
	{ "a L \"{3}\"\r\n", "C[a L \"{3}\"]" },
	{ "a L {99999999999999999999}\r\n",
	    "C[a L {99999999999999999999}]" },
	/* messages */
	{ "a APPEND x {3}\r\nabc\r\n", "MC[a APPEND x #3#]" },
	{ "a APPEND x (\\Seen) {3+}\r\nabc\r\nb NOOP\r\n",
	    "MC[a APPEND x (\\Seen) #3#]C[b NOOP]" },
	{ "a append {1}\r\nx \"17-Jul-1996 02:44:25 -0700\" {3}\r\nabc\r\n",
	    "+MC[a append {1}\r\nx \"17-Jul-1996 02:44:25 -0700\" #3#]" },
	{ "a APPEND x {3}\r\nabc (\\a) ~{2}\r\nde\r\n",
	    "MMC[a APPEND x #3# (\\a) #~2#]" },
	{ "a APPEND x UTF8 (~{3}\r\nabc)\r\n", "MC[a APPEND x UTF8 (#~3#)]" },
	{ "a APPEND x (\\a) {1}\r\na {2}\r\nbb (\\b) {3}\r\nccc (\\c) {1}\r\n"
	    "d (\\d) {0+}\r\n\r\n",
	    "MMMMMC[a APPEND x (\\a) #1# (\\c) #1# (\\d) #0#]" },
	{ "a APPEND x UTF8 (~{1}\r\na) {2}\r\nbb UTF8 (~{3}\r\nccc ) UTF8 (~{1}"
	    "\r\nd)\r\n", "MMMMC[a APPEND x UTF8 (#~1#) UTF8 (#~3# ) UTF8 "
	    "(#~1#)]" },
	{ "a REPLACE 4 x {3}\r\nabc\r\n", "MC[a REPLACE 4 x #3#]" },
	{ "a UID REPLACE 4 {1}\r\nx {3}\r\nabc\r\n",
	    "+MC[a UID REPLACE 4 {1}\r\nx #3#]" },
	{ "a APPEND x {0}\r\n\r\n", "MC[a APPEND x #0#]" },
	{ "a SEARCH APPEND x {3}\r\nabc\r\n",
	    "+C[a SEARCH APPEND x {3}\r\nabc]" },
	/* refused */
	{ "a APPEND x {300}\r\nb NOOP\r\n", "XR[a APPEND x ]C[b NOOP]" },
	{ "a APPEND x {101+}\r\n0123456789012345678901234567890123456789012345"
	    "6789012345678901234567890123456789012345678901234567890 (\\a) "
	    "{2+}\r\nzz\r\nb NOOP\r\n", "XR[a APPEND x ]C[b NOOP]" },
	{ "a APPEND x {102+}\r\n0123456789012345678901234567890123456789012345"
	    "67890123456789012345678901234567890123456789012345678901 {7}\r\n"
	    "b NOOP\r\n", "XR[a APPEND x ]C[b NOOP]" },
	{ "a L {70000}\r\nb NOOP\r\n", "B[a L {70000}\r\n]C[b NOOP]" },
};

static void
tell(struct buf *out, char what, const struct imap_reader *r)
{
	size_t i;

	buf_addc(out, (unsigned char)what);
	if (strchr("+MX", what))
		return;
	buf_addc(out, '[');
	for (i = 0; i < r->text.n; i++)
		buf_addc(out, r->text.p[i] ? r->text.p[i] : '#');
	buf_addc(out, ']');
}

static void
read_all(struct span in, size_t step, struct buf *out)
{
	struct imap_reader r = { 0 };
	const char *why;
	size_t at = 0, n;

	while (at < in.n) {
		struct span piece = span_sub(in, at, at + step);
		enum imap_read result;

		n = piece.n;
		result = imap_read(&r, &piece, &why);
		at += n - piece.n;
		if (result == IMAP_READ_MORE)
			continue;
		if (result == IMAP_READ_MESSAGE && r.literal > 100) {
			tell(out, 'X', &r);
			imap_reader_refuse(&r);
			/* a sync one is refused without another byte */
			if (r.sync && imap_read(&r, &piece, &why) ==
			    IMAP_READ_REFUSED)
				tell(out, 'R', &r);
			continue;
		}
		tell(out, "?C+MRB"[result], &r);
		if (result == IMAP_READ_MESSAGE) {
			at += (size_t)r.literal;
			imap_reader_message(&r);
		}
	}
	imap_reader_free(&r);
}

static void
test_cases(void **state)
{
	struct buf b = { .max = 1 << 20 };
	size_t i, step;

	(void)state;
	for (i = 0; i < sizeof cases / sizeof *cases; i++)
		for (step = 1; step < 60; step++) {
			buf_reset(&b);
			read_all(span_of(cases[i].in), step, &b);
			if (!span_eq(buf_span(&b), span_of(cases[i].out)))
				fail_msg("case %zu step %zu: %.*s", i, step,
				    SPAN_ARG(buf_span(&b)));
		}
	buf_free(&b);
}

/* What is too long is consumed, literals and all, and the next is read. */
static void
test_limits(void **state)
{
	struct buf in = { .max = 1 << 20 };
	struct imap_reader r = { .minus = 1 };
	struct span s;
	const char *why;
	int i;

	(void)state;
	for (i = 0; i < 70000; i++)
		buf_addc(&in, i == 0 ? 'a' : i == 1 ? ' ' : '(');
	buf_adds(&in, " {9+}\r\nx NOOP\r\n9 {1}\r\n");	/* never sent */
	for (i = 0; i < 65534; i++)
		buf_addc(&in, 'b');
	buf_adds(&in, "\r\n");
	for (i = 0; i < 65535; i++)
		buf_addc(&in, 'c');
	buf_adds(&in, "\r\n");
	buf_adds(&in, "d X {4097+}\r\n");
	for (i = 0; i < 4097; i++)
		buf_addc(&in, '\n');
	buf_adds(&in, "\r\n");
	buf_add(&in, "e N\0OP\r\n", 8);
	buf_add(&in, "f N\0OP {3}\r\n", 12);
	buf_adds(&in, "g NOOP\r\n");
	s = buf_span(&in);
	assert_int_equal(imap_read(&r, &s, &why), IMAP_READ_BAD);
	assert_string_equal(why, "command line too long");
	assert_true(span_starts(buf_span(&r.text), SPAN("a (")));
	assert_int_equal(imap_read(&r, &s, &why), IMAP_READ_COMMAND);
	assert_int_equal(r.text.n, 65534);
	assert_int_equal(imap_read(&r, &s, &why), IMAP_READ_BAD);
	assert_int_equal(imap_read(&r, &s, &why), IMAP_READ_BAD);
	assert_true(span_starts(buf_span(&r.text), SPAN("d ")));
	assert_int_equal(imap_read(&r, &s, &why), IMAP_READ_BAD);
	assert_true(span_starts(buf_span(&r.text), SPAN("e ")));
	assert_int_equal(imap_read(&r, &s, &why), IMAP_READ_BAD);
	assert_string_equal(why, "NUL in a command (RFC 9051 9)");
	assert_int_equal(imap_read(&r, &s, &why), IMAP_READ_COMMAND);
	assert_true(span_eq(buf_span(&r.text), SPAN("g NOOP")));
	assert_int_equal(imap_read(&r, &s, &why), IMAP_READ_MORE);
	r.line_only = 1;
	s = SPAN("DONE {3}\r\n");
	assert_int_equal(imap_read(&r, &s, &why), IMAP_READ_COMMAND);
	assert_true(span_eq(buf_span(&r.text), SPAN("DONE {3}")));
	imap_reader_free(&r);
	buf_free(&in);
}

/* Literals together have a ceiling, too. */
static void
test_literals(void **state)
{
	struct buf in = { .max = 1 << 20 };
	struct imap_reader r = { 0 };
	struct span s;
	const char *why;
	int i, j;

	(void)state;
	buf_adds(&in, "a X");
	for (i = 0; i < 9; i++) {
		buf_adds(&in, " {8192+}\r\n");
		for (j = 0; j < 8192; j++)
			buf_addc(&in, 'x');
	}
	buf_adds(&in, "\r\nb NOOP\r\n");
	s = buf_span(&in);
	assert_int_equal(imap_read(&r, &s, &why), IMAP_READ_BAD);
	assert_string_equal(why, "literal too long");
	assert_true(r.text.n < IMAP_TEXT);
	assert_int_equal(imap_read(&r, &s, &why), IMAP_READ_COMMAND);
	assert_true(span_eq(buf_span(&r.text), SPAN("b NOOP")));
	imap_reader_free(&r);
	buf_free(&in);
}

/* Messages have none. */
static void
test_messages(void **state)
{
	struct imap_reader r = { 0 };
	struct span s = SPAN("a APPEND x {3+}\r\n");
	const char *why;
	int i;

	(void)state;
	assert_int_equal(imap_read(&r, &s, &why), IMAP_READ_MESSAGE);
	for (i = 0; i < 9999; i++) {
		imap_reader_message(&r);
		s = SPAN(" (\\Seen) \"17-Jul-1996 02:44:25 -0700\" {3+}\r\n");
		assert_int_equal(imap_read(&r, &s, &why), IMAP_READ_MESSAGE);
		assert_true(r.text.n < 200);
	}
	imap_reader_message(&r);
	s = SPAN("\r\n");
	assert_int_equal(imap_read(&r, &s, &why), IMAP_READ_COMMAND);
	imap_reader_free(&r);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cases), cmocka_unit_test(test_limits),
		cmocka_unit_test(test_literals), cmocka_unit_test(test_messages)
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
