/* folder_name_test - file names, log lines and other servers' lists. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "store/folder_import.h"
#include "store/folder_line.h"
#include "store/folder_name.h"

static void
test_parse(void **state)
{
	static const struct {
		const char *in;
		int r, base;		/* length of the base */
		uint32_t flags;
		int plain;
	} *c, table[] = {
		{ "1.a", 0, 3, 0, 0 },
		{ "1.a:2,", 0, 3, 0, 1 },
		{ "1.a:2,DFPRST", 0, 3, 0x3f, 1 },
		{ "1.a:2,SF", 0, 3, 0x12, 0 },
		{ "1.a:2,SS", 0, 3, 0x10, 0 },
		{ "1.a:2,Saz", 0, 3, 0x80000050, 1 },
		{ "1.a:2,SX", 0, 3, 0x10, 0 },
		{ "1.a:1,S", 0, 3, 0, 0 },
		{ "1.a,S=5:2,S", 0, 7, 0x10, 1 },
		{ "", -1, 0, 0, 0 }, { ".a", -1, 0, 0, 0 },
		{ ":2,S", -1, 0, 0, 0 }, { "a\nb", -1, 0, 0, 0 },
	};
	struct file_name f;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof table / sizeof *table; i++) {
		c = &table[i];
		if (file_name_parse(span_of(c->in), &f) != c->r || (c->r == 0 &&
		    ((int)f.base.n != c->base || f.flags != c->flags ||
		    f.plain != c->plain)))
			fail_msg("%zu: %s: %x", i, c->in, f.flags);
	}
}

static void
test_format(void **state)
{
	static const struct {
		const char *base, *info, *out;
		uint32_t flags;
	} *c, table[] = {
		{ "1.a", "", "1.a:2,", 0 },
		{ "1.a", ":2,T", "1.a:2,FS", 0x12 },
		{ "1.a", ":2,SXx", "1.a:2,DaX", 0x41 },
		{ "1.a", ":1,old", "1.a:2,S", 0x10 },
	};
	char out[FOLDER_FILE];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof table / sizeof *table; i++) {
		c = &table[i];
		file_name_format(out, span_of(c->base), c->flags,
		    span_of(c->info));
		assert_string_equal(out, c->out);
	}
}

static void
test_fields(void **state)
{
	static const struct {
		const char *base;
		int has;
		uint64_t s, w, time;
		int ours;
	} *c, table[] = {
		{ "17.Q0f2k8r1q3m5xz9ab2c7dR1.h,S=3,W=4", 3, 3, 4, 17, 1 },
		{ "17.Q0f2k8r1q3m5xz9ab2c7dX1.h,W=", 0, 0, 0, 17, 0 },
		{ "17.M1P2.h,S=1,W=9x", 1, 1, 0, 17, 0 },
		{ "x,W=7", 2, 0, 7, 0, 0 },
		{ "x,W=7,E=y,S=8,W=9,S=9", 3, 8, 7, 0, 0 },
		{ "x,,S,W=,=,SS=1,S=18446744073709551616", 0, 0, 0, 0, 0 },
		{ "W=7", 0, 0, 0, 0, 0 }, { "1,S=", 0, 0, 0, 1, 0 },
		{ "1,S=-1", 0, 0, 0, 1, 0 }, { "1,S=1x", 0, 0, 0, 1, 0 },
		{ "", 0, 0, 0, 0, 0 },
	};
	char a[27], b[27];
	uint64_t size, vsize;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof table / sizeof *table; i++) {
		c = &table[i];
		size = vsize = 0;
		if (file_name_sizes(span_of(c->base), &size, &vsize) !=
		    c->has || size != c->s || vsize != c->w ||
		    file_name_time(span_of(c->base)) != c->time ||
		    file_name_ours(span_of(c->base)) != c->ours)
			fail_msg("%zu: %s", i, c->base);
	}
	file_name_id(SPAN("1.a.h,S=3"), a);
	file_name_id(SPAN("1.a.h,S=3,W=4"), b);
	assert_string_equal(a, b);
	file_name_id(SPAN("1.b.h,S=3"), b);
	assert_string_not_equal(a, b);
	file_name_id(SPAN("9.c.h,E=abcdefghij0123456789klmnop,S=3"), b);
	assert_string_equal(b, "abcdefghij0123456789klmnop");
}

