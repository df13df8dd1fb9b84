/* param: spans come in order, and text does not grow. */
#include <stdlib.h>

#include "mail/param.h"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct span in = span_mem(p, n), a, b;
	struct buf text = { .max = n };
	const unsigned char *last = p;
	struct param v;

	if (param_find(in, "boundary", &text, &a) < 0)
		abort();
	(void)param_type(&in, &a, &b);
	while (param_next(&in, &v)) {
		buf_reset(&text);
		if (v.name.n == 0 || v.name.p < last ||
		    v.value.p + v.value.n > p + n || param_text(&v, &text) < 0)
			abort();
		last = v.value.p;
	}
	buf_free(&text);
	return 0;
}
