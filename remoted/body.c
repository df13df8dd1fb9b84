/* body - the text of a message. */
#include <sys/mman.h>
#include <errno.h>
#include <string.h>

#include "base/crc32c.h"
#include "base/utf8.h"
#include "mail/convert.h"
#include "remoted/body.h"
#include "sys/clock.h"
#include "sys/file.h"
#include "wire/smtp_client_command.h"

enum { CHUNK = 32768 };

struct sending {
	struct client *client;
	struct smtp_stuff stuff;
	struct buf out;
};

static int  map(struct body *, struct span *, struct verdict *);
static void unmap(struct span);
static int  send_as_is(struct body *, struct sending *, struct verdict *);
static int  send_converted(struct body *, struct sending *,
    struct verdict *);
static int  piece(void *, struct span);
static int  flush(struct sending *);
static int  unreadable(struct verdict *);
static int  damaged(struct verdict *);

int
body_open(struct body *b, int fd, struct verdict *v)
{
	int r;

	*b = (struct body){ .fd = fd };
	r = queue_read_head(fd, &b->head);
	if (r == 0)
		return 0;
	*v = verdict_make(451, "4.3.0", "the message in the queue: %s",
	    r == QUEUE_DAMAGED ? "its first line is damaged" :
	    r == QUEUE_VERSION ? "a format of a later version" :
	    strerror(errno));
	return -1;
}

int
body_look(struct body *b, struct verdict *v)
{
	static unsigned char p[CHUNK];
	uint64_t at;
	size_t n, end;
	int in_body = 0;
	struct span s;

	if (b->looked)
		return 0;
	for (at = 0; at < b->head.body; at += n) {
		n = b->head.body - at < CHUNK ? (size_t)(b->head.body - at) :
		    CHUNK;
		if (file_pread(b->fd, p, n, (off_t)(QUEUE_HEAD + at)) < 0)
			return unreadable(v);
		s = span_mem(p, n);
		if (!in_body) {
			end = span_search(s, SPAN("\r\n\r\n"));
			b->header8 |= !utf8_is_ascii(span_sub(s, 0, end));
			in_body = end < n;
			s = span_from(s, end);
			/* a blank line may be cut in two: once more */
			if (!in_body && n == CHUNK)
				n -= 3;
		}
		b->body8 |= in_body && !utf8_is_ascii(s);
	}
	b->looked = 1;
	return 0;
}

int
body_fits7(struct body *b, const char *peer, struct verdict *v)
{
	const char *why = "its header";
	struct span text;
	int r = 0;

	if (b->fits7)
		return 0;
	if (!b->header8) {
		if (map(b, &text, v) < 0)
			return -1;
		r = convert_can(text, &why);
		unmap(text);
	}
	b->fits7 = r == 1;
	if (r == 0)
		*v = verdict_make(554, "5.6.3", "%s takes no 8-bit text, and "
		    "this message holds some that must not be encoded: in %s",
		    peer, why);
	else if (r < 0)
		*v = verdict_make(451, "4.3.0", "no memory");
	return r == 1 ? 0 : -1;
}

int
body_load(struct body *b, struct buf *out, struct verdict *v)
{
	static unsigned char p[BODY_WHOLE];
	struct smtp_stuff stuff = { .dots = 1 };
	struct span s = span_mem(p, (size_t)b->head.body);

	if (file_pread(b->fd, p, s.n, QUEUE_HEAD) < 0)
		return unreadable(v);
	if (crc32c(0, s) != b->head.bodysum)
		return damaged(v);
	if (smtp_stuff_add(&stuff, s, out) < 0 ||
	    smtp_stuff_end(&stuff, out) < 0)
		return unreadable(v);
	return 0;
}

int
body_send(struct body *b, struct client *c, int to7, struct verdict *v)
{
	static unsigned char room[2 * CHUNK + 8];
	struct sending s = { .client = c, .out = { .p = room,
	    .size = sizeof room, .max = sizeof room } };

	return to7 ? send_converted(b, &s, v) : send_as_is(b, &s, v);
}

static int
send_as_is(struct body *b, struct sending *s, struct verdict *v)
{
	static unsigned char p[CHUNK];
	uint64_t at;
	uint32_t sum = 0;
	size_t n;

	for (at = 0; at < b->head.body; at += n) {
		n = b->head.body - at < CHUNK ? (size_t)(b->head.body - at) :
		    CHUNK;
		if (file_pread(b->fd, p, n, (off_t)(QUEUE_HEAD + at)) < 0)
			return unreadable(v);
		sum = crc32c(sum, span_mem(p, n));
		if (piece(s, span_mem(p, n)) < 0)
			goto lost;
	}
	if (sum != b->head.bodysum)
		return damaged(v);
	if (smtp_stuff_end(&s->stuff, &s->out) == 0 && flush(s) == 0)
		return 0;
lost:
	*v = verdict_make(451, "4.4.2", "the connection to %s was lost while "
	    "the message was sent", s->client->peer);
	return -1;
}

/* The parts are found in the whole of it, mapped. */
static int
send_converted(struct body *b, struct sending *s, struct verdict *v)
{
	struct span text;
	int r;

	if (map(b, &text, v) < 0)
		return -1;
	r = convert_to7(text, piece, s);
	unmap(text);
	if (r == 0 && smtp_stuff_end(&s->stuff, &s->out) == 0 &&
	    flush(s) == 0)
		return 0;
	*v = verdict_make(451, "4.4.2", "the connection to %s was lost, or "
	    "memory failed, while the message was converted and sent",
	    s->client->peer);
	return -1;
}

/* 0, or -1 and *v. */
static int
map(struct body *b, struct span *text, struct verdict *v)
{
	size_t size = QUEUE_HEAD + (size_t)b->head.body;
	void *p = mmap(NULL, size, PROT_READ, MAP_PRIVATE, b->fd, 0);

	if (p == MAP_FAILED)
		return unreadable(v);
	*text = span_from(span_mem(p, size), QUEUE_HEAD);
	if (crc32c(0, *text) == b->head.bodysum)
		return 0;
	unmap(*text);
	return damaged(v);
}

static void
unmap(struct span text)
{
	munmap((void *)(size_t)(text.p - QUEUE_HEAD), QUEUE_HEAD + text.n);
}

static int
piece(void *arg, struct span in)
{
	struct sending *s = arg;
	struct span part;

	while (in.n) {
		part = span_sub(in, 0, CHUNK);
		in = span_from(in, part.n);
		if (s->out.max - s->out.n < 2 * part.n + 4 && flush(s) < 0)
			return -1;
		if (smtp_stuff_add(&s->stuff, part, &s->out) < 0)
			return -1;
	}
	return 0;
}

static int
flush(struct sending *s)
{
	int r = conn_write(&s->client->conn, buf_span(&s->out),
	    clock_mono_ms() + BODY_BLOCK_S * 1000);

	s->out.n = 0;
	return r;
}

static int
unreadable(struct verdict *v)
{
	*v = verdict_make(451, "4.3.0", "the queue file: %s",
	    strerror(errno));
	return -1;
}

static int
damaged(struct verdict *v)
{
	*v = verdict_make(451, "4.6.0",
	    "the message in the queue fails its checksum");
	return -1;
}
