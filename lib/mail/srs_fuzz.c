/* What is rewritten fits a local part, and comes back as it was. */
#include <stdint.h>
#include <stdlib.h>

#include "mail/address.h"
#include "mail/srs.h"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct buf b = { .max = 4096 }, back = { .max = 4096 };
	struct span in = span_mem(p, n), local;

	(void)srs_reverse(SPAN("k"), in, 0, &back);
	buf_reset(&back);
	if (srs_forward(SPAN("k"), in, SPAN("us.test"), 0, &b) == 1) {
		local = span_sub(buf_span(&b), 0, span_rfind(buf_span(&b),
		    '@'));
		if (local.n > ADDRESS_LOCAL || !srs_is(local) ||
		    srs_reverse(SPAN("k"), local, 0, &back) != 1 ||
		    (n > 4 && p[3] != '1' && !span_case_eq(buf_span(&back),
		    in)))
			abort();
	}
	buf_free(&b);
	buf_free(&back);
	return 0;
}
