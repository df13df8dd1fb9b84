/*
 * folder_scan - looks into new/ and cur/ and writes down what changed.
 *
 * While it reads, others rename: a listing may show a file twice or not at
 * all.  So a message that was not seen is gone only when a listing during
 * which nothing changed has missed it, or LISTINGS in a row, and a direct look
 * too; a base seen twice is looked at directly.  A file not known yet and not
 * seen is found by the next look; of a folder that nobody knows all listings
 * count together, so that its first view is whole.
 */
#include <sys/stat.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "store/folder_impl.h"
#include "store/folder_name.h"
#include "sys/clock.h"
#include "sys/file.h"
#include "sys/log.h"

/* A name that is not as the table has it.  Kept small: at the first sight of a
 * folder there is one for each message, and they are sorted. */
struct found {
	uint64_t time;
	uint32_t name;		/* in names */
	uint32_t flags;
	uint32_t at;		/* position, or NEW_MAIL */
	uint8_t name_n, base_n;
	uint8_t in_new, plain;
};
_Static_assert(FOLDER_FILE <= UINT8_MAX + 1, "lengths of names");

enum { LISTINGS = 6, ASKED = 64 };
#define NEW_MAIL UINT32_MAX

struct look {
	struct folder *f;
	int in_new;
	struct found *found;
	size_t nfound, size;
	struct buf names;
	unsigned char *pass, *ever;	/* bits: seen this time, at all */
	uint32_t seen, seen_new, never;	/* never: bits in ever */
	size_t twice;
};

static int  list(struct look *, int, int);
static int  unplaced_missing(struct look *);
static int  see(struct look *, const char *);
static int  add(struct look *, struct span, const struct file_name *,
    uint32_t);
static int  add_known(struct look *, const struct rec *, uint32_t);
static int  as_known(const struct folder *, const struct rec *, int,
    const struct file_name *);
static int  by_time(const void *, const void *, void *);
static int  resolve(struct look *);
static int  resolve_two(struct look *, struct found *, struct found *);
static int  is_place(struct look *, const struct found *);
static int  leftover(struct look *, const struct found *);
static int  record(struct look *, int);
static int  record_missing(struct look *, struct buf *, uint64_t, int,
    uint32_t);
static int  note(struct folder *, struct buf *, const struct line *);
static int  place_all(struct look *, uint32_t);
static int  move_new(struct folder *);
static int  write_stamps(struct folder *);

static struct span
found_name(const struct look *k, const struct found *x)
{
	return span_mem(k->names.p + x->name, x->name_n);
}

int
folder_scan(struct folder *f, int force)
{
	uint64_t new = folder_stamp_now(f->new.fd);
	uint64_t cur = folder_stamp_now(f->cur.fd);
	uint64_t now, began = clock_ns();
	struct look k = { .f = f, .names = { .max = TABLE_NAMES_MAX } };
	struct stat st;
	size_t bits = folder_table_count(&f->table) / 8 + 1;
	int only_new, tries, stable = 0, r = 0;
	int all_new = f->first && f->table.messages == 0;

	/* the file system's own idea of now, wherever its clock is */
	if (futimens(f->lock, NULL) == 0 && fstat(f->lock, &st) == 0)
		f->skew_ns = (int64_t)((uint64_t)st.st_mtim.tv_sec *
		    1000000000 + (uint64_t)st.st_mtim.tv_nsec - began);
	now = began + (uint64_t)f->skew_ns;
	only_new = !force && !folder_stamp_wanted(&f->cur, cur, now,
	    f->scan_ns);
	k.pass = calloc(2, bits);
	if (k.pass == NULL || new == 0 || cur == 0) {
		free(k.pass);
		return -1;
	}
	k.ever = k.pass + bits;
	for (tries = 0; r == 0 && tries < LISTINGS && !stable; tries++) {
		if (!all_new) {
			memset(k.pass, 0, bits);
			k.nfound = k.twice = 0;
			k.seen = k.seen_new = 0;
			buf_reset(&k.names);
		}
		new = folder_stamp_now(f->new.fd);
		cur = folder_stamp_now(f->cur.fd);
		r = list(&k, f->new.fd, 1);
		if (r == 0 && only_new && (k.seen_new != f->table.in_new ||
		    unplaced_missing(&k)))
			only_new = 0;	/* it may have gone to cur/ */
		if (r == 0 && !only_new)
			r = list(&k, f->cur.fd, 0);
		stable = folder_stamp_quiet(&f->new, new, now) && (only_new ||
		    folder_stamp_quiet(&f->cur, cur, now));
		if (only_new || (k.never == f->table.messages && !all_new))
			break;		/* nobody is missing */
	}
	if (r == 0)
		r = resolve(&k);
	if (r == 0) {
		f->table.stamp_new = f->table.stamp_cur = 0;
		r = record(&k, only_new ? 2 : stable);
	}
	if (r == 0) {
		f->table.placed = folder_table_count(&f->table);
		folder_stamp_set(&f->new, new, now);
		if (!only_new) {
			folder_stamp_set(&f->cur, cur, now);
			f->scan_ns = clock_ns() - began;
		}
		if (k.twice)
			f->new.stamp = f->cur.stamp = 0;
		r = write_stamps(f);
	}
	f->first = 0;
	free(k.found);
	free(k.pass);
	buf_free(&k.names);
	if (r == 0 && f->mode == FOLDER_WRITE && f->table.in_new)
		r = move_new(f);
	return r;
}

