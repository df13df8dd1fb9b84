/* A reply does not depend on how it was cut, and its words are clean. */
#include <stdint.h>
#include <stdlib.h>

#include "base/ascii.h"
#include "wire/smtp_client.h"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	static struct reply a, b;
	struct span in = span_mem(p, n), one;
	struct verdict v;
	const char *why, *c;
	int k, r = 0;

	a = b = (struct reply){ 0 };
	k = reply_next(&a, &in, &why);
	for (; n && r == 0; n--, p++) {
		one = span_mem(p, 1);
		r = reply_next(&b, &one, &why);
	}
	if (k != r || (k == 1 && (a.n != b.n || a.code != b.code ||
	    memcmp(a.text, b.text, a.n) != 0)))
		abort();
	v = reply_verdict(&a);
	for (c = v.text; k == 1 && *c; c++)
		if (ascii_control((unsigned char)*c))
			abort();
	return 0;
}
