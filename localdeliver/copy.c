/* copy - a message of the queue as it goes into a mailbox. */
#include <string.h>

#include "base/ascii.h"
#include "base/crc32c.h"
#include "localdeliver/copy.h"
#include "sys/file.h"

enum { CHUNK = 65536 };

static int  line_add(struct buf *, const char *, struct span, const char *);
static uint64_t count_lf(struct span);
static size_t lf_lines(unsigned char *, size_t, unsigned char *, uint64_t *);

int
copy_lines(struct buf *b, struct span sender, const struct job_rcpt *r)
{
	size_t i;

	if (line_add(b, "Return-Path: <", sender, ">\n") < 0 ||
	    line_add(b, "Delivered-To: ", r->to, "\n") < 0)
		return -1;
	for (i = r->nvia; i-- > 0;)
		if (line_add(b, "Delivered-To: ", r->via[i], "\n") < 0)
			return -1;
	return 0;
}

int
copy_message(struct copy *c, int from, const struct queue_head *h,
    struct span lines, int (*put)(void *, struct span), void *arg)
{
	static unsigned char b[COPY_LINES + CHUNK];
	unsigned char *p = b + lines.n, last = 0;
	uint64_t at = 0, lf = count_lf(lines);
	uint32_t sum = 0;
	size_t n, out;

	memcpy(b, lines.p, lines.n);
	c->bytes = c->crlf_bytes = 0;
	do {
		n = h->body - at < CHUNK ? (size_t)(h->body - at) : CHUNK;
		if (file_pread(from, p, n, (off_t)(QUEUE_HEAD + at)) < 0)
			return -1;
		/* a CR at the end waits for what follows it */
		if (n > 1 && p[n - 1] == '\r' && at + n < h->body)
			n--;
		sum = crc32c(sum, span_mem(p, n));
		at += n;
		out = lf_lines(p, n, &last, &lf);
		loop_feed(&c->loop, span_mem(p, out));
		out += (size_t)(p - b);
		if (at == h->body && sum != h->bodysum)
			return COPY_DAMAGED;
		if (put(arg, span_mem(b, out)) < 0)
			return -1;
		c->bytes += out;
		p = b;
	} while (at < h->body);
	c->crlf_bytes = c->bytes + lf;
	return 0;
}

static int
line_add(struct buf *b, const char *name, struct span value, const char *end)
{
	size_t i;

	for (i = 0; i < value.n; i++)
		if (ascii_control(value.p[i]))
			return -1;
	buf_adds(b, name);
	buf_addspan(b, value);
	return buf_adds(b, end);
}

static uint64_t
count_lf(struct span s)
{
	struct span line;
	uint64_t n = 0;

	while (s.n)
		n += (uint64_t)span_cut(&s, '\n', &line);
	return n;
}

/* CRLF to LF in place.  Returns the new length; *lf counts the line ends that
 * no CR stands before afterwards, *last is the latest byte of all. */
static size_t
lf_lines(unsigned char *p, size_t n, unsigned char *last, uint64_t *lf)
{
	size_t in = 0, out = 0, len;
	unsigned char *end;

	while (in < n) {
		end = memchr(p + in, '\n', n - in);
		len = end ? (size_t)(end - p) - in : n - in;
		if (end && len && p[in + len - 1] == '\r')
			len--;
		memmove(p + out, p + in, len);
		out += len;
		if (len)
			*last = p[out - 1];
		if (end == NULL)
			break;
		in = (size_t)(end - p) + 1;
		*lf += *last != '\r';
		*last = p[out++] = '\n';
	}
	return out;
}