/* For the sessions to come: they need not look while these times stand. */
static int
write_stamps(struct folder *f)
{
	struct folder_table *t = &f->table;
	uint64_t new = f->new.young ? 0 : f->new.stamp;
	uint64_t cur = f->cur.young ? 0 : f->cur.stamp;

	if (new == 0 || cur == 0 ||
	    (t->stamp_new == new && t->stamp_cur == cur))
		return 0;
	t->stamp_new = new;
	t->stamp_cur = cur;
	return folder_log_append(&f->log, t, (struct span){ 0 }, 0, 0);
}

static int
list(struct look *k, int dir, int in_new)
{
	struct dirent *e;
	DIR *d;
	int fd, r = 0;

	if ((fd = file_open_dir(dir, ".")) < 0)
		return -1;
	if ((d = fdopendir(fd)) == NULL) {
		close(fd);
		return -1;
	}
	k->in_new = in_new;
	while (r == 0) {
		errno = 0;
		if ((e = readdir(d)) == NULL) {
			r = errno ? -1 : 1;
			break;
		}
		if (e->d_type == DT_REG || e->d_type == DT_UNKNOWN)
			r = see(k, e->d_name);
	}
	fd = errno;
	closedir(d);
	errno = fd;
	return r < 0 ? -1 : 0;
}

/* Of those that only the log knows, and which new/ does not show: is one not
 * in cur/ either, or are there too many to ask for each? */
static int
unplaced_missing(struct look *k)
{
	struct folder_table *t = &k->f->table;
	uint32_t i, n = folder_table_count(t);
	struct rec *c;

	if (n - t->placed > ASKED)
		return 1;
	for (i = t->placed; i < n; i++) {
		if (k->pass[i / 8] & 1 << (i & 7))
			continue;
		if ((c = folder_table_rec(t, i)) == NULL ||
		    (!(c->bits & REC_DEAD) && !folder_stands(k->f, c)))
			return 1;
	}
	return 0;
}

static int
see(struct look *k, const char *name)
{
	struct span s = span_of(name);
	struct file_name n;
	struct rec *r;
	int64_t at;
	unsigned char bit;

	if (file_name_parse(s, &n) < 0)
		return 0;
	if ((at = folder_table_find(&k->f->table, n.base)) < 0)
		return add(k, s, &n, NEW_MAIL);
	if ((r = folder_table_rec(&k->f->table, (uint32_t)at)) == NULL)
		return -1;
	bit = (unsigned char)(1 << (at & 7));
	if (k->pass[at / 8] & bit) {
		/* the one seen before is wanted too, to choose */
		k->twice++;
		return add(k, s, &n, (uint32_t)at) < 0 ? -1 :
		    add_known(k, r, (uint32_t)at);
	}
	k->pass[at / 8] |= bit;
	k->never += !(k->ever[at / 8] & bit);
	k->ever[at / 8] |= bit;
	k->seen++;
	k->seen_new += k->in_new && r->bits & REC_NEW;
	return as_known(k->f, r, k->in_new, &n) ? 0 :
	    add(k, s, &n, (uint32_t)at);
}

