/* outcome: a line that parses is written as a line that says the same. */
#include <stdlib.h>

#include "mail/outcome.h"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct buf one = { .max = 1 << 20 }, two = { .max = 1 << 20 };
	struct span line = span_mem(p, n);
	struct outcome o;
	const char *why;

	if (outcome_parse(line, &o, &why) == 0 && outcome_add(&one, &o) == 0) {
		if (span_find(buf_span(&one), '\n') != one.n - 1 ||
		    outcome_parse(span_sub(buf_span(&one), 0, one.n - 1), &o,
		    &why) < 0 || outcome_add(&two, &o) < 0 ||
		    !span_eq(buf_span(&one), buf_span(&two)))
			abort();
	}
	buf_free(&one);
	buf_free(&two);
	return 0;
}
