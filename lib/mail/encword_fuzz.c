/* encword: it ends, is valid UTF-8, and has a subject whose base has itself. */
#include <stdlib.h>

#include "base/utf8.h"
#include "mail/encword.h"
#include "mail/mime_subject.h"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

/* Of all charsets only what is UTF-8 already is known. */
static int
only_utf8(void *arg, struct span name, struct span in, struct buf *out)
{
	(void)arg;
	(void)name;
	return utf8_valid(in) ? buf_addspan(out, in) : buf_adds(out, "?");
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct charset cs = { only_utf8, NULL };
	struct buf a = { .max = 2 * n + 9 }, b = a, c = a;
	int reply;

	if (encword_decode(span_mem(p, n), &cs, &a) < 0 ||
	    !utf8_valid(buf_span(&a)) ||
	    mime_subject_base(buf_span(&a), &b, &reply) < 0 ||
	    mime_subject_base(buf_span(&b), &c, &reply) < 0 ||
	    !span_eq(buf_span(&b), buf_span(&c)))
		abort();
	buf_free(&a);
	buf_free(&b);
	buf_free(&c);
	return 0;
}
