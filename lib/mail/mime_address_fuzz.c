/* mime_address: it ends, groups pair up, and nothing grows. */
#include <stdlib.h>

#include "mail/mime_address.h"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct mime_address a = { 0 };
	struct span in = span_mem(p, n);
	size_t left = n + 1, open = 0;
	int r;

	while ((r = mime_address_next(&in, &a)) == 1) {
		if (a.kind == MIME_GROUP_END ? open-- == 0 :
		    in.n >= left || (a.kind == MIME_GROUP && open++))
			abort();
		left = in.n;
	}
	if (r < 0 || open)
		abort();
	mime_address_free(&a);
	return 0;
}