static int
add_known(struct look *k, const struct rec *r, uint32_t at)
{
	char name[FOLDER_FILE];
	struct file_name n;
	int was = k->in_new, e = 0;

	if (folder_file(k->f, r, name) == 0 &&
	    file_name_parse(span_of(name), &n) == 0) {
		k->in_new = !!(r->bits & REC_NEW);
		e = add(k, span_of(name), &n, at);
		k->in_new = was;
	}
	return e;
}

static int
add(struct look *k, struct span s, const struct file_name *n, uint32_t at)
{
	struct found *x, *v;
	size_t want;

	if (k->nfound == k->size) {
		want = k->size ? k->size * 2 : 256;
		if ((v = reallocarray(k->found, want, sizeof *v)) == NULL)
			return -1;
		k->found = v;
		k->size = want;
	}
	if (buf_room(&k->names, s.n) < 0) {
		errno = ENOMEM;
		return -1;
	}
	x = &k->found[k->nfound++];
	*x = (struct found){ file_name_time(n->base), (uint32_t)k->names.n,
	    n->flags, at, (uint8_t)s.n, (uint8_t)n->base.n,
	    (uint8_t)k->in_new, (uint8_t)n->plain };
	return buf_addspan(&k->names, s);
}

/* Does the file stand where, and named as, the table would look for it? */
static int
as_known(const struct folder *f, const struct rec *r, int in_new,
    const struct file_name *n)
{
	if (in_new != !!(r->bits & REC_NEW) || n->flags != r->flags)
		return 0;
	if (r->bits & REC_NAMED)
		return span_eq(span_from(folder_table_name(&f->table, r),
		    r->base_n), n->info);
	return in_new ? n->info.n == 0 : n->plain;
}

/* By arrival, so that UIDs follow it; those of one base beside each other. */
static int
by_time(const void *a, const void *b, void *arg)
{
	const struct found *x = a, *y = b;
	const struct look *k = arg;
	int r;

	if (x->at != y->at)
		return x->at < y->at ? -1 : 1;
	if (x->time != y->time)
		return x->time < y->time ? -1 : 1;
	r = span_cmp(span_sub(found_name(k, x), 0, x->base_n),
	    span_sub(found_name(k, y), 0, y->base_n));
	return r ? r : y->in_new - x->in_new;
}

/* Sorts what was found; of one base one name is left, of leftovers none. */
static int
resolve(struct look *k)
{
	struct found *v = k->found, *x;
	size_t i, j;
	int new_ones = 0;

	if (k->nfound)
		qsort_r(v, k->nfound, sizeof *v, by_time, k);
	for (i = j = 0; i < k->nfound; i++) {
		x = &v[i];
		if (x->at == NEW_MAIL && !new_ones++ &&
		    folder_table_sound(&k->f->table) < 0)
			return -1;
		/* the names lie about in memory: looked at last */
		if (j && v[j - 1].at == x->at && v[j - 1].time == x->time &&
		    span_eq(
		    span_sub(found_name(k, &v[j - 1]), 0, v[j - 1].base_n),
		    span_sub(found_name(k, x), 0, x->base_n))) {
			k->twice++;
			if (resolve_two(k, &v[j - 1], x))
				v[j - 1] = *x;
			continue;
		}
		if (x->at == NEW_MAIL && leftover(k, x))
			continue;
		v[j++] = *x;
	}
	k->nfound = j;
	return 0;
}

/*
 * Two names of one base: a file renamed while it was listed, or one that a
 * crash has left under both names (then one goes), or two mails (then the
 * second gets a base of its own, and is found at the next look).  1: the
 * second name is the one.
 */
