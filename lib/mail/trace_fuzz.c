/* trace: whatever the peer said, one Received field comes out, in ASCII text
 * and valid UTF-8, of lines that a message may have. */
#include <stdlib.h>

#include "base/utf8.h"
#include "mail/header.h"
#include "mail/trace.h"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct span in = span_mem(p, n > 2000 ? 2000 : n);
	struct trace t = { .class = n ? p[0] % 5 : 0, .hostname = "h",
	    .id = "i" };
	struct buf b = { .max = 65536 };
	struct header h;

	span_cut(&in, '\n', &t.helo);
	span_cut(&in, '\n', &t.client);
	span_cut(&in, '\n', &t.proto);
	span_cut(&in, '\n', &t.tls);
	t.rcpt = t.class_arg = in;
	if (trace_received(&b, &t) < 0 || !utf8_valid(buf_span(&b)))
		abort();
	in = buf_span(&b);
	if (header_next(&in, &h) != 1 || !header_is(&h, "received") || in.n)
		abort();
	buf_free(&b);
	return 0;
}
