/* encode: base64 there and back, in both orders; a log value is one word. */
#include <stdlib.h>

#include "base/encode.h"
#include "base/utf8.h"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct buf a = { .max = 4 * n + 4 }, b = { .max = 4 * n + 4 };
	struct span in = span_mem(p, n);

	if (encode_base64(&a, in) < 0 || decode_base64(&b, buf_span(&a)) < 0 ||
	    !span_eq(buf_span(&b), in))
		abort();
	buf_reset(&a);
	buf_reset(&b);
	if (decode_base64(&a, in) == 0 &&
	    (encode_base64(&b, buf_span(&a)) < 0 ||
	    !span_eq(buf_span(&b), in)))
		abort();
	buf_reset(&a);
	if (encode_log(&a, in, 0) < 0 || !utf8_valid(buf_span(&a)) ||
	    span_find(buf_span(&a), ' ') < a.n)
		abort();
	buf_free(&a);
	buf_free(&b);
	return 0;
}
