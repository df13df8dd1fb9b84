/* A value that is taken has absolute paths and no uid that means "leave". */
#include <stdlib.h>
#include "store/mailbox.h"

int LLVMFuzzerTestOneInput(const unsigned char *, size_t);

int
LLVMFuzzerTestOneInput(const unsigned char *p, size_t n)
{
	struct mailbox m;
	const char *why = NULL;

	if (mailbox_parse(span_mem(p, n), &m, &why) < 0 ? why == NULL :
	    m.home[0] != '/' || m.maildir[0] != '/' || m.uid == UINT32_MAX ||
	    strstr(m.home, "/../") || strstr(m.maildir, "/../"))
		abort();
	return 0;
}
