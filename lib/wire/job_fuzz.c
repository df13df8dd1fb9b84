/* job: jobs and answers that parse are written and parse again, the same. */
#include <stdlib.h>

#include "wire/job.h"
#include "wire/record.h"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

/* Parses and writes once more; out is the inside of the record in *b. */
static int
copy(struct span in, int answer, struct buf *b, struct span *out)
{
	static struct job j;
	static struct answer a;
	const char *why = NULL;
	struct span s;

	if ((answer ? answer_parse(in, &a, &why) : job_parse(in, &j, &why)) < 0)
		return why ? -1 : (abort(), 0);
	if ((answer ? answer_add(b, &a) : job_add(b, &j)) < 0)
		return -1;	/* longer than a record may be */
	s = buf_span(b);
	if (record_next(&s, RECORD_MAX, out, &why) != 1 || s.n)
		abort();
	return 0;
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct buf one = { .max = 65536 }, two = { .max = 65536 };
	struct span in = span_mem(p, n), first, second;
	int answer;

	for (answer = 0; answer < 2; answer++) {
		if (copy(in, answer, &one, &first) == 0 &&
		    (copy(first, answer, &two, &second) < 0 ||
		    !span_eq(first, second)))
			abort();
		buf_reset(&one);
		buf_reset(&two);
	}
	buf_free(&one);
	buf_free(&two);
	return 0;
}
