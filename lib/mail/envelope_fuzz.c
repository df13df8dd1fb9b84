/* envelope: what parses is written, read again and written the same. */
#include <stdlib.h>

#include "mail/envelope.h"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static int
copy(struct span in, struct buf *out)
{
	struct envelope e;
	const char *why = NULL;
	size_t i;

	if (envelope_parse(in, &e, &why) < 0)
		return why ? -1 : (abort(), 0);
	envelope_add_head(out, &e);
	for (i = 0; i < e.nrcpt; i++)
		envelope_add_rcpt(out, &e.rcpt[i]);
	envelope_free(&e);
	return buf_ok(out) ? 0 : (abort(), 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct buf a = { .max = n + 64 }, b = { .max = n + 64 };

	if (copy(span_mem(p, n), &a) == 0 && (copy(buf_span(&a), &b) < 0 ||
	    !span_eq(buf_span(&a), buf_span(&b))))
		abort();
	buf_free(&a);
	buf_free(&b);
	return 0;
}
