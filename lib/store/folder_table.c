/* folder_table - what is known of a folder's messages, in order of UID. */
#include <sys/mman.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/crc32c.h"
#include "store/folder.h"
#include "store/folder_name.h"
#include "store/folder_table.h"
#include "sys/room.h"

#define TOMB_SLOT UINT32_C(0x80000000)	/* in a slot: a tombstone's number */

static int  grow(const struct folder_table *, void *, size_t *, size_t,
    size_t);
static int  name_add(struct folder_table *, struct span, uint32_t *);
static struct span name_at(const struct folder_table *, uint32_t, size_t);
static int  hash_all(struct folder_table *);
static int  hash_add(struct folder_table *, struct span, uint32_t);
static int  hash_grow(struct folder_table *, size_t);
static uint32_t hash(struct span);
static int  apply_head(struct folder_table *, const struct line *);
static int  apply_mail(struct folder_table *, const struct line *);
static int  apply_flags(struct folder_table *, const struct line *);
static int  apply_gone(struct folder_table *, const struct line *);
static void count_flags(struct folder_table *, uint32_t, uint32_t);
static uint32_t rec_sum(const struct folder_table *, const struct rec *);
static uint32_t tomb_sum(const struct tomb *);

void
folder_table_free(struct folder_table *t)
{
	struct table_part *p = &t->part[1];

	if (t->map)
		munmap(t->map, t->map_n);
	room_free(p->rec, t->rec_size * sizeof *p->rec);
	room_free(p->tomb, t->tomb_size * sizeof *p->tomb);
	room_free(p->name, t->name_size);
	free(p->slot);
	free(t->died.v);
	free(t->touched.v);
	free(t->recent.edge);
	*t = (struct folder_table){ .room = t->room };
}

uint32_t
folder_table_count(const struct folder_table *t)
{
	return (uint32_t)(t->part[0].nrec + t->part[1].nrec);
}

size_t
folder_table_tombs(const struct folder_table *t)
{
	return t->part[0].ntomb + t->part[1].ntomb;
}

static struct rec *
rec_at(const struct folder_table *t, size_t at)
{
	if (at < t->part[0].nrec)
		return t->part[0].rec + at;
	return t->part[1].rec + (at - t->part[0].nrec);
}

struct rec *
folder_table_rec(struct folder_table *t, uint32_t at)
{
	struct rec *r;

	if (at < folder_table_count(t)) {
		r = rec_at(t, at);
		/* ours cannot rot */
		if (at >= t->part[0].nrec || r->check == rec_sum(t, r))
			return r;
		t->rotten = 1;
	}
	errno = EUCLEAN;
	return NULL;
}

struct tomb *
folder_table_tomb(struct folder_table *t, size_t i)
{
	struct tomb *m;

	if (i >= t->part[0].ntomb)
		return t->part[1].tomb + (i - t->part[0].ntomb);
	m = t->part[0].tomb + i;
	if (m->check == tomb_sum(m))
		return m;
	t->rotten = 1;
	errno = EUCLEAN;
	return NULL;
}

struct span
folder_table_name(const struct folder_table *t, const struct rec *r)
{
	return name_at(t, r->name, r->name_n);
}

struct span
folder_table_base(const struct folder_table *t, const struct rec *r)
{
	return name_at(t, r->name, r->base_n);
}

struct span
folder_table_tomb_base(const struct folder_table *t, const struct tomb *m)
{
	return name_at(t, m->name, m->base_n);
}

void
folder_table_seal(const struct folder_table *t, struct rec *r)
{
	if ((uintptr_t)r - (uintptr_t)t->part[0].rec <
	    t->part[0].nrec * sizeof *r)
		r->check = rec_sum(t, r);
}

void
folder_table_seal_tomb(struct tomb *m)
{
	m->check = tomb_sum(m);
}

uint32_t
folder_table_seek(const struct folder_table *t, uint32_t uid)
{
	uint32_t from = 0, to = folder_table_count(t), at;

	while (from < to) {
		at = from + (to - from) / 2;
		if (rec_at(t, at)->uid < uid)
			from = at + 1;
		else
			to = at;
	}
	return from;
}

/* Calls nothing: the two hashes are walked by number of the match. */
static uint32_t
hash_next(const struct table_part *p, uint32_t h, size_t *step)
{
	uint32_t v;

	if (p->nslot == 0 || *step >= p->nslot)
		return 0;
	v = p->slot[(h + *step) & (p->nslot - 1)];
	(*step)++;
	return v;
}

