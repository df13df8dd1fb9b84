/* Any file: an answer, and errors that are whole lines when it is refused. */
#include <sys/mman.h>
#include <stdlib.h>
#include <unistd.h>
#include "sys/conf.h"
#include "sys/file.h"

int LLVMFuzzerTestOneInput(const unsigned char *, size_t);
const char *__asan_default_options(void);
const char *__asan_default_options(void) { return "detect_leaks=0"; }

int
LLVMFuzzerTestOneInput(const unsigned char *p, size_t n)
{
	static struct { struct conf_words w; struct conf_nets n; uint64_t s; } c;
	static const struct conf_key k[] = { { "w", CONF_LISTEN, 0, "", 0, 0, "" },
	    { "n", CONF_NETS, sizeof c.w, "", 0, 0, "" },
	    { "s", CONF_SIZE, sizeof c.w + sizeof c.n, "1k", 0, 0, "" },
	    { .name = NULL } };
	const struct conf_key *const table[] = { k };
	void *const out[] = { &c };
	struct buf e = { .max = 1 << 20 };
	int r, fd = memfd_create("conf", 0);

	if (fd < 0 || file_write(fd, span_mem(p, n)) < 0)
		abort();
	r = conf_read(fd, "c", table, 1, out, &e);
	if (r == 0 ? e.n != 0 : e.n == 0 || e.p[e.n - 1] != '\n')
		abort();
	buf_free(&e);
	close(fd);
	return 0;
}
