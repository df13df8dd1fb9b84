/* fold: valid UTF-8, and folded again it is the same. */
#include <stdlib.h>

#include "base/utf8.h"
#include "mail/fold.h"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct buf a = { .max = 12 * n + 9 }, b = { .max = 200 * n + 99 };

	if (fold_utf8(span_mem(p, n), &a) < 0 || !utf8_valid(buf_span(&a)) ||
	    fold_utf8(buf_span(&a), &b) < 0 ||
	    (n < FOLD_RUN / 4 && !span_eq(buf_span(&a), buf_span(&b))))
		abort();
	buf_reset(&a);
	if (fold_sort(span_mem(p, n), &a) < 0 || !utf8_valid(buf_span(&a)))
		abort();
	buf_reset(&a);
	buf_reset(&b);
	if (fold_nfc(span_mem(p, n), &a) < 0 || a.n > 3 * n ||
	    fold_nfc(buf_span(&a), &b) < 0 ||
	    (n < FOLD_RUN / 4 && !span_eq(buf_span(&a), buf_span(&b))))
		abort();
	buf_free(&a);
	buf_free(&b);
	return 0;
}
