/* imap_command: no two ways to read it; spans and trees stay within. */
#include <stdlib.h>

#include "wire/imap_command.h"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static int
is_seen(void *steps, const struct imap_search_key *k)
{
	++*(unsigned *)steps;
	return (int)k->key % 3;
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct imap_command c;
	const char *why = NULL;
	unsigned steps = 0;
	uint32_t i;

	if (imap_command_parse(&c, span_mem(p, n), n % 2, &why) < 0 && !why)
		abort();
	for (i = 0; i < c.tokens.n; i++)
		if (c.tokens.v[i].next <= i || c.tokens.v[i].next > c.tokens.n)
			abort();
	for (i = 0; i < c.find.search.n && c.find.search.v[0].next; i++)
		if (c.find.search.v[i].next > c.find.search.n)
			abort();
	imap_command_free(&c);
	if (imap_command_parse(&c, span_mem(p, n), 0, &why) == 0 &&
	    c.find.search.n && (imap_search_run(&c.find.search, is_seen,
	    &steps) < 0 || steps > c.find.search.n))
		abort();
	imap_command_free(&c);
	return 0;
}
