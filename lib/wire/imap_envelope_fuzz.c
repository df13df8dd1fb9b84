/* imap_envelope: what goes out is read back as IMAP data, in one list. */
#include <stdlib.h>

#include "wire/imap_envelope.h"
#include "wire/imap_token.h"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct mime m = { 0 };
	struct buf b = { .max = 400 * n + 4000 };
	struct imap_tokens t = { 0 };
	const char *why;
	int how;

	for (how = 0; how < 3 && mime_parse(&m, span_mem(p, n)) == 0; how++) {
		buf_reset(&b);
		if ((how == 2 ? imap_envelope(&m, m.part, 1, &b) :
		    imap_bodystructure(&m, how, how ? IMAP_REV2 : IMAP_REV1,
		    &b)) < 0 ||
		    (b.n < 20000 && m.n < 90 && m.ntable < 90 &&
		    imap_tokens_parse(&t, buf_span(&b), 0, &why) < 0 &&
		    t.n < IMAP_TOKENS && !strstr(why, "100")) ||
		    (t.n && t.v[0].next != t.n))
			abort();
	}
	imap_tokens_free(&t);
	buf_free(&b);
	mime_free(&m);
	return 0;
}
