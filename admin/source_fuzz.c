/* A table (first byte) of any text: an alias's entry, written as a line again,
 * gives the same entry. */
#include <stdlib.h>
#include "admin/source.h"

int LLVMFuzzerTestOneInput(const unsigned char *, size_t);

int
LLVMFuzzerTestOneInput(const unsigned char *p, size_t n)
{
	struct span in = span_from(span_mem(p, n), 1);
	struct buf k = { .max = SOURCE_KEY }, v = { .max = SOURCE_LINE };
	struct buf k2 = k, v2 = v, line = { .max = SOURCE_LINE };
	struct source_line l = { 0 };
	const char *why;
	unsigned nr = 0;
	int t = n ? p[0] % SOURCE_COUNT : 0;

	while (source_next(&in, &nr, &l)) {
		if (source_parse(t, buf_span(&l.text), &k, &v, &why) < 0 ||
		    t != TABLE_ALIASES)
			continue;
		buf_reset(&line);
		buf_addspan(&line, buf_span(&k));
		buf_adds(&line, ": ");
		buf_addspan(&line, buf_span(&v));
		if (source_parse(t, buf_span(&line), &k2, &v2, &why) < 0 ||
		    !span_eq(buf_span(&k), buf_span(&k2)) ||
		    !span_eq(buf_span(&v), buf_span(&v2)))
			abort();
	}
	buf_free(&k);
	buf_free(&v);
	buf_free(&k2);
	buf_free(&v2);
	buf_free(&line);
	return 0;
}
