/* intake: an answer that parses is written and parses again, the same. */
#include <stdlib.h>

#include "wire/intake.h"
#include "wire/record.h"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct span in = span_mem(p, n), s;
	struct intake_answer a, b;
	struct buf out = { .max = 4096 };
	enum intake_kind kind;
	const char *why = NULL;
	uint64_t room;

	if (intake_kind(in, &kind, &why) < 0 && why == NULL)
		abort();
	(void)intake_parse_room(in, &room, &why);
	if (intake_parse_answer(in, &a, &why) == 0) {
		if (intake_add_answer(&out, &a) < 0)
			abort();
		in = buf_span(&out);
		if (record_next(&in, RECORD_MAX, &s, &why) != 1 ||
		    intake_parse_answer(s, &b, &why) < 0 ||
		    strcmp(a.verdict.text, b.verdict.text) ||
		    strcmp(a.id, b.id) || a.room != b.room)
			abort();
	}
	buf_free(&out);
	return 0;
}
