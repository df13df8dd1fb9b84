/* Where no byte above 127 was, or convert_can says so, none is; and nothing is
 * slow. */
#include <stdint.h>
#include <stdlib.h>

#include "base/buf.h"
#include "mail/convert.h"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static int
put(void *arg, struct span s)
{
	return buf_addspan(arg, s);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct buf b = { .max = 64 << 20 };
	const char *why;
	size_t i, k = 0;

	if (convert_to7(span_mem(p, n), put, &b) == 0)
		for (i = 0; i < n && k == 0; i++)
			k = p[i] & 0x80;
	if (convert_can(span_mem(p, n), &why) == 1)
		k = 0;
	for (i = 0; k == 0 && i < b.n; i++)
		if (b.p[i] & 0x80)
			abort();
	buf_free(&b);
	return 0;
}
