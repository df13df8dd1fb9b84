/* order: what parses is written and parses again, the same. */
#include <stdlib.h>

#include "queued/order.h"
#include "wire/record.h"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	static struct order o;
	struct buf one = { .max = 1 << 17 }, two = { .max = 1 << 17 };
	struct span in, fields;
	const char *why;

	if (order_parse(span_mem(p, n), &o, &why) == 0 &&
	    order_add(&one, &o) == 0) {
		in = buf_span(&one);
		if (record_next(&in, RECORD_MAX, &fields, &why) != 1 ||
		    order_parse(fields, &o, &why) < 0 ||
		    order_add(&two, &o) < 0 ||
		    !span_eq(buf_span(&one), buf_span(&two)))
			abort();
	}
	buf_free(&one);
	buf_free(&two);
	return 0;
}