static void
test_line(void **state)
{
	static const struct {
		struct line l;
		const char *body;
	} *c, table[] = {
		{ { .kind = LINE_HEAD, .modseq = 3, .uidvalidity = 7,
		    .text = SPAN("id"), .time = 9 }, "correo-uids 1 3 7 id 9" },
		{ { .kind = LINE_MAIL, .uid = 1, .modseq = 2, .flags = 0x10,
		    .time = 5, .text = SPAN("1.a b") },
		    "u 1 2 00000010 5 1.a b" },
		{ { .kind = LINE_EXPUNGED, .uid = 1, .modseq = 2, .time = 5,
		    .text = SPAN("1.a") }, "x 1 2 5 1.a" },
		{ { .kind = LINE_DURABLE, .time = 1, .time2 = 2, .uid = 3 },
		    "= 1 2 3" },
	};
	struct buf b = { .max = 4096 };
	const char *why;
	struct span in;
	struct line l;
	size_t i, at;

	(void)state;
	for (i = 0; i < sizeof table / sizeof *table; i++) {
		c = &table[i];
		buf_reset(&b);
		assert_int_equal(line_format(&b, &c->l), 0);
		in = span_sub(buf_span(&b), 9, b.n - 1);
		if (!span_eq(in, span_of(c->body)))
			fail_msg("%zu: %.*s", i, SPAN_ARG(in));
		in = buf_span(&b);
		assert_int_equal(line_parse(&in, &l, &why), 1);
		assert_int_equal(l.modseq, c->l.modseq);
		assert_true(span_eq(l.text, c->l.text));
		/* any byte changed is noticed */
		for (at = 0; at + 1 < b.n; at++) {
			b.p[at] ^= 1;
			in = buf_span(&b);
			if (line_parse(&in, &l, &why) == 1)
				fail_msg("%zu: byte %zu", i, at);
			b.p[at] ^= 1;
		}
		in = span_sub(buf_span(&b), 0, b.n - 1);
		assert_int_equal(line_parse(&in, &l, &why), 0);
	}
	buf_free(&b);
}

/* One of before it had a third number, of which all counts as seen. */
static void
test_line_durable_of_two(void **state)
{
	struct span in = SPAN("811aa213 = 1 2\n");
	const char *why = "";
	struct line l;

	(void)state;
	if (line_parse(&in, &l, &why) != 1)
		fail_msg("%s", why);
	assert_int_equal(l.time2, 2);
	assert_int_equal(l.uid, UINT32_MAX);
}

static void
test_uidlist_head(void **state)
{
	static const struct {
		const char *in;
		int r;
		uint32_t uidvalidity, uidnext;
	} *c, table[] = {
		{ "3 V12 N5 Gabc\n", 0, 12, 5 },
		{ "3 N5 V12\n", 0, 12, 5 },
		{ "1 12 5\n", 0, 12, 5 },
		{ "2 12 5\n", -1, 0, 0 }, { "3 N5\n", -1, 0, 0 },
		{ "3 V99999999999\n", -1, 0, 0 }, { "", -1, 0, 0 },
		{ "1 0 5\n", -1, 0, 0 },
	};
	struct import_head h;
	const char *why;
	struct span in;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof table / sizeof *table; i++) {
		c = &table[i];
		in = span_of(c->in);
		if (import_uidlist_head(&in, &h, &why) != c->r || (c->r == 0 &&
		    (h.uidvalidity != c->uidvalidity ||
		    h.uidnext != c->uidnext)))
			fail_msg("%zu: %s", i, c->in);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parse), cmocka_unit_test(test_format),
		cmocka_unit_test(test_fields), cmocka_unit_test(test_line),
		cmocka_unit_test(test_line_durable_of_two),
		cmocka_unit_test(test_uidlist_head),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
