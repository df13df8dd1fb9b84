/* Every target lies in the file, in order; what is not valid has a reason. */
#include <assert.h>
#include <stdlib.h>

#include "mail/forward.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct forward f = { .in = span_mem(p, n) };
	const unsigned char *at = p;
	const char *why = NULL;
	struct target t;
	int r;

	while ((r = forward_next(&f, &t, &why)) == 1) {
		assert(t.text.p >= at && t.text.p + t.text.n <= p + n);
		at = t.text.p + t.text.n;
	}
	assert(r == 0 ? f.in.n == 0 : why != NULL);
	return 0;
}
