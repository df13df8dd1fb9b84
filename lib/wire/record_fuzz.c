/* record: cut anywhere, the same records; what is read is written alike. */
#include <stdlib.h>

#include "wire/record.h"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct span in, fields, part, whole = { NULL, 0 };
	struct buf b = { .max = n + 16 };
	const char *why;
	size_t i;
	int r = 0, end;

	in = span_mem(p, n);
	end = record_next(&in, 200, &fields, &why);
	for (i = 0; i < n && i < 256 && r == 0; i++) {
		part = span_mem(p, i);
		r = record_next(&part, 200, &whole, &why);
	}
	if (r && (r != end || (r == 1 && !span_eq(whole, fields))))
		abort();
	if (end == 1 && (record_add(&b, fields) < 0 ||
	    !span_eq(buf_span(&b), span_mem(p, n - in.n))))
		abort();
	buf_free(&b);
	return 0;
}
