/* mime: offsets lie within the message and in order, and work is bounded. */
#include <stdlib.h>

#include "mail/mime.h"
#include "mail/mime_wire.h"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct mime m = { 0 };
	uint32_t i;

	if (mime_parse(&m, span_mem(p, n)) < 0 || m.steps > 200 * n + 1000)
		abort();
	for (i = 0; i < m.n; i++) {
		struct mime_part *v = &m.part[i], *up = &m.part[v->parent];

		if (v->header.at > v->body.at || v->body.at > v->end.at ||
		    v->end.at > n || (i && (v->parent >= i ||
		    v->header.at < up->body.at || v->end.at > up->end.at)) ||
		    (v->next && v->end.at > m.part[v->next].header.at) ||
		    mime_octets(&v->body, &v->end) !=
		    mime_wire_size(mime_body(&m, v)) +
		    (v->body.at < v->end.at && p[v->body.at] == '\n' &&
		    v->body.at && p[v->body.at - 1] == '\r' ? (size_t)-1 : 0))
			abort();
	}
	mime_free(&m);
	return 0;
}
