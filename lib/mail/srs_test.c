#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include "base/ascii.h"
#include "mail/srs.h"

enum { DAY = 86400, NOW = 1795300000 };

static const struct span key = { (const unsigned char *)"new key\nold\n", 12 };

static struct span
local_of(const struct buf *b)
{
	return span_sub(buf_span(b), 0, span_rfind(buf_span(b), '@'));
}

static void
round_trips(void **state)
{
	static const struct {
		const char *sender, *out;	/* NULL: stays */
	} row[] = {
		{ "a@sender.test", "SRS0=" },
		{ "A.b+c=d@Sender.Test", "SRS0=" },
		{ "SRS0=x=y=z.test=u@fwd.test", "SRS1=" },
		{ "SRS0+x=y=z.test=u@fwd.test", "SRS1=" },
		{ "", NULL }, { "a", NULL }, { "\"a b\"@c.test", NULL },
		{ "@c.test", NULL }, { "a@[192.0.2.1]", NULL },
		{ "SRS1=x@fwd.test", NULL },
		{ "a-very-long-local-part-that-leaves@no-room-at-all.test",
		    NULL },
	};
	struct buf b = { .max = 512 }, back = { .max = 512 };
	size_t i, k;
	int r;

	(void)state;
	for (i = 0; i < sizeof row / sizeof *row; i++) {
		buf_reset(&b);
		buf_reset(&back);
		r = srs_forward(key, span_of(row[i].sender), SPAN("us.test"),
		    NOW, &b);
		if (r != (row[i].out != NULL))
			fail_msg("row %zu: %d %.*s", i, r, (int)b.n,
			    (const char *)b.p);
		if (r == 0)
			continue;
		assert_true(span_starts(buf_span(&b), span_of(row[i].out)));
		assert_true(span_ends(buf_span(&b), SPAN("@us.test")));
		/* on its way some turn it into lower case */
		for (k = 0; k < b.n && i % 2 == 0; k++)
			b.p[k] = ascii_lower(b.p[k]);
		assert_int_equal(srs_reverse(key, local_of(&b),
		    NOW + SRS_DAYS * DAY - DAY, &back), 1);
		if (!span_case_eq(buf_span(&back), span_of(row[i].sender)))
			fail_msg("row %zu: back %.*s", i, (int)back.n,
			    (const char *)back.p);
	}
	buf_free(&b);
	buf_free(&back);
}

/* A third forwarder writes us out of the middle, and it still comes back. */
static void
three_forwarders(void **state)
{
	struct buf one = { .max = 512 }, two = { .max = 512 };
	struct buf three = { .max = 512 }, back = { .max = 512 };

	(void)state;
	assert_int_equal(srs_forward(SPAN("k1"), SPAN("a@s.test"),
	    SPAN("one.test"), NOW, &one), 1);
	assert_int_equal(srs_forward(SPAN("k2"), buf_span(&one),
	    SPAN("two.test"), NOW, &two), 1);
	assert_int_equal(srs_forward(SPAN("k3"), buf_span(&two),
	    SPAN("three.test"), NOW, &three), 1);
	assert_int_equal(srs_reverse(SPAN("k3"), local_of(&three), NOW,
	    &back), 1);
	assert_true(span_eq(buf_span(&back), buf_span(&one)));
	buf_free(&one);
	buf_free(&two);
	buf_free(&three);
	buf_free(&back);
}

static void
forged(void **state)
{
	struct buf b = { .max = 512 }, back = { .max = 512 };
	size_t i;
	unsigned char was;

	(void)state;
	assert_int_equal(srs_forward(SPAN("old"), SPAN("a@s.test"),
	    SPAN("us.test"), NOW, &b), 1);
	assert_int_equal(srs_reverse(key, local_of(&b), NOW, &back), 1);
	assert_int_equal(srs_reverse(SPAN("other"), local_of(&b), NOW,
	    &back), 0);
	assert_int_equal(srs_reverse(SPAN(""), local_of(&b), NOW, &back), 0);
	assert_int_equal(srs_reverse(key, local_of(&b),
	    NOW + (SRS_DAYS + 2) * DAY, &back), 0);
	for (i = 0; i < local_of(&b).n; i++) {
		was = b.p[i];
		b.p[i] = was == 'x' ? 'y' : 'x';
		if (srs_reverse(key, local_of(&b), NOW, &back) != 0)
			fail_msg("byte %zu", i);
		b.p[i] = was;
		assert_int_equal(srs_reverse(key, span_sub(local_of(&b), 0,
		    i), NOW, &back), 0);
	}
	buf_free(&b);
	buf_free(&back);
}

int
main(void)
{
	const struct CMUnitTest test[] = {
		cmocka_unit_test(round_trips),
		cmocka_unit_test(three_forwarders),
		cmocka_unit_test(forged)
	};

	return cmocka_run_group_tests(test, NULL, NULL);
}
