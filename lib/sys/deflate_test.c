/* deflate: both ways against zlib itself, in all kinds of pieces. */
#include <sys/socket.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>
#include <setjmp.h>
#include <cmocka.h>
#include <errno.h>
#include <zlib.h>

#include "sys/deflate.h"

enum { TEXT = 60000, BOMB = 10 << 20 };

struct peer {
	int fd;
	z_stream in, out;
	struct stream server;
	unsigned char b[1000];
};

static void
start(struct peer *p, size_t size)
{
	int fd[2];

	memset(p, 0, sizeof *p);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fd), 0);
	assert_int_equal(inflateInit2(&p->in, -15), Z_OK);
	assert_int_equal(deflateInit2(&p->out, 9, Z_DEFLATED, -15, 8,
	    Z_DEFAULT_STRATEGY), Z_OK);
	p->fd = fd[0];
	p->server = (struct stream){ .fd = fd[1], .b = p->b, .size = size,
	    .timeout_s = 5 };
}

static void
stop(struct peer *p, struct deflate *d)
{
	deflate_free(d);
	inflateEnd(&p->in);
	deflateEnd(&p->out);
	close(p->fd);
	close(p->server.fd);
}

/* The client sends n bytes. */
static void
client(struct peer *p, const unsigned char *text, size_t n, int flush)
{
	static unsigned char packed[1 << 17];

	p->out.next_in = (unsigned char *)(uintptr_t)text;
	p->out.avail_in = (unsigned)n;
	p->out.next_out = packed;
	p->out.avail_out = sizeof packed;
	(void)deflate(&p->out, flush);
	n = sizeof packed - p->out.avail_out;
	assert_int_equal(write(p->fd, packed, n), (ssize_t)n);
}

static void
fill_text(unsigned char *text)
{
	size_t i;

	for (i = 0; i < TEXT; i++)
		text[i] = (unsigned char)(i % 100 < 30 ?
		    arc4random_uniform(256) : i % 13);
}

static void
test_read(void **state)
{
	static unsigned char text[TEXT], got[TEXT];
	struct peer p;
	struct deflate *d;
	size_t round, sent, n, have, size;
	long r;

	(void)state;
	for (round = 0; round < 60; round++) {
		size = 1 + arc4random_uniform(sizeof p.b - 1);
		start(&p, size);
		d = deflate_new(&p.server);
		fill_text(text);
		for (sent = n = 0; n < TEXT;) {
			have = 1 + arc4random_uniform(round % 3 ? 5000 : 50);
			if (have > TEXT - sent)
				have = TEXT - sent;
			client(&p, text + sent, have, Z_SYNC_FLUSH);
			for (sent += have; n < sent;) {
				r = deflate_fill(d, &p.server);
				assert_true(r > 0 && (size_t)r <= size);
				have = stream_have(&p.server).n;
				if (arc4random_uniform(2) && have < size &&
				    n + have < sent)
					continue;	/* more behind it */
				memcpy(got + n, p.server.b + p.server.r, have);
				n += have;
				stream_eat(&p.server, have);
			}
			assert_int_equal(deflate_ready(d, &p.server), 0);
		}
		assert_memory_equal(got, text, TEXT);
		stop(&p, d);
	}
}

static void
test_write(void **state)
{
	static unsigned char text[TEXT], packed[2 * TEXT], got[TEXT + 1];
	struct peer p;
	struct deflate *d;
	size_t n, part;
	ssize_t r;

	(void)state;
	start(&p, 100);
	d = deflate_new(&p.server);
	fill_text(text);
	for (n = 0; n < TEXT; n += part) {
		part = 1 + arc4random_uniform(30000);
		if (part > TEXT - n)
			part = TEXT - n;
		assert_int_equal(deflate_write(d, &p.server,
		    span_mem(text + n, part)), 0);
		/* all of it is there at once */
		r = read(p.fd, packed, sizeof packed);
		assert_true(r > 0);
		p.in.next_in = packed;
		p.in.avail_in = (unsigned)r;
		p.in.next_out = got + n;
		p.in.avail_out = (unsigned)(sizeof got - n);
		assert_int_equal(inflate(&p.in, Z_SYNC_FLUSH), Z_OK);
		assert_int_equal(sizeof got - p.in.avail_out, n + part);
	}
	assert_memory_equal(got, text, TEXT);
	stop(&p, d);
}

/* What was read before belongs to it; a bomb comes in small pieces. */
static void
test_waiting_and_bomb(void **state)
{
	static unsigned char zero[BOMB];
	struct peer p;
	struct deflate *d;
	size_t n = 0;
	long r;

	(void)state;
	start(&p, sizeof p.b);
	client(&p, zero, BOMB, Z_SYNC_FLUSH);
	assert_true(stream_fill(&p.server) > 0);
	d = deflate_new(&p.server);
	assert_int_equal(stream_have(&p.server).n, 0);
	assert_int_equal(deflate_ready(d, &p.server), 1);
	assert_true(stream_have(&p.server).n > 0);
	while (n < BOMB) {
		r = deflate_fill(d, &p.server);
		assert_true(r > 0 && r <= (long)sizeof p.b);
		n += stream_have(&p.server).n;
		stream_eat(&p.server, stream_have(&p.server).n);
	}
	stop(&p, d);
}

static void
test_ends(void **state)
{
	struct peer p;
	struct deflate *d;

	(void)state;
	start(&p, sizeof p.b);			/* it is no deflate */
	d = deflate_new(&p.server);
	assert_int_equal(write(p.fd, "\377\377\377\377\377", 5), 5);
	assert_int_equal(deflate_fill(d, &p.server), -1);
	assert_int_equal(errno, EBADMSG);
	stop(&p, d);
	start(&p, sizeof p.b);			/* the client's data ends */
	d = deflate_new(&p.server);
	client(&p, (const unsigned char *)"a", 1, Z_FINISH);
	assert_int_equal(deflate_fill(d, &p.server), 1);
	assert_int_equal(deflate_ready(d, &p.server), 1);
	assert_int_equal(deflate_fill(d, &p.server), STREAM_EOF);
	stop(&p, d);
	start(&p, sizeof p.b);			/* the connection does */
	d = deflate_new(&p.server);
	shutdown(p.fd, SHUT_WR);
	assert_int_equal(deflate_fill(d, &p.server), STREAM_EOF);
	stop(&p, d);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_read), cmocka_unit_test(test_write),
		cmocka_unit_test(test_waiting_and_bomb),
		cmocka_unit_test(test_ends)
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
