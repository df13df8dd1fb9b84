/* Any text of state/ID: recipients stay spans of it, memory stays bounded. */
#include <stdlib.h>
#include "admin/message.h"

int LLVMFuzzerTestOneInput(const unsigned char *, size_t);

int
LLVMFuzzerTestOneInput(const unsigned char *p, size_t n)
{
	struct message m = { .story = { .max = 1 << 20 }, .nrcpt = 2 };
	size_t i;

	m.rcpt = calloc(2, sizeof *m.rcpt);
	buf_add(&m.story, p, n);
	(void)message_story(&m);
	for (i = 2; i < m.nrcpt; i++)
		if (m.rcpt[i].address.p < m.story.p || m.rcpt[i].address.p +
		    m.rcpt[i].address.n > m.story.p + m.story.n)
			abort();
	message_free(&m);
	return 0;
}
