/* folder_view - a session's own numbering of a folder's messages, and what it
 * has to be told. */
#include <sys/stat.h>
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/lines.h"
#include "store/folder_impl.h"
#include "store/folder_name.h"

enum { MEASURE = 65536 };

static void take_recent(struct folder *);
static void merge(struct positions *, const uint32_t *, size_t);
static int  by_number(const void *, const void *);
static void sort(struct positions *);
static void sort_once(struct positions *);
static size_t below(const struct positions *, uint32_t);
static uint32_t number_of(const struct folder *, uint32_t);
static int  in_view(const struct folder *, uint32_t);
static void note_stat(struct folder *, struct rec *, const struct stat *);
static void note_sizes(struct folder *, struct rec *, uint64_t, uint64_t);
static int  measure(struct folder *, uint32_t, struct rec *);
static int  measure_fd(int, uint64_t *, uint64_t *);

uint32_t
folder_count(const struct folder *f)
{
	return f->upto - (uint32_t)(f->dead.n + f->leaving);
}

/* The position p for which number - 1 of the view stand before it: p less the
 * dead before it.  The dead are sorted, so their i-th stands before p when its
 * own number would not be higher. */
uint32_t
folder_at(const struct folder *f, uint32_t number)
{
	size_t from = 0, to = f->dead.n, i;

	while (from < to) {
		i = from + (to - from) / 2;
		if (f->dead.v[i] - i <= number - 1)
			from = i + 1;
		else
			to = i;
	}
	return number - 1 + (uint32_t)from;
}

struct rec *
folder_rec(struct folder *f, uint32_t number)
{
	if (number == 0 || number > folder_count(f)) {
		errno = EINVAL;
		return NULL;
	}
	return folder_table_rec(&f->table, folder_at(f, number));
}

int
folder_mail(struct folder *f, uint32_t number, struct mail *m)
{
	struct rec *c = folder_rec(f, number);

	if (c == NULL)
		return -1;
	*m = (struct mail){ c->uid, c->flags, c->modseq, c->saved,
	    recent_has(&f->table.recent, c->uid),
	    !!(c->bits & REC_DEAD) };
	return 0;
}

uint32_t
folder_seek(const struct folder *f, uint32_t uid)
{
	uint32_t at = folder_table_seek(&f->table, uid);

	return at >= f->upto ? folder_count(f) + 1 : number_of(f, at);
}

int
folder_file(struct folder *f, const struct rec *c, char out[FOLDER_FILE])
{
	struct span s = folder_table_name(&f->table, c);

	if (c->bits & (REC_NAMED | REC_NEW))
		return span_str(s, out, FOLDER_FILE);
	return file_name_format(out, folder_table_base(&f->table, c), c->flags,
	    (struct span){ 0 }) < 0 ? -1 : 0;
}

int
folder_dirfd(const struct folder *f, const struct rec *c)
{
	return c->bits & REC_NEW ? f->new.fd : f->cur.fd;
}

