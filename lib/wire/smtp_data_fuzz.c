/* smtp_data: as a slow reading says, however the input is cut. */
#include "wire/smtp_data_slow.h"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct slow slow;
	struct span in = n ? span_mem(p + 1, n - 1) : SPAN("");

	slow_read(in, &slow);
	if (!slow_same(in, &slow, in.n + 1) ||
	    (n && !slow_same(in, &slow, 1 + p[0] % 17)))
		abort();
	buf_free(&slow.text);
	return 0;
}
