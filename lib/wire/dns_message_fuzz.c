/* Any bytes as an answer: names stay names, and nothing runs long. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "wire/dns_message.h"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	static const unsigned type[] = { DNS_A, DNS_MX, DNS_TLSA, DNS_AAAA };
	static struct dns_answer a;
	const char *why;
	size_t i, k;

	for (k = 0; k < 4; k++) {
		if (dns_parse(span_mem(p, n), "q.test", type[k], &a, &why))
			continue;
		if (a.n > DNS_FOUND || strlen(a.name) >= DNS_NAME)
			abort();
		for (i = 0; i < a.n && type[k] == DNS_MX; i++)
			if (strpbrk(a.record[i].name, " \r\n?"))
				abort();
	}
	return 0;
}
