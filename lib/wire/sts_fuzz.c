/* Bounds hold, and each plain mx of a policy is a host of it. */
#include <stdint.h>
#include <stdlib.h>

#include "wire/sts.h"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct sts_policy s;
	char id[STS_ID];
	const char *why;
	size_t i;

	if (sts_record(span_mem(p, n), id) == 1 && (*id == '\0' ||
	    strlen(id) >= STS_ID))
		abort();
	if (sts_parse(span_mem(p, n), &s, &why) < 0)
		return 0;
	for (i = 0; i < s.nmx; i++)
		if (!sts_match(&s, s.mx[i]))
			abort();
	return 0;
}