int64_t
folder_table_find(struct folder_table *t, struct span base)
{
	uint32_t h, v;
	struct rec *r;
	size_t step;
	int i;

	if (folder_table_count(t) == 0)
		return -1;
	/* what cannot be searched may hide it */
	t->rotten |= hash_all(t) < 0;
	h = hash(base);
	for (i = 1; i >= 0; i--)
		for (step = 0; (v = hash_next(&t->part[i], h, &step)) != 0;) {
			if (v & TOMB_SLOT || v > folder_table_count(t))
				continue;
			r = rec_at(t, v - 1);
			if (!(r->bits & REC_DEAD) && r->base_n == base.n &&
			    span_eq(folder_table_base(t, r), base))
				return v - 1;
			(void)folder_table_rec(t, v - 1);
		}
	return -1;
}

/* A message that rot hides would be given a second UID. */
int
folder_table_sound(struct folder_table *t)
{
	struct table_part *p = &t->part[0];

	if (!t->slot_checked && p->nslot && t->slot_sum !=
	    crc32c(3, span_mem(p->slot, p->nslot * sizeof *p->slot)))
		t->rotten = 1;
	t->slot_checked = 1;
	if (t->rotten)
		errno = EUCLEAN;
	return t->rotten ? -1 : 0;
}

uint64_t
folder_table_expunged(struct folder_table *t, struct span base)
{
	uint32_t h, v, at;
	struct tomb *m;
	uint64_t ns = 0;
	size_t step;
	int i;

	if (folder_table_tombs(t) == 0)
		return 0;
	t->rotten |= hash_all(t) < 0;
	h = hash(base);
	for (i = 1; i >= 0; i--)
		for (step = 0; (v = hash_next(&t->part[i], h, &step)) != 0;) {
			at = v & ~TOMB_SLOT;
			if (at == v || at == 0 || at > folder_table_tombs(t) ||
			    (m = folder_table_tomb(t, at - 1)) == NULL)
				continue;
			if (m->base_n == base.n && m->ns > ns &&
			    span_eq(folder_table_tomb_base(t, m), base))
				ns = m->ns;
		}
	return ns;
}

int
folder_table_apply(struct folder_table *t, const struct line *l)
{
	t->learned++;
	switch (l->kind) {
	case LINE_HEAD:
		return apply_head(t, l);
	case LINE_RESERVE:
		if (l->uid > t->uid_reserved)
			t->uid_reserved = l->uid;
		if (l->modseq > t->modseq_reserved)
			t->modseq_reserved = l->modseq;
		return 0;
	case LINE_KEYWORD:
		if (l->uid >= 26 || span_str(l->text, t->keyword[l->uid],
		    sizeof t->keyword[0]) < 0) {
			errno = EUCLEAN;
			return -1;
		}
		return 0;
	case LINE_DURABLE:
		t->learned--;
		t->stamp_new = l->time;
		t->stamp_cur = l->time2;
		folder_table_taken(t, l->uid);
		return 0;
	default:
		break;
	}
	if (l->modseq > t->modseq)
		t->modseq = l->modseq;
	switch (l->kind) {
	case LINE_NEXT:
		if (l->uid > t->uidnext)
			t->uidnext = l->uid;
		return 0;
	case LINE_MAIL:
		return apply_mail(t, l);
	case LINE_FLAGS:
		return apply_flags(t, l);
	default:
		return apply_gone(t, l);
	}
}

void
folder_table_taken(struct folder_table *t, uint32_t uid)
{
	uint32_t at = folder_table_count(t);
	struct rec *r;

	if (uid > t->uidnext)
		uid = t->uidnext;
	if (uid <= t->recent.from)
		return;
	t->recent.from = uid;
	t->recent.free = 0;
	while (at-- > 0 && (r = folder_table_rec(t, at)) && r->uid >= uid)
		t->recent.free += !(r->bits & REC_DEAD);
}

int
folder_table_place(struct folder_table *t, struct rec *r, int in_new,
    struct span file, int named)
{
	uint32_t off;

	if (named) {
		if (name_add(t, file, &off) < 0)
			return -1;
		r->name = off;
		r->name_n = (uint16_t)file.n;
	} else
		r->name_n = r->base_n;
	t->in_new -= (r->bits & REC_NEW) != 0;
	t->in_new += in_new != 0;
	r->bits &= ~(uint32_t)(REC_NEW | REC_NAMED);
	r->bits |= (in_new ? REC_NEW : 0u) | (named ? REC_NAMED : 0u);
	folder_table_seal(t, r);
	t->learned++;
	return 0;
}

void
folder_table_expect(struct folder_table *t, size_t n, size_t names)
{
	struct table_part *p = &t->part[1];

	if (n <= UINT32_MAX >> 2)
		(void)grow(t, &p->rec, &t->rec_size, p->nrec + n,
		    sizeof *p->rec);
	if (names <= TABLE_NAMES_MAX)
		(void)grow(t, &p->name, &t->name_size, p->nname + names, 1);
}

