/* What is read, written as the file is written, is read the same. */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/buf.h"
#include "store/maildirsize.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct quota q, again;
	struct buf b = { .max = 256 };
	const char *why;

	if (maildirsize_parse(span_mem(p, n), &q, &why) == 0) {
		buf_addf(&b, "%lluS,%lluC\n%lld %lld\n",
		    (unsigned long long)q.max_bytes,
		    (unsigned long long)q.max_count, (long long)q.bytes,
		    (long long)q.count);
		if (q.bytes > INT64_MIN && q.count > INT64_MIN)
			assert(maildirsize_parse(buf_span(&b), &again,
			    &why) == 0 && again.bytes == q.bytes &&
			    again.max_count == q.max_count);
		buf_free(&b);
	}
	return 0;
}
