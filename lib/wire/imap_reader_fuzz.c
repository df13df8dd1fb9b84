/* imap_reader: what is read does not depend on how the input is cut. */
#include <stdlib.h>

#include "wire/imap_reader.h"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

/* All that is read, with the results, into the buf; pieces of `step` bytes. */
static void
read_all(struct span in, size_t step, struct buf *out)
{
	struct imap_reader r = { .minus = in.n % 2 == 1 };
	enum imap_read result;
	struct span piece;
	const char *why;
	size_t at = 0, n;

	while (at < in.n) {
		piece = span_sub(in, at, at + step);
		n = piece.n;
		result = imap_read(&r, &piece, &why);
		at += n - piece.n;
		if (result == IMAP_READ_MORE && piece.n)
			abort();
		if (result != IMAP_READ_MORE) {
			buf_addc(out, (unsigned char)('0' + result));
			buf_addspan(out, buf_span(&r.text));
		}
		if (result == IMAP_READ_MESSAGE && r.literal % 3 == 0) {
			at += r.literal < in.n - at ? (size_t)r.literal :
			    in.n - at;
			imap_reader_message(&r);
		} else if (result == IMAP_READ_MESSAGE)
			imap_reader_refuse(&r);
	}
	imap_reader_free(&r);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct buf a = { .max = 4000 * n + 9 }, b = { .max = 4000 * n + 9 };

	read_all(span_mem(p, n), n, &a);
	read_all(span_mem(p, n), n % 7 + 1, &b);
	if (!span_eq(buf_span(&a), buf_span(&b)))
		abort();
	buf_free(&a);
	buf_free(&b);
	return 0;
}