int
positions_add(struct positions *p, uint32_t v)
{
	if (positions_room(p, 1) < 0)
		return -1;
	p->v[p->n++] = v;
	return 0;
}

int
positions_room(struct positions *p, size_t n)
{
	return grow(NULL, &p->v, &p->size, p->n + n, sizeof *p->v);
}

void
folder_table_hash(uint32_t *slot, size_t nslot, struct span base,
    uint32_t value)
{
	size_t at = hash(base) & (nslot - 1);

	while (slot[at])
		at = (at + 1) & (nslot - 1);
	slot[at] = value;
}

static int
apply_head(struct folder_table *t, const struct line *l)
{
	if (span_str(l->text, t->id, sizeof t->id) < 0) {
		errno = EUCLEAN;
		return -1;
	}
	t->generation = l->modseq;
	t->uidvalidity = l->uidvalidity;
	t->floor = l->time;
	if (t->uidnext == 0)
		t->uidnext = 1;
	if (t->modseq == 0)
		t->modseq = 1;
	return 0;
}

static int
apply_mail(struct folder_table *t, const struct line *l)
{
	struct table_part *p = &t->part[1];
	struct rec r = { .uid = l->uid, .flags = l->flags,
	    .modseq = l->modseq, .saved = (int64_t)l->time,
	    .base_n = (uint16_t)l->text.n, .name_n = (uint16_t)l->text.n };
	int sizes;

	if (l->uid == 0 || l->uid < t->uidnext || l->uid == UINT32_MAX ||
	    l->text.n >= FOLDER_FILE) {
		errno = EUCLEAN;
		return -1;
	}
	if (grow(t, &p->rec, &t->rec_size, p->nrec + 1, sizeof *p->rec) < 0 ||
	    name_add(t, l->text, &r.name) < 0)
		return -1;
	sizes = file_name_sizes(l->text, &r.size, &r.vsize);
	r.bits |= (sizes & FILE_NAME_SIZE ? REC_SIZE : 0u) |
	    (sizes & FILE_NAME_VSIZE ? REC_VSIZE : 0u);
	if (file_name_ours(l->text)) {
		r.bits |= REC_DATE;
		r.date = (int64_t)file_name_time(l->text);
	}
	p->rec[p->nrec++] = r;
	t->uidnext = l->uid + 1;
	t->messages++;
	t->recent.free++;
	count_flags(t, FLAG_SEEN, r.flags);
	return 0;
}

static int
apply_flags(struct folder_table *t, const struct line *l)
{
	uint32_t at = folder_table_seek(t, l->uid);
	struct rec *r = folder_table_rec(t, at);

	if (r == NULL || r->uid != l->uid) {
		errno = EUCLEAN;
		return -1;
	}
	if (r->bits & REC_DEAD)
		return 0;
	/* a line that fails is applied again, as if for the first time */
	if (!t->quiet && positions_add(&t->touched, at) < 0)
		return -1;
	count_flags(t, r->flags, l->flags);
	r->flags = l->flags;
	r->modseq = l->modseq;
	folder_table_seal(t, r);
	return 0;
}

static int
apply_gone(struct folder_table *t, const struct line *l)
{
	struct table_part *p = &t->part[1];
	struct tomb m = { .modseq = l->modseq, .uid = l->uid };
	uint32_t at = folder_table_seek(t, l->uid);
	struct rec *r = NULL;

	if (at < folder_table_count(t)) {
		if ((r = folder_table_rec(t, at)) == NULL)
			return -1;
		if (r->uid != l->uid)
			r = NULL;
	}
	if (r && r->bits & REC_DEAD)
		return 0;
	if (grow(t, &p->tomb, &t->tomb_size, p->ntomb + 1,
	    sizeof *p->tomb) < 0 || positions_room(&t->died, 1) < 0)
		return -1;
	if (l->kind == LINE_EXPUNGED) {
		m.ns = l->time;
		m.base_n = (uint32_t)l->text.n;
		if (name_add(t, l->text, &m.name) < 0)
			return -1;
	}
	folder_table_seal_tomb(&m);
	p->tomb[p->ntomb++] = m;
	if (l->uid >= t->uidnext)
		t->uidnext = l->uid + 1;
	if (r == NULL)
		return 0;
	count_flags(t, r->flags, FLAG_SEEN);
	t->in_new -= (r->bits & REC_NEW) != 0;
	recent_gone(&t->recent, r->uid);
	r->bits |= REC_DEAD;
	r->bits &= ~(uint32_t)REC_NEW;
	folder_table_seal(t, r);
	t->messages--;
	return positions_add(&t->died, at);
}

