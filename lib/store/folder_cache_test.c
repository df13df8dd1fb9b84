#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include "store/folder_cache.h"

enum { MANY = 15000 };

static struct span
text_of(uint32_t uid, unsigned kind, unsigned turn, char out[64])
{
	snprintf(out, 64, "%u of %u, turn %u", kind, uid, turn);
	return span_of(out);
}

/* What was not written yet is found whatever the order, and the last of two
 * for the same.  Tens of thousands: a search through all of them for each
 * would not end in time. */
static void
test_pending(void **state)
{
	static const uint32_t step[] = { 1, 4096, 0xfffffff3 };
	struct folder_cache c = { .uidvalidity = 7,
	    .blobs.max = CACHE_PENDING };
	struct span blob;
	uint32_t i, uid, k;
	unsigned turn;
	char text[64];

	(void)state;
	for (k = 0; k < 3; k++) {
		assert_false(folder_cache_find(&c, 1, 1, &blob));
		for (turn = 0; turn < 2; turn++)
			for (i = 1; i <= MANY; i++) {
				uid = i * step[k];
				assert_int_equal(folder_cache_add(&c, uid,
				    i % 3, text_of(uid, i % 3, turn, text)), 0);
				assert_int_equal(folder_cache_add(&c, uid, 17,
				    text_of(uid, 17, turn, text)), 0);
			}
		for (i = 1; i <= MANY; i++) {
			uid = i * step[k];
			assert_true(folder_cache_find(&c, uid, i % 3, &blob));
			assert_true(span_eq(blob, text_of(uid, i % 3, 1,
			    text)));
			assert_true(folder_cache_find(&c, uid, 17, &blob));
			assert_true(span_eq(blob, text_of(uid, 17, 1, text)));
			assert_false(folder_cache_find(&c, uid, 9, &blob));
		}
		folder_cache_close(&c);
		c = (struct folder_cache){ .uidvalidity = 7,
		    .blobs.max = CACHE_PENDING };
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pending)
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
