/* target: a list is read to its end or refused, each target inside of it. */
#include <stdlib.h>

#include "mail/target.h"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct span in = span_mem(p, n), before = in;
	struct buf b = { .max = n };
	struct target t;
	const char *why = NULL;
	int r;

	while ((r = target_next(&in, &t, &why)) == 1) {
		if (in.n >= before.n || t.text.n == 0 || t.text.p < before.p ||
		    t.text.p + t.text.n > in.p || target_text(&t, &b) < 0)
			abort();
		before = in;
	}
	buf_free(&b);
	return r < 0 ? (why ? 0 : (abort(), 0)) : in.n ? (abort(), 0) : 0;
}