/* A message that is not there counts as seen and not deleted. */
static void
count_flags(struct folder_table *t, uint32_t old, uint32_t now)
{
	t->unseen += (uint32_t)!(now & FLAG_SEEN);
	t->unseen -= (uint32_t)!(old & FLAG_SEEN);
	t->deleted += (now & FLAG_DELETED) != 0;
	t->deleted -= (old & FLAG_DELETED) != 0;
}

/* Room for n of them: *p is a pointer to some type, of a part of t or to be
 * freed. */
static int
grow(const struct folder_table *t, void *p, size_t *size, size_t n,
    size_t each)
{
	size_t want = *size + *size / 2, bytes;
	void *q;

	if (n <= *size)
		return 0;
	if (want < n)
		want = n < 64 ? 64 : n;
	memcpy(&q, p, sizeof q);
	if (__builtin_mul_overflow(want, each, &bytes) ||
	    (q = t ? room_grow(t->room - 1, q, *size * each, bytes) :
	    realloc(q, bytes)) == NULL) {
		errno = ENOMEM;
		return -1;
	}
	memcpy(p, &q, sizeof q);
	*size = want;
	return 0;
}

static int
name_add(struct folder_table *t, struct span s, uint32_t *off)
{
	struct table_part *p = &t->part[1];
	size_t at = t->part[0].nname + p->nname;

	if (at + s.n > TABLE_NAMES_MAX) {
		errno = ENOMEM;
		return -1;
	}
	if (grow(t, &p->name, &t->name_size, p->nname + s.n, 1) < 0)
		return -1;
	memcpy(p->name + p->nname, s.p, s.n);
	p->nname += s.n;
	*off = (uint32_t)at;
	return 0;
}

/* Names of the index and ours follow each other in one row of offsets. */
static struct span
name_at(const struct folder_table *t, uint32_t off, size_t n)
{
	const struct table_part *p = &t->part[0];
	size_t at = off;

	if (at >= p->nname) {
		at -= p->nname;
		p++;
	}
	if (n == 0 || at > p->nname || n > p->nname - at)
		return (struct span){ 0 };
	return span_mem(p->name + at, n);
}

/* Names of ours are hashed when one is asked for: of most folders none is. */
static int
hash_all(struct folder_table *t)
{
	struct table_part *p = &t->part[1];
	struct tomb *m;
	size_t *i;

	for (i = &t->hashed_rec; *i < p->nrec; ++*i)
		if (hash_add(t, folder_table_base(t, &p->rec[*i]),
		    (uint32_t)(t->part[0].nrec + *i + 1)) < 0)
			return -1;
	for (i = &t->hashed_tomb; *i < p->ntomb; ++*i) {
		m = &p->tomb[*i];
		if (m->base_n && hash_add(t, folder_table_tomb_base(t, m),
		    TOMB_SLOT | (uint32_t)(t->part[0].ntomb + *i + 1)) < 0)
			return -1;
	}
	return 0;
}

static int
hash_add(struct folder_table *t, struct span base, uint32_t value)
{
	struct table_part *p = &t->part[1];
	size_t want = p->nslot ? p->nslot : 256;

	/* for all that are to come as well */
	while (want < 2 * (p->nrec + p->ntomb))
		want *= 2;
	if (want > p->nslot && hash_grow(t, want) < 0)
		return -1;
	folder_table_hash(p->slot, p->nslot, base, value);
	return 0;
}

static int
hash_grow(struct folder_table *t, size_t want)
{
	struct table_part *p = &t->part[1];
	uint32_t *slot, v;
	struct span s;
	size_t i, at;

	if ((slot = calloc(want, sizeof *slot)) == NULL)
		return -1;
	for (i = 0; i < p->nslot; i++) {
		if ((v = p->slot[i]) == 0)
			continue;
		at = (v & ~TOMB_SLOT) - 1;
		if (v & TOMB_SLOT)
			s = folder_table_tomb_base(t, p->tomb +
			    (at - t->part[0].ntomb));
		else
			s = folder_table_base(t, rec_at(t, at));
		folder_table_hash(slot, want, s, v);
	}
	free(p->slot);
	p->slot = slot;
	p->nslot = want;
	return 0;
}

static uint32_t
hash(struct span s)
{
	uint32_t h = crc32c(0, s);

	/* the sum is linear: names that count up would fill runs */
	return (h ^ h >> 15) * UINT32_C(0x2c1b3c6d);
}

static uint32_t
rec_sum(const struct folder_table *t, const struct rec *r)
{
	uint32_t c = crc32c(0, span_mem(r, offsetof(struct rec, check)));
	size_t n = r->name_n > r->base_n ? r->name_n : r->base_n;

	return crc32c(c, name_at(t, r->name, n));
}

static uint32_t
tomb_sum(const struct tomb *m)
{
	return crc32c(1, span_mem(m, offsetof(struct tomb, check)));
}
