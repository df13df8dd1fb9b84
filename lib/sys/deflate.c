/* deflate - a stream whose bytes are compressed both ways, by zlib. */
#include <errno.h>
#include <stdlib.h>
#include <zlib.h>

#include "sys/deflate.h"

/* Mail from a server is text, told once: level 3 takes a third of the time of
 * 6 and makes a tenth more.  A window of 15 bits as RFC 4978 3 wants. */
enum { RAW = 16384, PACKED = 16384, LEVEL = 3, WINDOW = -15, MEMORY = 5 };

struct deflate {
	z_stream in, out;
	int ended;			/* the client's deflate data did */
	int full;			/* inflate had no room: maybe more */
	long taken;			/* ahead of deflate_fill, its result */
	struct stream raw;
	unsigned char room[RAW], packed[PACKED];
};

static int  make_room(struct stream *);
static int  waiting(const struct deflate *);
static long take(struct deflate *, struct stream *);
static int  next_in(struct deflate *, struct stream *, long *);

struct deflate *
deflate_new(struct stream *s)
{
	struct span have = stream_have(s);
	struct deflate *d = calloc(1, sizeof *d);

	if (d == NULL || have.n > RAW ||
	    inflateInit2(&d->in, WINDOW) != Z_OK) {
		free(d);
		return NULL;
	}
	if (deflateInit2(&d->out, LEVEL, Z_DEFLATED, WINDOW, MEMORY,
	    Z_DEFAULT_STRATEGY) != Z_OK) {
		inflateEnd(&d->in);
		free(d);
		return NULL;
	}
	d->raw = *s;
	d->raw.b = d->room;
	d->raw.size = RAW;
	d->raw.r = 0;
	d->raw.w = have.n;
	if (have.n)
		memcpy(d->room, have.p, have.n);
	stream_eat(s, have.n);
	return d;
}

void
deflate_free(struct deflate *d)
{
	if (d == NULL)
		return;
	inflateEnd(&d->in);
	deflateEnd(&d->out);
	free(d);
}

long
deflate_fill(struct deflate *d, struct stream *s)
{
	long r = d->taken;

	d->taken = 0;
	if (r > 0)
		return r;
	if (make_room(s) < 0)
		return -1;
	do {
		if (d->ended)
			return STREAM_EOF;
		if (!waiting(d) && !next_in(d, s, &r))
			return r;
	} while ((r = take(d, s)) == 0);
	return r;
}

/* Bytes that are no deflate stay, so that deflate_fill finds them, too. */
int
deflate_ready(struct deflate *d, struct stream *s)
{
	if (d->taken <= 0 && !d->ended && waiting(d) && make_room(s) == 0)
		d->taken = take(d, s);
	return d->taken != 0 || d->ended;
}

int
deflate_write(struct deflate *d, struct stream *s, struct span data)
{
	z_stream *z = &d->out;
	int r;

	if (data.n > UINT32_MAX) {
		errno = EOVERFLOW;
		return -1;
	}
	z->next_in = (unsigned char *)(uintptr_t)data.p; /* is not written */
	z->avail_in = (unsigned)data.n;
	do {
		z->next_out = d->packed;
		z->avail_out = PACKED;
		r = deflate(z, Z_SYNC_FLUSH);
		if (r != Z_OK && r != Z_BUF_ERROR) {
			errno = EINVAL;
			return -1;
		}
		if ((r = stream_write(s, span_mem(d->packed,
		    PACKED - z->avail_out))) < 0)
			return r;
	} while (z->avail_out == 0);
	return 0;
}

static int
make_room(struct stream *s)
{
	if (s->w == s->size && s->r > 0) {
		memmove(s->b, s->b + s->r, s->w - s->r);
		s->w -= s->r;
		s->r = 0;
	}
	if (s->w < s->size)
		return 0;
	errno = ENOBUFS;
	return -1;
}

/* Something that take may make more of. */
static int
waiting(const struct deflate *d)
{
	return d->full || stream_have(&d->raw).n > 0;
}

/* Bytes that inflate made; 0: none of what was there; -1. */
static long
take(struct deflate *d, struct stream *s)
{
	struct span have = stream_have(&d->raw);
	size_t free_n = s->size - s->w, made;
	z_stream *z = &d->in;
	int r;

	if (free_n > RAW)
		free_n = RAW;
	z->next_in = (unsigned char *)(uintptr_t)have.p; /* is not written */
	z->avail_in = (unsigned)have.n;
	z->next_out = s->b + s->w;
	z->avail_out = (unsigned)free_n;
	r = inflate(z, Z_SYNC_FLUSH);
	made = free_n - z->avail_out;
	stream_eat(&d->raw, have.n - z->avail_in);
	s->w += made;
	d->full = z->avail_out == 0;
	d->ended = r == Z_STREAM_END;
	/* Z_BUF_ERROR: it wants more, which is no error */
	if (made > 0 || r == Z_OK || r == Z_STREAM_END || r == Z_BUF_ERROR)
		return (long)made;
	d->full = 1;			/* it will say so again */
	errno = r == Z_MEM_ERROR ? ENOMEM : EBADMSG;
	return -1;
}

/* More compressed bytes: 1; or 0 and *r is what deflate_fill returns. */
static int
next_in(struct deflate *d, struct stream *s, long *r)
{
	d->raw.timeout_s = s->timeout_s;
	d->raw.deadline_ms = s->deadline_ms;
	d->raw.set_s = s->set_s;
	*r = stream_fill(&d->raw);
	s->set_s = d->raw.set_s;
	return *r > 0;
}
