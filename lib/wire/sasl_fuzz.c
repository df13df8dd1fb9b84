/* What parses lies in order inside the message, and names round trip. */
#include <stdint.h>
#include <stdlib.h>

#include "wire/sasl.h"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct buf a = { .max = 1 << 16 }, b = { .max = 1 << 16 };
	struct scram_first f;
	struct scram_server m;
	struct scram_final l;
	struct span s = span_mem(p, n), z, c, w;
	const char *why;

	(void)sasl_plain(s, &z, &c, &w, &why);
	if (scram_first_parse(s, &f, &why) == 0 &&
	    f.gs2.n + f.bare.n != n)
		abort();
	if (scram_server_parse(s, &m, &why) == 0 && (m.iterations == 0 ||
	    m.nonce.p != p + 2 || m.salt.p != m.nonce.p + m.nonce.n + 3))
		abort();
	if (scram_final_parse(s, &l, &why) == 0 &&
	    l.without_proof.n + 3 + l.proof.n != n)
		abort();
	if (sasl_name_encode(&a, s) == 0 &&
	    (sasl_name_decode(&b, buf_span(&a)) < 0 ||
	    !span_eq(buf_span(&b), s)))
		abort();
	buf_free(&a);
	buf_free(&b);
	return 0;
}
