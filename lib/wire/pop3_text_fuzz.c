/* pop3_text: as a slow reading says, however input and output are cut. */
#include <stdlib.h>

#include "wire/pop3_text_slow.h"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct buf a = { .max = 3 * n + 8 }, b = { .max = 3 * n + 8 };
	struct span in = n > 3 ? span_mem(p + 3, n - 3) : SPAN("");
	int top = n > 3 ? (int)p[0] % 5 - 1 : -1;

	slow_text(&a, in, top);
	text_in_pieces(&b, in, top, n > 3 ? 1 + p[1] % 19u : 1,
	    n > 3 ? 4 + p[2] % 19u : 4);
	if (!span_eq(buf_span(&a), buf_span(&b)))
		abort();
	buf_free(&a);
	buf_free(&b);
	return 0;
}
