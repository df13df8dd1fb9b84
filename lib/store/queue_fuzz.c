/* queue: what is read as a name or a first line is written the same again. */
#include <stdlib.h>

#include "store/queue.h"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct span in = span_mem(p, n);
	char name[QUEUE_NAME], line[QUEUE_HEAD];
	struct queue_name q;
	struct queue_head h;

	if (queue_name_parse(in, &q) == 0 && n > QUEUE_ID) {
		queue_name_format(&q, name);
		if (!span_eq(in, span_of(name)))
			abort();
	}
	if (queue_head_parse(in, &h) == 0) {
		queue_head_format(&h, line);
		if (!span_eq(in, span_mem(line, sizeof line)))
			abort();
	}
	return 0;
}
