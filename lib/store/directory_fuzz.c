/* An address, LF, and the bytes of a table that stands for all: any answer. */
#include <sys/mman.h>
#include <stdlib.h>
#include <unistd.h>
#include "store/directory.h"

int LLVMFuzzerTestOneInput(const unsigned char *, size_t);

int
LLVMFuzzerTestOneInput(const unsigned char *p, size_t n)
{
	struct directory d = { .hostname = "h", .domains = "d e",
	    .delimiter = '+' };
	struct span in = span_mem(p, n), address;
	struct recipient r;
	struct mailbox m;
	int i, fd[TABLE_COUNT] = { memfd_create("cdb", 0), -1, -1, -1, -1 };

	(void)span_cut(&in, '\n', &address);
	if (fd[0] < 0 || write(fd[0], in.p, in.n) != (ssize_t)in.n)
		return 0;
	for (i = 1; i < TABLE_COUNT; i++)
		fd[i] = dup(fd[0]);
	if (directory_open(&d, fd) < 0)
		return 0;
	if (directory_lookup(&d, address, &r) == 0 && r.kind ==
	    RECIPIENT_MAILBOX && strlen(r.key) + strlen(r.ext) > address.n + 12)
		abort();
	(void)directory_mailbox(&d, address, &m);
	(void)directory_net(&d, &(struct ip){ { 0 } });
	directory_close(&d);
	return 0;
}
