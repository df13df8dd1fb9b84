/* mime: trees, offsets and sizes, at both line ends, and what is too much. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <stdlib.h>
#include <cmocka.h>

#include "mail/mime.h"
#include "mail/mime_wire.h"

/*
 * out: of each part depth, type/subtype, its body with | for a line end, its
 * octets with CRLF and its lines.
 */
static const struct {
	const char *in, *out;
} cases[] = {
	{ "", "0 text/plain [] 0,0;" },
	{ "A: b\n\nx\ny", "0 text/plain [x|y] 4,1;" },
	{ "A: b\n", "0 text/plain [] 0,0;" },
	{ "no header\nx\n", "0 text/plain [no header|x|] 14,2;" },
	{ "From a b\nA: b\n\nx\n", "0 text/plain [x|] 3,1;" },
	{ "Content-Type: TEXT/html; charset=x\n\nx\n",
	    "0 TEXT/html [x|] 3,1;" },
	{ "Content-Type: text\n\nx\n", "0 text/plain [x|] 3,1;" },
	{ "Content-Type: (c) a/(d)b(e); x\n\nx\n", "0 a/b [x|] 3,1;" },
	{ "Content-Type: multipart/mixed; boundary=b\n\npre\n--b\n\none\n"
	    "--b \t\nA: b\n\ntwo\n\n--b--\npost\n",
	    "0 multipart/mixed [pre|--b||one|--b \t|A: b||two||--b--|post|] "
	    "52,11;1 text/plain [one] 3,0;1 text/plain [two|] 5,1;" },
	{ "Content-Type: multipart/mixed; boundary=\"b c\"\n\n--b c\n--b c\n\n"
	    "--b c--", "0 multipart/mixed [--b c|--b c||--b c--] 23,3;"
	    "1 text/plain [] 0,0;1 text/plain [] 0,0;" },
	/* not a delimiter: more behind it, inside a line, another */
	{ "Content-Type: multipart/mixed; boundary=b\n\n--b\n\nx\n--bb\n --b\n"
	    "--b-\n-b\n--B\n",
	    "0 multipart/mixed [--b||x|--bb| --b|--b-|-b|--B|] 37,8;"
	    "1 text/plain [x|--bb| --b|--b-|-b|--B|] 30,6;" },
	/* an outer delimiter ends the inner parts */
	{ "Content-Type: multipart/a; boundary=o\n\n--o\n"
	    "Content-Type: multipart/b; boundary=i\n\n--i\n\nx\n--o\n\ny\n"
	    "--i\nz\n--o--\n",
	    "0 multipart/a [--o|Content-Type: multipart/b; boundary=i||--i||x|"
	    "--o||y|--i|z|--o--|] 81,12;1 multipart/b [--i||x] 8,2;"
	    "2 text/plain [x] 1,0;1 text/plain [y|--i|z] 9,2;" },
	/* a header without blank line */
	{ "Content-Type: multipart/a; boundary=\"x:y\"\n\n--x:y\nA: b\n"
	    "--x:y\nC: d\n\ne\n--x:y--\n",
	    "0 multipart/a [--x:y|A: b|--x:y|C: d||e|--x:y--|] 40,7;"
	    "1 text/plain [] 0,0;1 text/plain [e] 1,0;" },
	{ "Content-Type: multipart/digest; boundary=b\n\n--b\n\nSubject: s\n\n"
	    "t\n--b--\n",
	    "0 multipart/digest [--b||Subject: s||t|--b--|] 31,6;"
	    "1 message/rfc822 [Subject: s||t] 15,2;2 text/plain [t] 1,0;" },
	{ "Content-Type: message/rfc822\n\nContent-Type: message/global\n\n"
	    "Content-Type: a/b\n\nx\n",
	    "0 message/rfc822 [Content-Type: message/global||Content-Type: a/b|"
	    "|x|] 56,5;1 message/global [Content-Type: a/b||x|] 24,3;"
	    "2 a/b [x|] 3,1;" },
	{ "Content-Type: message/partial\n\nx\n",
	    "0 message/partial [x|] 3,1;" },
	/* multiparts that are none */
	{ "Content-Type: multipart/mixed\n\nx\n", "0 text/plain [x|] 3,1;" },
	{ "Content-Type: multipart/mixed; boundary=b\n\nx\n",
	    "0 text/plain [x|] 3,1;" },
	{ "Content-Type: multipart/mixed; boundary=b\n\n--b--\n",
	    "0 text/plain [--b--|] 7,1;" },
	{ "Content-Type: multipart/mixed; boundary*0=\"a\"; boundary*1*=%62\n\n"
	    "--ab\n\nx",
	    "0 multipart/mixed [--ab||x] 9,2;1 text/plain [x] 1,0;" },
};

