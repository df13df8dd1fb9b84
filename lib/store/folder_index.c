/* folder_index - correo-index: a folder's table as it was, to be mapped. */
#include <sys/mman.h>
#include <sys/stat.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/crc32c.h"
#include "store/folder.h"
#include "store/folder_index.h"
#include "sys/clock.h"
#include "sys/file.h"

static const char name[] = "correo-index";
static const char name_tmp[] = "correo-index.tmp";

struct index_head {		/* 8 bytes aligned throughout */
	char magic[8];
	uint64_t log, generation, modseq, floor, modseq_reserved;
	uint64_t stamp_new, stamp_cur;
	int64_t started;	/* its writer's system, as clock_started */
	uint64_t nrec, ntomb, nslot, nname;
	uint32_t uidvalidity, uidnext, uid_reserved;
	uint32_t messages, unseen, deleted, in_new;
	uint32_t recent_from, recent;
	char id[28];
	char keyword[26][101];
	char flushed, pad;
	uint32_t slot_sum;
	uint32_t rest_sum;	/* all behind the head */
	uint32_t check;
};

static const char magic[8] = "correoI3";

/* What is being written: one window of output. */
struct out {
	int fd, failed;
	uint32_t sum;
	size_t n;
	unsigned char b[65536];
};

static int  may_be_torn(const struct index_head *);
static int  write_all(struct folder_table *, int, uint64_t, int);
static int  write_parts(struct folder_table *, struct out *,
    struct index_head *, uint32_t *);
static void out_add(struct out *, const void *, size_t);
static int  out_end(struct out *);
static uint32_t head_sum(const struct index_head *);

int
folder_index_map(struct folder_table *t, int dir, uint64_t *log)
{
	struct stat st;
	void *p;
	int fd;

	fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		return 0;
	p = MAP_FAILED;
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) &&
	    st.st_size >= (off_t)sizeof(struct index_head))
		p = mmap(NULL, (size_t)st.st_size, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE, fd, 0);
	close(fd);
	if (p == MAP_FAILED)
		return 0;
	if (!folder_index_parse(t, p, (size_t)st.st_size, log)) {
		munmap(p, (size_t)st.st_size);
		return 0;
	}
	t->map = p;
	t->map_n = (size_t)st.st_size;
	return 1;
}

int
folder_index_parse(struct folder_table *t, void *map, size_t size,
    uint64_t *log)
{
	struct index_head *h = map;
	struct table_part *p = &t->part[0];
	unsigned char *at = (unsigned char *)map + sizeof *h;
	int i;

	if (size < sizeof *h || memcmp(h->magic, magic, 8) != 0 ||
	    h->check != head_sum(h) || h->nrec > UINT32_MAX >> 2 ||
	    h->ntomb > UINT32_MAX >> 2 || h->nslot > UINT32_MAX >> 1 ||
	    h->nname > TABLE_NAMES_MAX || h->nslot & (h->nslot - 1) ||
	    size != sizeof *h + h->nrec * sizeof *p->rec + h->ntomb *
	    sizeof *p->tomb + h->nslot * 4 + h->nname ||
	    h->id[sizeof h->id - 1] || h->messages != h->nrec)
		return 0;
	for (i = 0; i < 26; i++)
		if (h->keyword[i][100])
			return 0;
	if (may_be_torn(h) && h->rest_sum != crc32c(0, span_mem(at,
	    size - sizeof *h)))
		return 0;
	/* at is aligned: mmap, and every part is a multiple of 8 but names */
	*p = (struct table_part){ .nrec = h->nrec, .ntomb = h->ntomb,
	    .nslot = h->nslot, .nname = h->nname };
	p->rec = (void *)at;
	p->tomb = (void *)(at += p->nrec * sizeof *p->rec);
	p->slot = (void *)(at += p->ntomb * sizeof *p->tomb);
	p->name = at + p->nslot * 4;
	t->uidvalidity = h->uidvalidity;
	t->slot_sum = h->slot_sum;
	t->uidnext = h->uidnext;
	t->uid_reserved = h->uid_reserved;
	t->messages = h->messages;
	t->unseen = h->unseen;
	t->deleted = h->deleted;
	t->in_new = h->in_new;
	t->recent.from = h->recent_from;
	t->recent.free = h->recent;
	t->placed = (uint32_t)h->nrec;
	t->unflushed = !h->flushed;
	t->generation = h->generation;
	t->modseq = h->modseq;
	t->floor = h->floor;
	t->modseq_reserved = h->modseq_reserved;
	t->stamp_new = h->stamp_new;
	t->stamp_cur = h->stamp_cur;
	memcpy(t->id, h->id, sizeof t->id);
	memcpy(t->keyword, h->keyword, sizeof t->keyword);
	*log = h->log;
	return 1;
}

/* Since its writer's system started nothing was lost.  Another machine has
 * another time of it, and one whose clock was set meanwhile, too. */
static int
may_be_torn(const struct index_head *h)
{
	int64_t ours = clock_started();

	return !h->flushed && (h->started < ours - 1 ||
	    h->started > ours + 1);
}

