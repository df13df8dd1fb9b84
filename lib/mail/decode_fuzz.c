/* decode: what comes out does not depend on how the input is cut. */
#include <stdlib.h>

#include "mail/decode.h"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct decode d = { .kind = n ? p[0] % 3 : 0 }, e = d;
	struct buf a = { .max = 3 * n + 9 }, b = { .max = 3 * n + 9 };
	size_t i, step = n % 5 + 1;

	decode_add(&d, span_mem(p, n), &a);
	for (i = 0; i < n; i += step)
		decode_add(&e, span_sub(span_mem(p, n), i, i + step), &b);
	if (decode_end(&d, &a) < 0 || decode_end(&e, &b) < 0 ||
	    !span_eq(buf_span(&a), buf_span(&b)) || d.bad != e.bad)
		abort();
	buf_free(&a);
	buf_free(&b);
	return 0;
}