static void
dump(const struct mime *m, struct buf *b)
{
	uint32_t i;
	size_t j;

	for (i = 0; i < m->n; i++) {
		const struct mime_part *p = &m->part[i];
		struct span body = mime_body(m, p);

		buf_addf(b, "%u %.*s/%.*s [", p->depth, SPAN_ARG(p->type),
		    SPAN_ARG(p->subtype));
		for (j = 0; j < body.n; j++)
			if (body.p[j] == '\n')
				buf_addc(b, '|');
			else if (body.p[j] != '\r')
				buf_addc(b, body.p[j]);
		buf_addf(b, "] %u,%u;", (unsigned)mime_octets(&p->body,
		    &p->end), (unsigned)mime_lines(&p->body, &p->end));
	}
}

static void
test_trees(void **state)
{
	struct buf b = { .max = 10000 }, crlf = { .max = 10000 };
	struct mime m = { 0 };
	size_t i, j;

	(void)state;
	for (i = 0; i < sizeof cases / sizeof *cases; i++) {
		buf_reset(&b);
		buf_reset(&crlf);
		assert_int_equal(mime_parse(&m, span_of(cases[i].in)), 0);
		dump(&m, &b);
		if (!span_eq(buf_span(&b), span_of(cases[i].out)))
			fail_msg("case %zu: %.*s", i, SPAN_ARG(buf_span(&b)));
		for (j = 0; cases[i].in[j]; j++) {
			if (cases[i].in[j] == '\n')
				buf_addc(&crlf, '\r');
			buf_addc(&crlf, (unsigned char)cases[i].in[j]);
		}
		buf_reset(&b);
		assert_int_equal(mime_parse(&m, buf_span(&crlf)), 0);
		dump(&m, &b);
		if (!span_eq(buf_span(&b), span_of(cases[i].out)))
			fail_msg("case %zu crlf: %.*s", i,
			    SPAN_ARG(buf_span(&b)));
	}
	mime_free(&m);
	buf_free(&b);
	buf_free(&crlf);
}

static void
test_fields(void **state)
{
	struct mime m = { 0 };
	struct span v;

	(void)state;
	assert_int_equal(mime_parse(&m, SPAN("subject: a\n b\nX: y\n"
	    "Subject: c\nContent-Type: message/rfc822\n\n"
	    "From : d\nMessage-ID:\n\n")), 0);
	assert_int_equal(m.n, 2);
	assert_true(mime_value(&m, &m.part[0], MIME_SUBJECT, &v));
	assert_true(span_eq(v, SPAN(" a\n b")));
	assert_false(mime_value(&m, &m.part[0], MIME_FROM, &v));
	assert_true(mime_value(&m, &m.part[1], MIME_FROM, &v));
	assert_true(span_eq(v, SPAN(" d")));
	assert_true(mime_value(&m, &m.part[1], MIME_MESSAGE_ID, &v));
	assert_int_equal(v.n, 0);
	assert_int_equal(m.ntable, 5);
	mime_free(&m);
}

static void
repeat(struct buf *b, const char *s, size_t n)
{
	while (n-- > 0)
		buf_adds(b, s);
}

