/*
 * queue - names, first lines, opening and reading back.
 *
 * Accepting is in queue_accept.c.  The first line is of fixed length and fixed
 * form, so that it can be written last and compared byte for byte.
 */
#include <sys/stat.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/ascii.h"
#include "base/crc32c.h"
#include "base/encode.h"
#include "base/scan.h"
#include "store/queue.h"
#include "sys/clock.h"
#include "sys/file.h"

enum { ID_TIME = 13, ID_RANDOM = QUEUE_ID - ID_TIME, READ_PART = 16384 };

static int  is_dir(const char *, struct stat *);
static int  base32_value(unsigned char);
static int  head_number(struct span *, struct span, size_t, uint64_t *);
static int  head_sum(struct span *, struct span, uint32_t *);

static const char *const part[] = {
	"tmp", "new", "cur", "hold", "bad", "state"
};
enum { PARTS = sizeof part / sizeof *part };

int
queue_open(struct queue *q, const char *path, const char **missing)
{
	int *fd[PARTS] = { &q->tmp, &q->new, &q->cur, &q->hold, &q->bad,
	    &q->state };
	size_t i;
	int e;

	*missing = "";
	if ((q->dir = file_open_dir(AT_FDCWD, path)) < 0)
		return -1;
	for (i = 0; i < PARTS; i++)
		if ((*fd[i] = file_open_dir(q->dir, part[i])) < 0) {
			e = errno;
			*missing = part[i];
			while (i-- > 0)
				close(*fd[i]);
			close(q->dir);
			errno = e;
			return -1;
		}
	q->one_flush = file_flush_takes_name(q->new);
	return 0;
}

int
queue_own(struct queue *q)
{
	int fd = file_open_dir(q->new, ".");

	if (fd < 0)
		return -1;
	close(q->new);
	q->new = fd;
	return 0;
}

int
queue_here(const struct queue *q, const char *path)
{
	struct stat held, there;

	return fstat(q->dir, &held) == 0 && stat(path, &there) == 0 &&
	    held.st_dev == there.st_dev && held.st_ino == there.st_ino;
}

int
queue_moved(const struct queue *q, const char *path)
{
	struct stat held, there;
	char name[1100];
	size_t i;

	if (fstat(q->dir, &held) < 0 || !is_dir(path, &there) ||
	    (held.st_dev == there.st_dev && held.st_ino == there.st_ino))
		return 0;
	for (i = 0; i < PARTS; i++) {
		(void)snprintf(name, sizeof name, "%s/%s", path, part[i]);
		if (!is_dir(name, &there))
			return 0;
	}
	return 1;
}

/* As queue_open takes it: no link to one. */
static int
is_dir(const char *path, struct stat *st)
{
	return lstat(path, st) == 0 && S_ISDIR(st->st_mode);
}

void
queue_id(char id[QUEUE_ID + 1])
{
	uint64_t random = (uint64_t)arc4random() << 32 | arc4random();

	encode_base32(id, ID_TIME, clock_ns());
	encode_base32(id + ID_TIME, ID_RANDOM, random);
	id[QUEUE_ID] = '\0';
}

/* 13 digits are 65 bits, nanoseconds 64: the first digit ends at f. */
int
queue_id_valid(struct span s)
{
	size_t i;

	if (s.n != QUEUE_ID || base32_value(s.p[0]) > 15)
		return 0;
	for (i = 0; i < s.n; i++)
		if (base32_value(s.p[i]) < 0)
			return 0;
	return 1;
}

int64_t
queue_id_time(const char *id)
{
	return (int64_t)(queue_id_ns(id) / 1000000000);
}

uint64_t
queue_id_ns(const char *id)
{
	uint64_t ns = 0;
	size_t i;

	for (i = 0; i < ID_TIME; i++)
		ns = ns << 5 |
		    (uint64_t)(base32_value((unsigned char)id[i]) & 31);
	return ns;
}

/* The sum differs for any two numbers of one parent: a crc tells all changes
 * within 32 bits apart. */
