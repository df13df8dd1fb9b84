/* imap_set: the normal form is read back as itself, and holds its members. */
#include <stdlib.h>

#include "wire/imap_set.h"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct imap_set a = { 0 }, b = { 0 };
	struct buf s = { .max = 24 * n + 24 }, t = { .max = 24 * n + 24 };
	const char *why;
	uint32_t v = 0, i;

	if (imap_set_parse(&a, span_mem(p, n), &why) == 0 && !a.saved) {
		imap_set_resolve(&a, 1 + (uint32_t)n);
		imap_set_format(&a, &s);
		if (imap_set_parse(&b, buf_span(&s), &why) < 0)
			abort();
		imap_set_resolve(&b, 0);
		imap_set_format(&b, &t);
		for (i = 0; i < 100 && imap_set_next(&a, v, &v); i++)
			if (!imap_set_has(&b, v))
				abort();
		if (!span_eq(buf_span(&s), buf_span(&t)) ||
		    imap_set_count(&a) != imap_set_count(&b))
			abort();
	}
	imap_set_free(&a);
	imap_set_free(&b);
	buf_free(&s);
	buf_free(&t);
	return 0;
}