static int
resolve_two(struct look *k, struct found *a, struct found *b)
{
	struct stat sa, sb;
	char na[FOLDER_FILE], nb[FOLDER_FILE], fresh[FOLDER_FILE];
	int da = a->in_new ? k->f->new.fd : k->f->cur.fd;
	int db = b->in_new ? k->f->new.fd : k->f->cur.fd;
	int mine;

	if (span_str(found_name(k, a), na, sizeof na) < 0 ||
	    span_str(found_name(k, b), nb, sizeof nb) < 0)
		return 0;
	if ((da == db && span_eq(found_name(k, a), found_name(k, b))) ||
	    fstatat(db, nb, &sb, AT_SYMLINK_NOFOLLOW) < 0)
		return 0;
	if (fstatat(da, na, &sa, AT_SYMLINK_NOFOLLOW) < 0)
		return 1;
	if (sa.st_dev != sb.st_dev || sa.st_ino != sb.st_ino) {
		/* the UID stays with the one that has it */
		mine = is_place(k, b);
		folder_fresh_name(k->f, found_name(k, mine ? a : b), fresh);
		file_move(mine ? da : db, mine ? na : nb, k->f->cur.fd, fresh);
		return mine;
	}
	if (sa.st_nlink < 2)
		return 1;
	/* Two links, or one that is renamed to and fro: what is put aside is
	 * removed only when the other is still there. */
	folder_fresh_name(k->f, found_name(k, a), fresh);
	if (file_move(da, na, k->f->cur.fd, fresh) < 0)
		return 1;
	if (fstatat(db, nb, &sb, AT_SYMLINK_NOFOLLOW) == 0 &&
	    sb.st_dev == sa.st_dev && sb.st_ino == sa.st_ino)
		unlinkat(k->f->cur.fd, fresh, 0);
	else
		file_move(k->f->cur.fd, fresh, da, na);
	return 1;
}

/* Is it where the table has its message? */
static int
is_place(struct look *k, const struct found *x)
{
	char name[FOLDER_FILE];
	struct rec *c;

	return x->at != NEW_MAIL &&
	    (c = folder_table_rec(&k->f->table, x->at)) != NULL &&
	    x->in_new == !!(c->bits & REC_NEW) &&
	    folder_file(k->f, c, name) == 0 &&
	    span_eq(found_name(k, x), span_of(name));
}

/* A file that we expunged, and that a crash brought back, has not been changed
 * since; one that was put back by hand has. */
static int
leftover(struct look *k, const struct found *x)
{
	char name[FOLDER_FILE];
	struct stat st;
	int dir = x->in_new ? k->f->new.fd : k->f->cur.fd;
	uint64_t ns = folder_table_expunged(&k->f->table,
	    span_sub(found_name(k, x), 0, x->base_n));

	if (ns == 0 || span_str(found_name(k, x), name, sizeof name) < 0)
		return 0;
	if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT;
	if ((uint64_t)st.st_ctim.tv_sec * 1000000000 +
	    (uint64_t)st.st_ctim.tv_nsec > ns)
		return 0;
	k->twice++;			/* our unlink changes the directory */
	return unlinkat(dir, name, 0) == 0 || errno == ENOENT;
}

/*
 * whole: 0 the listings were disturbed, 1 they were not, 2 only new/ was
 * looked at and nobody is missing.  Where there is no log yet, what it would
 * say goes into the table, of which the first one is made.
 */
static int
record(struct look *k, int whole)
{
	struct folder *f = k->f;
	struct folder_table *t = &f->table;
	struct buf b = { .max = SIZE_MAX / 2 };
	uint64_t modseq = t->modseq + 1;
	uint32_t uid = t->uidnext, from = folder_table_count(t);
	int missing = whole != 2 && k->seen < t->messages;
	int64_t saved = f->first ? 0 : clock_s();
	size_t i;
	int r = 0;