int
folder_index_write(struct folder_table *t, int dir, uint64_t log, int flush)
{
	int fd, e, r;

	unlinkat(dir, name_tmp, 0);
	fd = openat(dir, name_tmp, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW |
	    O_CLOEXEC, 0600);
	if (fd < 0)
		return -1;
	/* Flushed before it has its name: half a file would cost a session.
	 * Closed, too: on NFS another machine has it only then, and only then
	 * it may be said that there was no room for it. */
	r = write_all(t, fd, log, flush) < 0 || (flush && fdatasync(fd) < 0) ?
	    file_close_failed(fd) : close(fd);
	if (r == 0 && renameat(dir, name_tmp, dir, name) == 0)
		return 0;
	e = errno;
	unlinkat(dir, name_tmp, 0);
	errno = e;
	return -1;
}

static int
write_all(struct folder_table *t, int fd, uint64_t log, int flush)
{
	struct index_head h = { .log = log, .generation = t->generation,
	    .modseq = t->modseq, .floor = t->floor,
	    .modseq_reserved = t->modseq_reserved,
	    .stamp_new = t->stamp_new, .stamp_cur = t->stamp_cur,
	    .nrec = t->messages, .ntomb = folder_table_tombs(t), .nslot = 2,
	    .uidvalidity = t->uidvalidity, .uidnext = t->uidnext,
	    .uid_reserved = t->uid_reserved, .messages = t->messages,
	    .unseen = t->unseen, .deleted = t->deleted, .in_new = t->in_new,
	    .recent_from = t->recent.from, .recent = t->recent.free,
	    .started = clock_started(), .flushed = (char)flush };
	struct out *o;
	uint32_t *slot;
	int r = -1;

	while (h.nslot < 2 * (h.nrec + h.ntomb))
		h.nslot *= 2;
	o = calloc(1, sizeof *o);
	slot = calloc(h.nslot, sizeof *slot);
	if (o && slot) {
		o->fd = fd;
		memcpy(h.magic, magic, 8);
		memcpy(h.id, t->id, sizeof h.id);
		memcpy(h.keyword, t->keyword, sizeof h.keyword);
		r = write_parts(t, o, &h, slot);
	}
	free(o);
	free(slot);
	return r;
}

/* The head is known when all is: it goes in front at the end. */
static int
write_parts(struct folder_table *t, struct out *o, struct index_head *h,
    uint32_t *slot)
{
	uint32_t i, n = 0, count = folder_table_count(t);
	struct tomb *m, k;
	struct rec *r, c;
	struct span s;
	size_t j;

	out_add(o, h, sizeof *h);
	if (out_end(o) < 0)
		return -1;
	o->sum = 0;
	for (i = 0; i < count; i++) {
		if ((r = folder_table_rec(t, i)) == NULL)
			return -1;
		if (r->bits & REC_DEAD)
			continue;
		c = *r;
		c.name = (uint32_t)h->nname;
		s = folder_table_name(t, r);
		h->nname += s.n;
		folder_table_hash(slot, h->nslot, span_sub(s, 0, r->base_n),
		    ++n);
		c.check = crc32c(crc32c(0, span_mem(&c,
		    offsetof(struct rec, check))), s);
		out_add(o, &c, sizeof c);
	}
	for (j = 0; j < h->ntomb; j++) {
		if ((m = folder_table_tomb(t, j)) == NULL)
			return -1;
		k = *m;
		k.name = (uint32_t)h->nname;
		h->nname += k.base_n;
		if (k.base_n)
			folder_table_hash(slot, h->nslot,
			    folder_table_tomb_base(t, m),
			    UINT32_C(0x80000000) | (uint32_t)(j + 1));
		folder_table_seal_tomb(&k);
		out_add(o, &k, sizeof k);
	}
	out_add(o, slot, h->nslot * sizeof *slot);
	for (i = 0; i < count; i++) {
		if ((r = folder_table_rec(t, i)) == NULL)
			return -1;
		s = folder_table_name(t, r);
		if (!(r->bits & REC_DEAD))
			out_add(o, s.p, s.n);
	}
	for (j = 0; j < h->ntomb; j++)
		if ((m = folder_table_tomb(t, j)) != NULL) {
			s = folder_table_tomb_base(t, m);
			out_add(o, s.p, s.n);
		}
	h->slot_sum = crc32c(3, span_mem(slot, h->nslot * sizeof *slot));
	if (out_end(o) < 0)
		return -1;
	h->rest_sum = o->sum;
	h->check = head_sum(h);
	return pwrite(o->fd, h, sizeof *h, 0) == (ssize_t)sizeof *h ? 0 : -1;
}

static void
out_add(struct out *o, const void *p, size_t n)
{
	if (o->n + n > sizeof o->b && out_end(o) < 0)
		return;
	if (n > sizeof o->b) {
		o->sum = crc32c(o->sum, span_mem(p, n));
		o->failed |= file_write(o->fd, span_mem(p, n)) < 0;
		return;
	}
	if (n)
		memcpy(o->b + o->n, p, n);
	o->n += n;
}

static int
out_end(struct out *o)
{
	o->sum = crc32c(o->sum, span_mem(o->b, o->n));
	if (!o->failed && file_write(o->fd, span_mem(o->b, o->n)) < 0)
		o->failed = 1;
	o->n = 0;
	return o->failed ? -1 : 0;
}

static uint32_t
head_sum(const struct index_head *h)
{
	return crc32c(2, span_mem(h, offsetof(struct index_head, check)));
}
