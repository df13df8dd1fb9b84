/* What was composed needs nothing more: composed again it is the same. */
#include <stdlib.h>
#include "admin/compose.h"
#include "admin/crlf.h"

int LLVMFuzzerTestOneInput(const unsigned char *, size_t);

int
LLVMFuzzerTestOneInput(const unsigned char *p, size_t n)
{
	const struct compose c = { "h.test", "id", 0, "u@h.test", "N", 1,
	    "node" };
	struct buf in = { .max = 1 << 20 }, a = { .max = 1 << 22 }, b = a, r = a;
	struct crlf crlf = { .dot_ends = 0 };
	const char *why;
	size_t used, again;

	crlf_add(&crlf, &in, span_mem(p, n));
	crlf_end(&crlf, &in);
	if (compose_header(buf_span(&in), &c, &a, &r, &used, &why) == 0 &&
	    (compose_header(buf_span(&a), &c, &b, &r, &again, &why) < 0 ||
	    again != a.n || !span_eq(buf_span(&a), buf_span(&b))))
		abort();
	buf_free(&in);
	buf_free(&a);
	buf_free(&b);
	buf_free(&r);
	return 0;
}