	folder_table_expect(t, k->nfound);
	for (i = 0; i < k->nfound && r == 0; i++) {
		struct found *x = &k->found[i];
		struct line l = { .kind = LINE_MAIL, .modseq = modseq,
		    .flags = x->flags, .time = (uint64_t)saved };
		struct rec *c;

		/* sorted, the names lie about: each would be waited for */
		if (i + 16 < k->nfound)
			__builtin_prefetch(k->names.p + x[16].name);
		if (x->at == NEW_MAIL) {
			if (uid == UINT32_MAX) {
				errno = EOVERFLOW;
				r = -1;
				continue;
			}
			l.uid = uid++;
			l.text = span_sub(found_name(k, x), 0, x->base_n);
			r = note(f, &b, &l);
		} else if ((c = folder_table_rec(t, x->at)) != NULL &&
		    c->flags != x->flags) {
			l.kind = LINE_FLAGS;
			l.uid = c->uid;
			r = note(f, &b, &l);
		}
	}
	if (r == 0 && missing)
		r = record_missing(k, &b, modseq, whole, from);
	if (r == 0 && f->log.fd < 0)
		r = folder_log_begin(&f->log, t, f->tree);
	else if (r == 0 && b.n)
		r = folder_log_append(&f->log, t, buf_span(&b), uid,
		    modseq);
	buf_free(&b);
	return r < 0 ? -1 : place_all(k, from);
}

/* Of the first n of the table. */
static int
record_missing(struct look *k, struct buf *b, uint64_t modseq, int whole,
    uint32_t n)
{
	struct folder_table *t = &k->f->table;
	const unsigned char *bits = whole ? k->pass : k->ever;
	struct rec *c;
	uint32_t i;

	for (i = 0; i < n; i++) {
		if (bits[i / 8] & 1 << (i & 7))
			continue;
		if ((c = folder_table_rec(t, i)) == NULL)
			return -1;
		if (c->bits & REC_DEAD || folder_stands(k->f, c))
			continue;
		if (note(k->f, b, &(struct line){ .kind = LINE_VANISHED,
		    .uid = c->uid, .modseq = modseq }) < 0)
			return -1;
	}
	return 0;
}

static int
note(struct folder *f, struct buf *b, const struct line *l)
{
	if (f->log.fd < 0)
		return folder_table_apply(&f->table, l);
	if (line_format(b, l) == 0)
		return 0;
	errno = ENOMEM;
	return -1;
}

/* Says in the table where what was found stands.  New ones are in the order
 * in which they were written down, from position from on. */
static int
place_all(struct look *k, uint32_t from)
{
	struct folder *f = k->f;
	size_t i;

	for (i = 0; i < k->nfound; i++) {
		struct found *x = &k->found[i];
		struct span s = found_name(k, x);
		uint32_t at = x->at == NEW_MAIL ? from++ : x->at;
		struct rec *c = folder_table_rec(&f->table, at);

		if (c == NULL || c->bits & REC_DEAD)
			continue;
		if (folder_table_place(&f->table, c, x->in_new, s,
		    x->in_new ? s.n > x->base_n : !x->plain) < 0)
			return -1;
	}
	return 0;
}

/* A message that we have seen does not stay in new/.  Its UID is on disk; that
 * a crash may undo the rename hurts nobody. */
static int
move_new(struct folder *f)
{
	struct folder_table *t = &f->table;
	char from[FOLDER_FILE], to[FOLDER_FILE];
	uint32_t i = folder_table_count(t), left = t->in_new;
	struct file_name n;
	struct rec *c;

	folder_own_begin(f);
	while (i-- > 0 && left) {
		if ((c = folder_table_rec(t, i)) == NULL)
			return -1;
		if (!(c->bits & REC_NEW) || c->bits & REC_DEAD)
			continue;
		left--;
		if (folder_file(f, c, from) < 0 ||
		    file_name_parse(span_of(from), &n) < 0 ||
		    file_name_format(to, n.base, c->flags, n.info) < 0)
			continue;
		if (file_move(f->new.fd, from, f->cur.fd, to) < 0)
			continue;	/* gone, or both names: the next look */
		file_name_parse(span_of(to), &n);
		c->bits |= REC_RECENT;
		t->recent++;
		if (folder_table_place(t, c, 0, span_of(to), !n.plain) < 0)
			return -1;
	}
	folder_own_end(f);
	return 0;
}
