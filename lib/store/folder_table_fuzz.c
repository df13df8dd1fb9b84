/*
 * folder_table_fuzz - a log of lines with right checksums.  The input is the
 * bodies; what the table counts must be what a walk over it counts.
 */
#include <string.h>

#include "base/crc32c.h"
#include "base/encode.h"
#include "store/folder_table.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct folder_table t = { 0 };
	struct span in = span_mem(p, n), body, s;
	struct buf b = { .max = 1024 };
	uint32_t i, alive = 0, last = 0;
	const char *why;
	struct line l;
	struct rec *r;

	while (in.n) {
		span_cut(&in, '\n', &body);
		buf_reset(&b);
		buf_addf(&b, "%08x ", crc32c(0, body));
		buf_addspan(&b, body);
		buf_addc(&b, '\n');
		s = buf_span(&b);
		if (buf_ok(&b) && line_parse(&s, &l, &why) == 1)
			(void)folder_table_apply(&t, &l);
	}
	for (i = 0; i < folder_table_count(&t); i++) {
		if ((r = folder_table_rec(&t, i)) == NULL || r->uid <= last)
			__builtin_trap();
		last = r->uid;
		alive += !(r->bits & REC_DEAD);
		if (!(r->bits & REC_DEAD) && folder_table_find(&t,
		    folder_table_base(&t, r)) < 0)
			__builtin_trap();
	}
	if (alive != t.messages || t.unseen > alive || t.deleted > alive)
		__builtin_trap();
	buf_free(&b);
	folder_table_free(&t);
	return 0;
}