void
queue_id_child(const char *parent, unsigned n, char id[QUEUE_ID + 1])
{
	unsigned char number[4] = { (unsigned char)(n >> 24),
	    (unsigned char)(n >> 16), (unsigned char)(n >> 8),
	    (unsigned char)n };
	uint32_t sum;

	sum = crc32c(0, span_mem(parent, QUEUE_ID));
	sum = crc32c(sum, span_mem(number, sizeof number));
	memcpy(id, parent, ID_TIME);
	encode_base32(id + ID_TIME, ID_RANDOM, sum);
	id[QUEUE_ID] = '\0';
}

void
queue_id_of(uint64_t ns, struct span s, char id[QUEUE_ID + 1])
{
	encode_base32(id, ID_TIME, ns);
	encode_base32(id + ID_TIME, ID_RANDOM, crc32c(0, s));
	id[QUEUE_ID] = '\0';
}

/* name = ID [ ":a" attempts ",d" due ], numbers without leading zeros */
int
queue_name_parse(struct span s, struct queue_name *out)
{
	struct queue_name q = { .attempts = 0 };
	char again[QUEUE_NAME];
	uint64_t n, due;
	struct span in = s, id;

	if (!span_cut(&in, ':', &id) && s.n != QUEUE_ID)
		return -1;
	if (!queue_id_valid(id) || span_str(id, q.id, sizeof q.id) < 0)
		return -1;
	if (s.n > QUEUE_ID) {
		if (!span_starts(in, SPAN("a")))
			return -1;
		in = span_from(in, 1);
		if (scan_front(&in, UINT32_MAX, &n) != 1 ||
		    !span_starts(in, SPAN(",d")) ||
		    scan_u64(span_from(in, 2), INT64_MAX, &due) < 0)
			return -1;
		q.attempts = (unsigned)n;
		q.due = (int64_t)due;
		queue_name_format(&q, again);
		if (!span_eq(s, span_of(again)))
			return -1;
	}
	*out = q;
	return 0;
}

void
queue_name_format(const struct queue_name *q, char out[QUEUE_NAME])
{
	snprintf(out, QUEUE_NAME, "%s:a%u,d%lld", q->id, q->attempts,
	    (long long)q->due);
}

void
queue_head_format(const struct queue_head *h, char out[QUEUE_HEAD])
{
	char line[QUEUE_HEAD + 64];	/* room for numbers that are too long */

	snprintf(line, sizeof line, "correo-queue 1 body=%012llu env=%012llu"
	    " bodysum=%08x envsum=%08x\n", (unsigned long long)h->body,
	    (unsigned long long)h->env, h->bodysum, h->envsum);
	memcpy(out, line, QUEUE_HEAD);
}

/* head = "correo-queue 1 body=" 12DIGIT " env=" 12DIGIT " bodysum=" 8HEX
 *	  " envsum=" 8HEX LF */
int
queue_head_parse(struct span s, struct queue_head *out)
{
	struct queue_head h;
	struct span in = s;
	uint64_t version;

	if (!span_starts(in, SPAN("correo-queue ")))
		return -1;
	in = span_from(in, sizeof "correo-queue " - 1);
	if (scan_front(&in, 999999999, &version) != 1 ||
	    !span_starts(in, SPAN(" ")) || version == 0)
		return -1;
	if (version != 1)
		return 1;
	in = s;
	if (head_number(&in, SPAN("correo-queue 1 body="), 12, &h.body) < 0 ||
	    head_number(&in, SPAN(" env="), 12, &h.env) < 0 ||
	    head_sum(&in, SPAN(" bodysum="), &h.bodysum) < 0 ||
	    head_sum(&in, SPAN(" envsum="), &h.envsum) < 0 ||
	    !span_eq(in, SPAN("\n")))
		return -1;
	*out = h;
	return 0;
}

