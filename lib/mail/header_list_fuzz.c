/* Each address is a part of the input, behind the one before it. */
#include <stdlib.h>
#include "mail/header_list.h"

int LLVMFuzzerTestOneInput(const unsigned char *, size_t);

int
LLVMFuzzerTestOneInput(const unsigned char *p, size_t n)
{
	struct span in = span_mem(p, n), a;
	const unsigned char *at = p;

	while (header_list_next(&in, &a)) {
		if (a.p < at || a.n == 0 || a.p + a.n > p + n)
			abort();
		at = a.p + a.n;
	}
	if (in.n)
		abort();
	return 0;
}
