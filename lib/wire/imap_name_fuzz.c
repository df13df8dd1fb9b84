/* imap_name: both ways round, and a name that matches itself. */
#include <stdlib.h>

#include "wire/imap_name.h"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct buf a = { .max = 8 * n + 8 }, b = { .max = 8 * n + 8 };
	struct span in = span_mem(p, n), name;
	const char *why;

	if (imap_name_to_utf7(in, &a, &why) == 0 &&
	    (imap_name_from_utf7(buf_span(&a), &b, &why) < 0 ||
	    !span_eq(in, buf_span(&b))))
		abort();
	buf_reset(&a);
	buf_reset(&b);
	if (imap_name_from_utf7(in, &a, &why) == 0 &&
	    (imap_name_to_utf7(buf_span(&a), &b, &why) < 0 ||
	    !span_eq(in, buf_span(&b))))
		abort();
	if (imap_name_valid(in, '.', &why) == 0 &&
	    !imap_name_match(in, in, '.'))
		abort();
	(void)(span_cut(&in, 0, &name) && imap_name_match(name, in, '/'));
	buf_free(&a);
	buf_free(&b);
	return 0;
}
