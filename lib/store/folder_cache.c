/* folder_cache - correo-cache: bytes that somebody finished. */
#include <sys/mman.h>
#include <sys/stat.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/crc32c.h"
#include "store/folder_cache.h"
#include "sys/file.h"

static const char name[] = "correo-cache";
static const char name_tmp[] = "correo-cache.tmp";

struct trailer {
	char magic[8];
	uint64_t start, count, before;	/* directory; end of the last segment */
	uint64_t wasted;		/* bytes of old directories so far */
	uint32_t uidvalidity, check;
};
static const char magic[8] = "correoC1";

static int  trailer_at(const unsigned char *, size_t, struct trailer *);
static int  by_uid(const void *, const void *);
static const struct cache_entry *look(const struct cache_entry *, size_t,
    uint32_t, uint32_t);
static uint32_t *slot_of(const struct folder_cache *, uint32_t, uint32_t);
static int  grow(struct folder_cache *);
static uint32_t blob_sum(uint32_t, uint32_t, uint32_t, struct span);
static int  append(struct folder_cache *, int, uint64_t);
static size_t merge(struct folder_cache *, int, struct cache_entry **,
    struct trailer *);
static int  rewrite(struct folder_cache *, int, int (*)(void *, uint32_t),
    void *);
static int  write_living(struct folder_cache *, int,
    int (*)(void *, uint32_t), void *);
static int  copy_living(struct folder_cache *, int, struct cache_entry *,
    size_t *, uint64_t *, int (*)(void *, uint32_t), void *);
static int  finish(int, struct span, const struct cache_entry *,
    struct trailer *);
static void forget(struct folder_cache *);

void
folder_cache_open(struct folder_cache *c, int dir, uint32_t uidvalidity)
{
	struct stat st;
	void *p = MAP_FAILED;
	int fd;

	if (c->map)
		munmap(c->map, c->map_n);
	c->map = NULL;
	c->nsegment = 0;
	c->uidvalidity = uidvalidity;
	c->blobs.max = CACHE_PENDING + CACHE_BLOB;
	fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		return;
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size > 0)
		p = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_SHARED, fd,
		    0);
	close(fd);
	if (p == MAP_FAILED)
		return;
	c->map = p;
	c->map_n = (size_t)st.st_size;
	folder_cache_parse(c, p, c->map_n);
}

void
folder_cache_close(struct folder_cache *c)
{
	if (c->map)
		munmap(c->map, c->map_n);
	forget(c);
	*c = (struct folder_cache){ 0 };
}

int
folder_cache_parse(struct folder_cache *c, unsigned char *p, size_t n)
{
	struct trailer t;
	uint64_t end = n;

	c->nsegment = 0;
	while (end && c->nsegment < CACHE_SEGMENTS &&
	    trailer_at(p, end, &t) && t.uidvalidity == c->uidvalidity) {
		c->segment[c->nsegment++] = (struct cache_segment){
		    (const void *)(p + t.start), t.count, t.start };
		end = t.before;
	}
	return c->nsegment > 0;
}

int
folder_cache_find(struct folder_cache *c, uint32_t uid, unsigned kind,
    struct span *blob)
{
	const struct cache_entry *e;
	uint32_t *slot = slot_of(c, uid, kind);
	size_t i;

	if (slot && *slot) {
		e = &c->pending[*slot - 1];
		*blob = span_sub(buf_span(&c->blobs), e->offset,
		    e->offset + e->length);
		return 1;
	}
	for (i = 0; i < c->nsegment; i++) {
		e = look(c->segment[i].v, c->segment[i].n, uid, kind);
		if (e == NULL || e->offset > c->map_n ||
		    e->length > c->map_n - e->offset)
			continue;
		*blob = span_mem(c->map + e->offset, e->length);
		if (e->check == blob_sum(c->uidvalidity, uid, kind, *blob))
			return 1;
	}
	return 0;
}

int
folder_cache_add(struct folder_cache *c, uint32_t uid, unsigned kind,
    struct span s)
{
	if (s.n > CACHE_BLOB || c->uidvalidity == 0 ||
	    (c->npending == c->size && grow(c) < 0))
		return 0;
	if (buf_room(&c->blobs, s.n) < 0) {
		c->blobs.failed = 0;
		return 1;
	}
	c->pending[c->npending++] = (struct cache_entry){ c->blobs.n, uid,
	    kind, (uint32_t)s.n, blob_sum(c->uidvalidity, uid, kind, s) };
	*slot_of(c, uid, kind) = (uint32_t)c->npending;
	buf_addspan(&c->blobs, s);
	return c->blobs.n >= CACHE_PENDING || c->npending >= 65536;
}

