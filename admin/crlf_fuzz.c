/* First byte: where the rest is cut.  In one piece or two it is the same, and
 * every CR stands before an LF. */
#include <stdlib.h>
#include "admin/crlf.h"

int LLVMFuzzerTestOneInput(const unsigned char *, size_t);

int
LLVMFuzzerTestOneInput(const unsigned char *p, size_t n)
{
	struct buf a = { .max = 1 << 20 }, b = { .max = 1 << 20 };
	struct span in = span_from(span_mem(p, n), 1);
	size_t i, at = n ? p[0] : 0;
	struct crlf one = { .dot_ends = at & 1 }, two = one;

	crlf_add(&one, &a, in);
	crlf_add(&two, &b, span_sub(in, 0, at));
	crlf_add(&two, &b, span_from(in, at));
	crlf_end(&one, &a);
	crlf_end(&two, &b);
	if (!span_eq(buf_span(&a), buf_span(&b)) || one.ended != two.ended)
		abort();
	for (i = 0; i < a.n; i++)
		if (a.p[i] == '\0' || (a.p[i] == '\r') != (i + 1 < a.n &&
		    a.p[i + 1] == '\n'))
			abort();
	buf_free(&a);
	buf_free(&b);
	return 0;
}
