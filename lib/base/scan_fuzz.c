/* scan: a number that is read, written and read again is the same. */
#include <stdlib.h>

#include "base/buf.h"
#include "base/scan.h"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct span in = span_mem(p, n);
	struct buf b = { .max = 32 };
	uint64_t v, w;

	if (scan_u64(in, UINT64_MAX, &v) == 0) {
		buf_addu(&b, v);
		if (scan_u64(buf_span(&b), v, &w) < 0 || v != w ||
		    scan_size(in, v, &w) < 0 || v != w ||
		    (v && scan_u64(in, v - 1, &w) == 0))
			abort();
	}
	(void)scan_duration(in, 1000, &w);
	(void)scan_hex64(in, &w);
	buf_free(&b);
	return 0;
}
