/* header: the fields together are the section, whole, and unfold into less. */
#include <stdlib.h>

#include "mail/header.h"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct span in = span_mem(p, n);
	struct header h;
	size_t done = 0;
	int r;

	while ((r = header_next(&in, &h)) == 1) {
		struct buf b = { .max = h.value.n };

		if (h.whole.p != p + done || h.name.n == 0 ||
		    header_unfold(h.value, &b) < 0 ||
		    (b.n && memchr(b.p, '\n', b.n) && !memchr(h.value.p, '\n',
		    h.value.n)))
			abort();
		done += h.whole.n;
		buf_free(&b);
	}
	if (r < 0 ? in.n != n - done : in.n + 2 < n - done)
		abort();
	return 0;
}
