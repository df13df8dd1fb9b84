/* What comes out is ASCII where it was UTF-8, and stays what it is. */
#include <stdint.h>
#include <stdlib.h>

#include "mail/idna.h"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	char a[256], b[256];
	size_t i;

	if (idna_ascii(span_mem(p, n), a, sizeof a) < 0)
		return 0;
	for (i = 0; a[i]; i++)
		if (a[i] & 0x80)
			abort();
	if (idna_ascii(span_of(a), b, sizeof b) < 0 || strcmp(a, b) != 0)
		abort();
	return 0;
}
