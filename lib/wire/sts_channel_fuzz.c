/* What is taken can be said again, and is the same. */
#include <stdint.h>
#include <stdlib.h>

#include "wire/record.h"
#include "wire/sts_channel.h"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	static struct sts_answer a;
	struct sts_request q, r;
	struct buf b = { .max = 2 * RECORD_MAX };
	struct span in, fields;
	const char *why;

	(void)sts_answer_parse(span_mem(p, n), &a, &why);
	if (sts_request_parse(span_mem(p, n), &q, &why) == 0) {
		if (sts_request_add(&b, &q) < 0)
			abort();
		in = buf_span(&b);
		if (record_next(&in, RECORD_MAX, &fields, &why) != 1 ||
		    sts_request_parse(fields, &r, &why) < 0 ||
		    r.counts != q.counts || !span_eq(r.domain, q.domain) ||
		    !span_eq(r.count.ip, q.count.ip))
			abort();
	}
	buf_free(&b);
	return 0;
}
