/* scram_keys - what is kept of a password for SCRAM. */
#include "base/encode.h"
#include "base/scan.h"
#include "run/scram_keys.h"

int
scram_keys_parse(struct span s, struct scram_keys *k)
{
	struct span iterations, salt, stored;
	size_t n;

	memset(k, 0, sizeof *k);
	if (!span_starts(s, SPAN("SCRAM-SHA-256$")))
		return -1;
	s = span_from(s, sizeof "SCRAM-SHA-256$" - 1);
	if (!span_cut(&s, ':', &iterations) || !span_cut(&s, '$', &salt) ||
	    !span_cut(&s, ':', &stored) ||
	    scan_uint(iterations, 10000000, &k->iterations) < 0 ||
	    k->iterations < SCRAM_ITERATIONS ||
	    scram_decode(salt, k->salt, sizeof k->salt, &k->salt_n) < 0 ||
	    scram_decode(stored, k->stored, SCRAM_HASH, &n) < 0 ||
	    n != SCRAM_HASH ||
	    scram_decode(s, k->server, SCRAM_HASH, &n) < 0 || n != SCRAM_HASH)
		return -1;
	return 0;
}

int
scram_keys_format(struct buf *b, const struct scram_keys *k)
{
	buf_adds(b, "SCRAM-SHA-256$");
	buf_addu(b, k->iterations);
	buf_addc(b, ':');
	encode_base64(b, span_mem(k->salt, k->salt_n));
	buf_addc(b, '$');
	encode_base64(b, span_mem(k->stored, SCRAM_HASH));
	buf_addc(b, ':');
	return encode_base64(b, span_mem(k->server, SCRAM_HASH));
}

int
scram_decode(struct span s, unsigned char *out, size_t size, size_t *n)
{
	struct buf b = { .max = size };
	int r = decode_base64(&b, s);

	*n = b.n;
	if (r == 0 && b.n)
		memcpy(out, b.p, b.n);
	buf_free(&b);
	return r == 0 && *n ? 0 : -1;
}
