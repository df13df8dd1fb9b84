/* A header that was got is the same whatever stands behind it. */
#include <stdint.h>
#include <stdlib.h>

#include "wire/proxy.h"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct proxy_header a, b;
	const char *why;

	if (proxy_parse(span_mem(p, n), &a, &why) == 1 && (a.n > n ||
	    proxy_parse(span_mem(p, a.n), &b, &why) != 1 ||
	    memcmp(&a, &b, sizeof a) != 0))
		abort();
	return 0;
}
