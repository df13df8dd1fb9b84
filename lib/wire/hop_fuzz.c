/* What is a hop makes a key, and the key is the same hop; a secret is no empty
 * one. */
#include <stdint.h>
#include <stdlib.h>

#include "wire/hop.h"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct span user, secret;
	struct hop a, b;
	char key[HOP_KEY];
	const char *why;

	if (hop_parse(span_mem(p, n), &a, &why) == 0 &&
	    hop_key(span_mem(p, n), SPAN("a.test"), key) == 0 &&
	    (hop_parse(span_of(key), &b, &why) < 0 || a.port != b.port ||
	    a.scheme != b.scheme || a.rate != b.rate ||
	    (a.host.n && !span_eq(a.host, b.host))))
		abort();
	if (hop_secret(span_mem(p, n), SPAN("a"), &user, &secret) &&
	    (user.n == 0 || secret.n == 0))
		abort();
	return 0;
}
