/* ip: what parses is written, read again and the same; so with networks. */
#include <stdlib.h>

#include "base/ip.h"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	char text[IP_TEXT];
	struct ip a, b;
	struct ip_net net;

	if (ip_parse(span_mem(p, n), &a) == 0) {
		ip_format(&a, text);
		if (ip_parse(span_of(text), &b) < 0 || memcmp(&a, &b, 16))
			abort();
	}
	if (ip_net_parse(span_mem(p, n), &net) == 0 &&
	    (net.bits > 128 || !ip_in_net(&net.ip, &net)))
		abort();
	return 0;
}
