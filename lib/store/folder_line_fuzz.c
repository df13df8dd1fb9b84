/* folder_line_fuzz - a line that is read is written again the same. */
#include "store/folder_line.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct span in = span_mem(p, n), out;
	struct buf b = { .max = 4096 };
	const char *why;
	struct line l, m;
	int r;

	while ((r = line_parse(&in, &l, &why)) != 0) {
		buf_reset(&b);
		if (r < 0 || line_format(&b, &l) < 0)
			continue;
		out = buf_span(&b);
		if (line_parse(&out, &m, &why) != 1 || (m.uid != l.uid ||
		    m.modseq != l.modseq || !span_eq(m.text, l.text)))
			__builtin_trap();
	}
	buf_free(&b);
	return 0;
}