/* Gone is what is not there, or no file any more; no other error. */
int
folder_stands(struct folder *f, const struct rec *c)
{
	char name[FOLDER_FILE];
	struct stat st;

	if (folder_file(f, c, name) < 0)
		return 1;
	if (fstatat(folder_dirfd(f, c), name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return errno != ENOENT;
	return S_ISREG(st.st_mode);
}

/* One that only the log knows may stand in new/ still. */
int64_t
folder_bytes(struct folder *f, const struct rec *c)
{
	char name[FOLDER_FILE];
	struct stat st;

	if (f->tree->quota == NULL)
		return 0;
	if (c->bits & REC_SIZE)
		return (int64_t)c->size;
	if (folder_file(f, c, name) == 0 && fstatat(folder_dirfd(f, c), name,
	    &st, AT_SYMLINK_NOFOLLOW) == 0)
		return st.st_size;
	if (span_str(folder_table_base(&f->table, c), name, sizeof name) == 0 &&
	    fstatat(f->new.fd, name, &st, AT_SYMLINK_NOFOLLOW) == 0)
		return st.st_size;
	return 0;
}

/* Where it was last seen; else in new/ or cur/ as a message just told by the
 * log would stand; else by a look at all. */
int
folder_fd(struct folder *f, uint32_t number)
{
	char name[FOLDER_FILE];
	struct rec *c;
	struct stat st;
	int fd = -1, again;

	for (again = 0; again < 3 && fd < 0; again++) {
		if ((c = folder_rec(f, number)) == NULL)
			return -1;
		errno = ENOENT;
		if (c->bits & REC_DEAD || folder_file(f, c, name) < 0)
			return -1;
		if ((fd = folder_ahead_take(f, number, c->uid)) < 0)
			fd = openat(folder_dirfd(f, c), name, O_RDONLY |
			    O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
		if (fd < 0 && again == 0 && errno == ENOENT &&
		    !(c->bits & (REC_NEW | REC_NAMED)) && span_str(
		    folder_table_base(&f->table, c), name, sizeof name) == 0 &&
		    (fd = openat(f->new.fd, name, O_RDONLY | O_NOFOLLOW |
		    O_NONBLOCK | O_CLOEXEC)) >= 0)
			/* who looks for it to copy it goes by that */
			(void)folder_table_place(&f->table, c, 1,
			    span_of(name), 0);
		if (fd < 0 && errno != ENOENT && errno != ESTALE)
			return -1;
		if (fd < 0) {
			if (folder_lock(f) < 0)
				return -1;
			(void)folder_scan(f, 1);
			folder_unlock(f);
			if (folder_note(f) < 0)
				return -1;
		}
	}
	if (fd >= 0 && (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))) {
		close(fd);
		errno = EINVAL;
		return -1;
	}
	if (fd < 0)
		errno = ENOENT;
	else {
		note_stat(f, c, &st);
		folder_ahead_after(f, number);
	}
	return fd;
}

int
folder_date(struct folder *f, uint32_t number, int64_t *date)
{
	struct rec *c = folder_rec(f, number);
	char name[FOLDER_FILE];
	struct stat st;
	int fd;

	if (c == NULL)
		return -1;
	if (!(c->bits & REC_DATE)) {
		if (folder_file(f, c, name) == 0 &&
		    fstatat(folder_dirfd(f, c), name, &st,
		    AT_SYMLINK_NOFOLLOW) == 0)
			note_stat(f, c, &st);
		else if ((fd = folder_fd(f, number)) < 0)
			return -1;
		else
			close(fd);
		if ((c = folder_rec(f, number)) == NULL)
			return -1;
	}
	*date = c->date;
	return 0;
}

int
folder_sizes(struct folder *f, uint32_t number, uint64_t *size,
    uint64_t *vsize)
{
	struct rec *c = folder_rec(f, number);
	int64_t date;

	/* nobody has looked yet whether a name of others is right */
	if (c && !(c->bits & REC_DATE)) {
		(void)folder_date(f, number, &date);
		c = folder_rec(f, number);
	}
	if (c == NULL)
		return -1;
	if ((c->bits & (REC_SIZE | REC_VSIZE)) != (REC_SIZE | REC_VSIZE)) {
		if (measure(f, number, c) < 0)
			return -1;
		c = folder_rec(f, number);
		if (c == NULL)
			return -1;
	}
	*size = c->size;
	*vsize = c->vsize;
	return 0;
}

void
folder_measured(struct folder *f, uint32_t number, struct span bytes)
{
	struct rec *c = folder_rec(f, number);
	uint64_t size = 0, vsize = 0;
	unsigned char last = 0;

	folder_measure(bytes, &last, &size, &vsize);
	if (c)
		note_sizes(f, c, size, vsize);
}

int
folder_size(struct folder *f, uint64_t *sum)
{
	uint32_t i, n = folder_count(f);
	uint64_t size, vsize;

	*sum = 0;
	for (i = 1; i <= n; i++) {
		if (folder_sizes(f, i, &size, &vsize) == 0)
			*sum += vsize;
		else if (errno == EUCLEAN || errno == ENOMEM)
			return -1;
	}
	return 0;
}

int
folder_base(struct folder *f, uint32_t number, struct span *s)
{
	struct rec *c = folder_rec(f, number);

	if (c == NULL)
		return -1;
	*s = folder_table_base(&f->table, c);
	return 0;
}

int
folder_emailid(struct folder *f, uint32_t number, char out[EMAILID])
{
	struct span s;

	if (folder_base(f, number, &s) < 0)
		return -1;
	file_name_id(s, out);
	return 0;
}

void
folder_measure(struct span s, unsigned char *last, uint64_t *size,
    uint64_t *vsize)
{
	if (s.n == 0)
		return;
	*size += s.n;
	*vsize += s.n + lines_bare(s) - (s.p[0] == '\n' && *last == '\r');
	*last = s.p[s.n - 1];
}

/* Takes over from the table who died and whose flags changed.  There is room
 * for it first, also in dead, where all of them come to stand: a view that knew
 * half of it would number other messages than the client does. */
int
folder_note(struct folder *f)
{
	struct positions *d = &f->table.died, *t = &f->table.touched;
	size_t i, n;

	assert(f->leaving == 0);
	sort(d);
	n = below(d, f->upto);
	if (positions_room(&f->flags, t->n) < 0 ||
	    positions_room(&f->gone, n) < 0 ||
	    positions_room(&f->early, d->n - n) < 0 ||
	    positions_room(&f->dead, f->gone.n + f->early.n + d->n) < 0)
		return -1;
	for (i = 0; i < t->n; i++)
		if (t->v[i] < f->upto)
			f->flags.v[f->flags.n++] = t->v[i];
	sort_once(&f->flags);
	merge(&f->gone, d->v, n);
	/* those that the view will never have: it steps over them */
	if (n < d->n)
		merge(&f->early, d->v + n, d->n - n);
	d->n = t->n = 0;
	return 0;
}

struct change
folder_next(struct folder *f, unsigned what)
{
	struct change c = { CHANGE_NONE, 0, 0 };
	struct rec *r;
	uint32_t at, upto;

	/* it learns who has gone, which must not be between two of them */
	if (f->table.recent.free && f->mode == FOLDER_WRITE &&
	    folder_table_count(&f->table) > f->upto && f->leaving == 0)
		take_recent(f);
	if (what & FOLDER_GONE && f->gone.n) {
		at = f->gone.v[--f->gone.n];
		r = folder_table_rec(&f->table, at);
		c = (struct change){ CHANGE_GONE, number_of(f, at),
		    r ? r->uid : 0 };
		/* those below keep their numbers: joined when all are told */
		f->leaving++;
		f->told--;
		return c;
	}
	if (f->leaving)
		merge(&f->dead, f->gone.v + f->gone.n, f->leaving);
	f->leaving = 0;
	while (what & FOLDER_FLAGS && f->flags.n) {
		at = f->flags.v[--f->flags.n];
		r = folder_table_rec(&f->table, at);
		if (r && !(r->bits & REC_DEAD) && in_view(f, at))
			return (struct change){ CHANGE_FLAGS,
			    number_of(f, at), r->uid };
	}
	upto = folder_table_count(&f->table);
	if (upto > f->upto) {
		merge(&f->dead, f->early.v, f->early.n);
		f->early.n = 0;
		f->upto = upto;
		if (folder_count(f) != f->told) {
			f->told = folder_count(f);
			c = (struct change){ CHANGE_EXISTS, f->told, 0 };
		}
	}
	return c;
}

int
folder_vanished(struct folder *f, uint64_t modseq,
    int (*call)(void *, uint32_t, uint32_t), void *arg)
{
	struct folder_table *t = &f->table;
	struct positions p = { 0 };
	struct tomb *m;
	struct rec *c;
	uint32_t from = 1, at;
	size_t i, j;
	int r = 0;

	if (modseq < t->floor) {
		/* all between those that are there */
		for (at = 0; at < folder_table_count(t) && r == 0; at++) {
			if ((c = folder_table_rec(t, at)) == NULL)
				return -1;
			if (c->bits & REC_DEAD)
				continue;
			if (c->uid > from)
				r = call(arg, from, c->uid - 1);
			from = c->uid + 1;
		}
		if (r == 0 && from < t->uidnext)
			r = call(arg, from, t->uidnext - 1);
		return r;
	}
	for (i = 0; i < folder_table_tombs(t) && r == 0; i++)
		if ((m = folder_table_tomb(t, i)) == NULL)
			r = -1;
		else if (m->modseq > modseq)
			r = positions_add(&p, m->uid);
	if (p.n)
		qsort(p.v, p.n, sizeof *p.v, by_number);
	for (i = 0; i < p.n && r == 0; i = j) {
		for (j = i + 1; j < p.n && p.v[j] <= p.v[j - 1] + 1; j++)
			;
		r = call(arg, p.v[i], p.v[j - 1]);
	}
	free(p.v);
	return r;
}

/* What is about to be told is recent to this session, unless another was
 * faster.  Not flushed: a power cut may give it to the next one too; and where
 * it cannot be written that is all the harm. */
static void
take_recent(struct folder *f)
{
	if (folder_lock(f) < 0)
		return;
	if (recent_take(&f->table.recent, f->table.uidnext))
		(void)folder_log_append(&f->log, &f->table,
		    (struct span){ 0 }, 0, 0, -1);
	folder_unlock(f);
	(void)folder_note(f);
}

/* Adds n, sorted as p is, to p, which has room for them. */
static void
merge(struct positions *p, const uint32_t *v, size_t n)
{
	size_t i = p->n, j = p->n + n;

	for (p->n = j; n > 0;)
		if (i > 0 && p->v[i - 1] > v[n - 1])
			p->v[--j] = p->v[--i];
		else
			p->v[--j] = v[--n];
}

static int
by_number(const void *a, const void *b)
{
	uint32_t x, y;

	memcpy(&x, a, sizeof x);
	memcpy(&y, b, sizeof y);
	return x < y ? -1 : x > y;
}

static void
sort(struct positions *p)
{
	if (p->n)
		qsort(p->v, p->n, sizeof *p->v, by_number);
}

/* They may wait for long, while the same change again and again. */
static void
sort_once(struct positions *p)
{
	size_t i, n = 0;

	sort(p);
	for (i = 0; i < p->n; i++)
		if (n == 0 || p->v[n - 1] != p->v[i])
			p->v[n++] = p->v[i];
	p->n = n;
}

/* How many stand below at. */
static size_t
below(const struct positions *p, uint32_t at)
{
	size_t from = 0, to = p->n, i;

	while (from < to) {
		i = from + (to - from) / 2;
		if (p->v[i] < at)
			from = i + 1;
		else
			to = i;
	}
	return from;
}

static uint32_t
number_of(const struct folder *f, uint32_t at)
{
	return at + 1 - (uint32_t)below(&f->dead, at);
}

static int
in_view(const struct folder *f, uint32_t at)
{
	size_t i = below(&f->dead, at);

	return at < f->upto && (i == f->dead.n || f->dead.v[i] != at);
}

/*
 * Whoever opens it or looks spares the next one to ask.  Of a name with another
 * size than the file has neither S= nor W= is believed: a client that was told
 * too little reads no further.  W= beside the right S= is, until it is read.
 */
static void
note_stat(struct folder *f, struct rec *c, const struct stat *st)
{
	int wrong = c->bits & REC_SIZE && c->size != (uint64_t)st->st_size;

	if (c->bits & REC_DATE && !wrong)
		return;
	if (wrong)
		c->bits &= ~(uint32_t)(REC_SIZE | REC_VSIZE);
	if (!(c->bits & REC_DATE))
		c->date = st->st_mtime;
	c->bits |= REC_DATE;
	folder_table_seal(&f->table, c);
	f->table.learned++;
	f->measured++;
}

static void
note_sizes(struct folder *f, struct rec *c, uint64_t size, uint64_t vsize)
{
	int wrong = (c->bits & REC_SIZE && c->size != size) ||
	    (c->bits & REC_VSIZE && c->vsize != vsize);

	if (!wrong && c->bits & REC_SIZE && c->bits & REC_VSIZE)
		return;
	c->size = size;
	c->vsize = vsize;
	c->bits |= REC_SIZE | REC_VSIZE;
	folder_table_seal(&f->table, c);
	f->table.learned++;
	f->measured++;
	/* what the name has wrong only the index can keep */
	f->table.owed |= wrong;
}

static int
measure(struct folder *f, uint32_t number, struct rec *c)
{
	uint64_t size, vsize;
	int fd, r;

	if ((fd = folder_fd(f, number)) < 0)
		return -1;
	r = measure_fd(fd, &size, &vsize);
	close(fd);
	if (r < 0 || (c = folder_rec(f, number)) == NULL)
		return -1;
	note_sizes(f, c, size, vsize);
	return 0;
}

static int
measure_fd(int fd, uint64_t *size, uint64_t *vsize)
{
	unsigned char *b, last = 0;
	ssize_t n;

	if ((b = malloc(MEASURE)) == NULL)
		return -1;
	*size = *vsize = 0;
	while ((n = read(fd, b, MEASURE)) > 0)
		folder_measure(span_mem(b, (size_t)n), &last, size, vsize);
	free(b);
	return n < 0 ? -1 : 0;
}
