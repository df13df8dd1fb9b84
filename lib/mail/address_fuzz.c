/* address: the normal form is a fixed point, and short enough. */
#include <stdlib.h>

#include "mail/address.h"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct span in = span_mem(p, n), all = in;
	char once[ADDRESS_MAX + 1], twice[ADDRESS_MAX + 1];
	struct address a;
	const char *why = NULL;

	if (address_parse(&in, 3, &a, &why) < 0 && (why == NULL ||
	    in.n != n || address_mailbox(all, &a, &why) < 0))
		return why ? 0 : (abort(), 0);
	address_normal(&a, once);
	if (a.domain.n == 0)
		return 0;
	if (address_mailbox(span_of(once), &a, &why) < 0)
		abort();
	address_normal(&a, twice);
	if (strcmp(once, twice) != 0)
		abort();
	return 0;
}