int
folder_cache_write(struct folder_cache *c, int dir, uint32_t messages,
    int (*alive)(void *, uint32_t), void *arg)
{
	struct trailer t;
	struct stat st;
	size_t i, entries = 0;
	int fd, r = -1;

	if (c->npending == 0)
		return 0;
	/* somebody else may have appended, or begun a new file */
	folder_cache_open(c, dir, c->uidvalidity);
	for (i = 0; i < c->nsegment; i++)
		entries += c->segment[i].n;
	if (c->nsegment == 0 || !trailer_at(c->map, c->map_n, &t) ||
	    t.wasted > c->map_n / 2 ||
	    entries > 1024 + 8 * (size_t)messages)
		r = rewrite(c, dir, alive, arg);
	else if ((fd = openat(dir, name, O_WRONLY | O_NOFOLLOW | O_NONBLOCK |
	    O_CLOEXEC)) >= 0) {
		if (fstat(fd, &st) == 0 && (size_t)st.st_size == c->map_n)
			r = append(c, fd, t.wasted);
		/* no one maps what stands behind the last trailer */
		if (r < 0 && ftruncate(fd, (off_t)c->map_n) < 0)
			unlinkat(dir, name, 0);
		close(fd);
	}
	forget(c);
	folder_cache_open(c, dir, c->uidvalidity);
	return r;
}

/* The trailer that ends at end, with all that it names inside the file. */
static int
trailer_at(const unsigned char *p, size_t end, struct trailer *t)
{
	size_t at;

	if (end < sizeof *t || end % 8)
		return 0;
	at = end - sizeof *t;
	memcpy(t, p + at, sizeof *t);
	return memcmp(t->magic, magic, 8) == 0 &&
	    t->check == crc32c(4, span_mem(t, offsetof(struct trailer,
	    check))) && t->start <= at && t->start % 8 == 0 &&
	    t->before <= t->start && t->count <= (at - t->start) /
	    sizeof(struct cache_entry);
}

static int
by_uid(const void *a, const void *b)
{
	const struct cache_entry *x = a, *y = b;

	if (x->uid != y->uid)
		return x->uid < y->uid ? -1 : 1;
	return x->kind < y->kind ? -1 : x->kind > y->kind;
}

static const struct cache_entry *
look(const struct cache_entry *v, size_t n, uint32_t uid, uint32_t kind)
{
	struct cache_entry key = { .uid = uid, .kind = kind };

	return n ? bsearch(&key, v, n, sizeof *v, by_uid) : NULL;
}

/* Of the pending: that of the last for uid and kind, or where it will be. */
static uint32_t *
slot_of(const struct folder_cache *c, uint32_t uid, uint32_t kind)
{
	uint32_t hash = (uid * 8 + kind) * UINT32_C(0x9e3779b1);
	size_t mask = 2 * c->size - 1, i;
	const struct cache_entry *e;

	if (c->size == 0)
		return NULL;
	for (i = hash ^ hash >> 15; c->slot[i & mask]; i++) {
		e = &c->pending[c->slot[i & mask] - 1];
		if (e->uid == uid && e->kind == kind)
			break;
	}
	return &c->slot[i & mask];
}

static int
grow(struct folder_cache *c)
{
	size_t n = c->size ? 2 * c->size : 64, i;
	struct cache_entry *v = realloc(c->pending, n * sizeof *v);
	uint32_t *slot = calloc(2 * n, sizeof *slot);

	if (v)
		c->pending = v;
	if (v == NULL || slot == NULL) {
		free(slot);
		return -1;
	}
	free(c->slot);
	c->slot = slot;
	c->size = n;
	for (i = 0; i < c->npending; i++)
		*slot_of(c, v[i].uid, v[i].kind) = (uint32_t)i + 1;
	return 0;
}

static uint32_t
blob_sum(uint32_t uidvalidity, uint32_t uid, uint32_t kind, struct span s)
{
	uint32_t v[3] = { uidvalidity, uid, kind };

	return crc32c(crc32c(0, span_mem(v, sizeof v)), s);
}

/* Pending blobs, directory, trailer, at the end of the file. */
static int
append(struct folder_cache *c, int fd, uint64_t wasted)
{
	struct trailer t = { .uidvalidity = c->uidvalidity, .wasted = wasted };
	struct cache_entry *v;
	size_t i;
	int r;

	for (i = 0; i < c->npending; i++)
		c->pending[i].offset += c->map_n;
	t.count = merge(c, 0, &v, &t);
	if (v == NULL)
		return -1;
	t.start = c->map_n + c->blobs.n;
	r = lseek(fd, (off_t)c->map_n, SEEK_SET) < 0 ? -1 :
	    finish(fd, buf_span(&c->blobs), v, &t);
	free(v);
	return r;
}

/* The directory to be written: pending, and that of each segment in turn
 * while it is not much longer (or all).  Of two for the same, the later. */
static size_t
merge(struct folder_cache *c, int all, struct cache_entry **out,
    struct trailer *t)
{
	size_t n = c->npending, i, j, k;
	struct cache_segment *g = c->segment;
	struct cache_entry *v;

