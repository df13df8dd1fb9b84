/* A message copied in one go is the message turned line by line; and the loop
 * marks are the same however it is cut. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/crc32c.h"
#include "localdeliver/copy.h"
#include "sys/file.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static int
put(void *b, struct span s)
{
	return buf_addspan(b, s);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	static int fd = -1;
	struct queue_head h = { .body = n,
	    .bodysum = crc32c(0, span_mem(p, n)) };
	struct buf out = { .max = 1 << 22 }, slow = { .max = 1 << 22 };
	struct copy c = { .loop.address = SPAN("a@b") };
	struct loop l = { .address = SPAN("a@b") };
	size_t i, lf = 0;

	if (fd < 0)
		fd = memfd_create("message", 0);
	assert(pwrite(fd, p, n, QUEUE_HEAD) == (ssize_t)n);
	assert(copy_message(&c, fd, &h, SPAN("x: y\n"), put, &out) == 0);
	buf_adds(&slow, "x: y\n");
	for (i = 0; i < n; i++)
		if (p[i] != '\r' || i + 1 == n || p[i + 1] != '\n')
			buf_addc(&slow, p[i]);
	assert(span_eq(buf_span(&out), buf_span(&slow)));
	for (i = 0; i < slow.n; i++)
		lf += slow.p[i] == '\n' && (i == 0 || slow.p[i - 1] != '\r');
	assert(c.bytes == slow.n && c.crlf_bytes == slow.n + lf);
	for (i = 5; i < slow.n; i++)
		loop_feed(&l, span_mem(slow.p + i, 1));
	assert(l.seen == c.loop.seen && l.hops == c.loop.hops);
	buf_free(&out);
	buf_free(&slow);
	return 0;
}
