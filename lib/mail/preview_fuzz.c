/* preview: valid UTF-8 of at most so many bytes, which as plain text is itself
 * (when it is no quote, nor for PGP). */
#include <stdlib.h>

#include "base/utf8.h"
#include "mail/preview.h"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct buf a = { .max = PREVIEW_BYTES }, b = a;
	struct span in = span_mem(p, n);

	if ((n % 2 ? preview_plain(in, &a) : preview_html(in, &a)) < 0 ||
	    !utf8_valid(buf_span(&a)) || preview_plain(buf_span(&a), &b) < 0)
		abort();
	if (!span_eq(buf_span(&a), buf_span(&b)) &&
	    !span_starts(buf_span(&a), SPAN(">")) &&
	    !span_starts(buf_span(&a), SPAN("-----BEGIN PGP ")))
		abort();
	buf_free(&a);
	buf_free(&b);
	return 0;
}