/* Deeper than MIME_DEPTH, more than MIME_PARTS, more than MIME_FIELDS. */
static void
test_limits(void **state)
{
	struct buf b = { .max = 64 << 20 };
	struct mime m = { 0 };
	struct span v;

	(void)state;
	repeat(&b, "Content-Type: message/rfc822\n\n", 100000);
	assert_int_equal(mime_parse(&m, buf_span(&b)), 0);
	assert_int_equal(m.n, MIME_DEPTH);
	assert_int_equal(m.part[m.n - 1].kind, MIME_LEAF);
	assert_true(span_eq(m.part[m.n - 1].type, SPAN("text")));
	buf_reset(&b);
	buf_adds(&b, "Content-Type: multipart/x; boundary=b\n\n");
	repeat(&b, "--b\n\nx\n", 1000000);
	assert_int_equal(mime_parse(&m, buf_span(&b)), 0);
	assert_int_equal(m.n, MIME_PARTS);
	assert_int_equal(m.part[m.n - 1].end.at, b.n);
	buf_reset(&b);
	repeat(&b, "A: b\n", MIME_FIELDS - 1);
	buf_adds(&b, "Subject: seen\nTo: not seen\n\nx\n");
	assert_int_equal(mime_parse(&m, buf_span(&b)), 0);
	assert_true(mime_value(&m, &m.part[0], MIME_SUBJECT, &v));
	assert_false(mime_value(&m, &m.part[0], MIME_TO, &v));
	assert_true(span_eq(mime_body(&m, &m.part[0]), SPAN("x\n")));
	mime_free(&m);
	buf_free(&b);
}

/* Ten times the input is at most twelve times the work. */
static const struct {
	const char *head, *part;
} costs[] = {
	{ "", "Subject: x\n" }, { "\n", "line\n" }, { "\n", "\n" },
	{ "", "Content-Type: message/rfc822\n\n" },
	{ "Content-Type: multipart/a; boundary=b\n\n", "--b\n" },
	{ "Content-Type: multipart/a; boundary=b\n\n", "--b\nA: b\n\n" },
	{ "Content-Type: multipart/a; boundary=b\n\n", "--\n" },
	{ "Content-Type: multipart/a; boundary=b\n\n", "--bb\n" },
	{ "Content-Type: multipart/a; boundary=b\n\n--b\n",
	    "Content-Type: multipart/a; boundary=b\n\n--b\n" },
	{ "Content-Type: multipart/a; boundary=b\n\n--b\n",
	    "Content-Type: multipart/a; boundary=c\n\n--c\n--b\n" },
	{ "Content-Type: a/b", "; x*0=y" }, { "Content-Type: a/b", "(" },
	{ "Content-Type: multipart/a; boundary=", "b" },
};

static void
test_linear(void **state)
{
	struct buf b = { .max = 64 << 20 };
	struct mime m = { 0 };
	uint64_t steps[2];
	size_t i, k;

	(void)state;
	for (i = 0; i < sizeof costs / sizeof *costs; i++) {
		for (k = 0; k < 2; k++) {
			buf_reset(&b);
			buf_adds(&b, costs[i].head);
			repeat(&b, costs[i].part, k ? 200000 : 20000);
			assert_int_equal(mime_parse(&m, buf_span(&b)), 0);
			steps[k] = m.steps;
		}
		if (steps[1] > 12 * steps[0] || steps[1] > 200 * b.n)
			fail_msg("cost case %zu: %llu %llu steps", i,
			    (unsigned long long)steps[0],
			    (unsigned long long)steps[1]);
	}
	mime_free(&m);
	buf_free(&b);
}

static void
test_wire(void **state)
{
	static const struct {
		const char *in, *out;
	} v[] = {
		{ "", "" }, { "a", "a" }, { "\n", "\r\n" },
		{ "\r\n", "\r\n" }, { "a\nb\r\n\nc\r", "a\r\nb\r\n\r\nc\r" },
		{ "\r\r\n\n\n", "\r\r\n\r\n\r\n" },
	};
	unsigned char out[64];
	struct mime_wire w;
	size_t i, n, step;
	uint64_t offset, want;

	(void)state;
	for (i = 0; i < sizeof v / sizeof *v; i++)
		for (offset = 0; offset < 14; offset++)
			for (want = 1; want < 14; want++) {
				struct span all = span_of(v[i].out);

				mime_wire_start(&w, span_of(v[i].in), offset,
				    want);
				step = 1 + (size_t)(want + offset) % 3;
				for (n = 0; mime_wire_read(&w, out + n,
				    step); n = (size_t)want - w.left)
					;
				n = (size_t)(want - w.left);
				if (!span_eq(span_mem(out, n), span_sub(all,
				    offset, offset + want)) ||
				    mime_wire_size(span_of(v[i].in)) != all.n)
					fail_msg("wire case %zu %u %u", i,
					    (unsigned)offset, (unsigned)want);
			}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_trees), cmocka_unit_test(test_fields),
		cmocka_unit_test(test_limits), cmocka_unit_test(test_linear),
		cmocka_unit_test(test_wire)
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