	for (k = 0; k < c->nsegment; k++) {
		if (!all && g[k].n > 2 * n &&
		    c->nsegment - k < CACHE_SEGMENTS - 1)
			break;
		n += g[k].n;
	}
	if (k < c->nsegment)
		t->before = g[k].start + g[k].n * sizeof *v + sizeof *t;
	if ((v = *out = calloc(n + 1, sizeof *v)) == NULL)
		return 0;
	for (n = 0, i = c->npending; i > 0; i--)
		v[n++] = c->pending[i - 1];
	for (i = 0; i < k; i++) {
		memcpy(v + n, g[i].v, g[i].n * sizeof *v);
		n += g[i].n;
		t->wasted += g[i].n * sizeof *v;
	}
	/* stable, or NULL memory: then nothing is written */
	if (n && mergesort(v, n, sizeof *v, by_uid) < 0) {
		free(v);
		*out = NULL;
		return 0;
	}
	for (i = j = 0; i < n; i++)
		if (j == 0 || by_uid(&v[j - 1], &v[i]) != 0)
			v[j++] = v[i];
		else
			t->wasted += v[i].length;
	return j;
}

/* A new file of the living. */
static int
rewrite(struct folder_cache *c, int dir, int (*alive)(void *, uint32_t),
    void *arg)
{
	int fd, r;

	unlinkat(dir, name_tmp, 0);
	fd = openat(dir, name_tmp, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW |
	    O_CLOEXEC, 0600);
	if (fd < 0)
		return -1;
	r = write_living(c, fd, alive, arg);
	if (close(fd) < 0 || r < 0 || renameat(dir, name_tmp, dir, name) < 0) {
		unlinkat(dir, name_tmp, 0);
		return -1;
	}
	return 0;
}

static int
write_living(struct folder_cache *c, int fd, int (*alive)(void *, uint32_t),
    void *arg)
{
	struct trailer t = { .uidvalidity = c->uidvalidity };
	struct cache_entry *v;
	size_t i, n;
	int r;

	for (i = 0; i < c->npending; i++)
		c->pending[i].offset += c->map_n;
	n = merge(c, 1, &v, &t);
	if (v == NULL)
		return -1;
	r = copy_living(c, fd, v, &n, &t.start, alive, arg);
	t.count = n;
	t.wasted = 0;
	if (r == 0)
		r = finish(fd, (struct span){ 0 }, v, &t);
	free(v);
	return r;
}

/* Writes the blobs and moves the entries that stay to the front. */
static int
copy_living(struct folder_cache *c, int fd, struct cache_entry *v, size_t *n,
    uint64_t *end, int (*alive)(void *, uint32_t), void *arg)
{
	struct buf b = { .max = CACHE_BLOB + 65536 };
	size_t i, j;
	struct span s;
	int r = 0;

	for (i = j = 0; i < *n && r == 0; i++) {
		if (v[i].offset >= c->map_n)
			s = span_sub(buf_span(&c->blobs), v[i].offset -
			    c->map_n, v[i].offset - c->map_n + v[i].length);
		else
			s = span_sub(span_mem(c->map, c->map_n), v[i].offset,
			    v[i].offset + v[i].length);
		if (!alive(arg, v[i].uid) || v[i].check !=
		    blob_sum(c->uidvalidity, v[i].uid, v[i].kind, s))
			continue;
		v[i].offset = *end;
		*end += s.n;
		v[j++] = v[i];
		buf_addspan(&b, s);
		if (b.n >= 65536) {
			r = file_write(fd, buf_span(&b));
			buf_reset(&b);
		}
	}
	if (r == 0)
		r = file_write(fd, buf_span(&b));
	buf_free(&b);
	*n = j;
	return r;
}

/* What is left of the blobs, room up to a multiple of 8, directory, trailer. */
static int
finish(int fd, struct span blobs, const struct cache_entry *v,
    struct trailer *t)
{
	static const unsigned char zero[8];
	size_t pad = -t->start & 7;
	struct iovec io[4];

	t->start += pad;
	memcpy(t->magic, magic, 8);
	t->check = crc32c(4, span_mem(t, offsetof(struct trailer, check)));
	io[0] = (struct iovec){ (void *)(size_t)blobs.p, blobs.n };
	io[1] = (struct iovec){ (void *)(size_t)zero, pad };
	io[2] = (struct iovec){ (void *)(size_t)v,
	    t->count * sizeof *v };
	io[3] = (struct iovec){ t, sizeof *t };
	return file_writev(fd, io, 4);
}

static void
forget(struct folder_cache *c)
{
	free(c->pending);
	free(c->slot);
	c->pending = NULL;
	c->slot = NULL;
	c->npending = c->size = 0;
	buf_free(&c->blobs);
}
