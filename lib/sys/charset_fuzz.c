/* charset: a line names one; text of it becomes valid UTF-8, at most so long,
 * twice the same. */
#include <stdlib.h>

#include "base/utf8.h"
#include "sys/charset.h"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct charset_cache *c = charset_new();
	struct charset cs = charset_of(c);
	struct buf a = { .max = 16 * n + 64 }, b = a;
	struct span in = span_mem(p, n), name;

	(void)span_cut(&in, '\n', &name);
	if (charset_known(c, name)) {
		if (cs.utf8(c, name, in, &a) < 0 || !utf8_valid(buf_span(&a)) ||
		    (charset_is_utf8(name, in) && !span_eq(in, buf_span(&a))) ||
		    cs.utf8(c, name, in, &b) < 0 ||
		    !span_eq(buf_span(&a), buf_span(&b)))
			abort();
	} else if (cs.utf8(c, name, in, &a) == 0)
		abort();
	buf_free(&a);
	buf_free(&b);
	charset_free(c);
	return 0;
}