/* The lengths must add up to the file's, which finds all that is cut off. */
int
queue_read_head(int fd, struct queue_head *h)
{
	char line[QUEUE_HEAD];
	size_t n = sizeof line;
	struct stat st;

	if (fstat(fd, &st) < 0)
		return -1;
	if ((uint64_t)st.st_size < n)
		n = (size_t)st.st_size;
	if (file_pread(fd, line, n, 0) < 0)
		return -1;
	switch (queue_head_parse(span_mem(line, n), h)) {
	case -1:
		return QUEUE_DAMAGED;
	case 1:
		return QUEUE_VERSION;
	}
	if (QUEUE_HEAD + h->body + h->env != (uint64_t)st.st_size ||
	    h->env > QUEUE_ENVELOPE_MAX)
		return QUEUE_DAMAGED;
	return 0;
}

int
queue_read_envelope(int fd, const struct queue_head *h, struct buf *b)
{
	size_t from = b->n, n = (size_t)h->env;

	if (n > b->max - b->n || b->failed) {
		errno = EFBIG;
		return -1;
	}
	if (buf_room(b, n) < 0) {
		errno = ENOMEM;
		return -1;
	}
	if (file_pread(fd, b->p + from, n, (off_t)(QUEUE_HEAD + h->body)) < 0)
		return -1;
	if (crc32c(0, span_mem(b->p + from, n)) != h->envsum)
		return QUEUE_DAMAGED;
	b->n += n;
	return 0;
}

int
queue_whole(int fd)
{
	struct buf b = { .max = QUEUE_ENVELOPE_MAX };
	unsigned char part[READ_PART];
	struct queue_head h;
	uint64_t at;
	uint32_t sum = 0;
	size_t n;
	int r;

	if ((r = queue_read_head(fd, &h)) == 0)
		r = queue_read_envelope(fd, &h, &b);
	for (at = 0; r == 0 && at < h.body; at += n) {
		n = h.body - at < READ_PART ? (size_t)(h.body - at) : READ_PART;
		r = file_pread(fd, part, n, (off_t)(QUEUE_HEAD + at));
		sum = crc32c(sum, span_mem(part, n));
	}
	buf_free(&b);
	if (r == -1)
		return -1;
	return r == QUEUE_VERSION || (r == 0 && sum == h.bodysum);
}

int
queue_unfinished(int fd)
{
	char line[QUEUE_HEAD];
	struct queue_head h;
	struct stat st;
	size_t i;

	if (fstat(fd, &st) < 0)
		return 0;
	if (st.st_size < QUEUE_HEAD)
		return 1;
	if (file_pread(fd, line, sizeof line, 0) < 0)
		return 0;
	if (queue_head_parse(span_mem(line, sizeof line), &h) == 0)
		return (uint64_t)st.st_size < QUEUE_HEAD + h.body + h.env;
	for (i = 0; i < sizeof line; i++)
		if (line[i] != ' ' && line[i] != '\0')
			return 0;
	return 1;
}

static int
base32_value(unsigned char c)
{
	if (ascii_digit(c))
		return c - '0';
	return c >= 'a' && c <= 'v' ? c - 'a' + 10 : -1;
}

/* Takes a word and exactly that many digits off the front. */
static int
head_number(struct span *in, struct span word, size_t digits, uint64_t *out)
{
	if (!span_starts(*in, word) || in->n < word.n + digits ||
	    scan_u64(span_sub(*in, word.n, word.n + digits), UINT64_MAX,
	    out) < 0)
		return -1;
	*in = span_from(*in, word.n + digits);
	return 0;
}

static int
head_sum(struct span *in, struct span word, uint32_t *out)
{
	struct span hex;
	uint64_t v;
	size_t i;

	hex = span_sub(*in, word.n, word.n + 8);
	if (!span_starts(*in, word) || hex.n != 8 || scan_hex64(hex, &v) < 0)
		return -1;
	for (i = 0; i < hex.n; i++)
		if (hex.p[i] >= 'A' && hex.p[i] <= 'F')
			return -1;
	*in = span_from(*in, word.n + hex.n);
	*out = (uint32_t)v;
	return 0;
}
