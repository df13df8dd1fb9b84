/* What has been prepared is UTF-8, and its own prepared form. */
#include <stdint.h>
#include <stdlib.h>

#include "base/utf8.h"
#include "wire/saslprep.h"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct buf a = { .max = 1 << 16 }, b = { .max = 1 << 16 };
	const char *why;

	if (saslprep(span_mem(p, n), &a, &why) == 0 &&
	    (!utf8_valid(buf_span(&a)) ||
	    saslprep(buf_span(&a), &b, &why) < 0 ||
	    !span_eq(buf_span(&a), buf_span(&b))))
		abort();
	buf_free(&a);
	buf_free(&b);
	return 0;
}
