/*
 * folder_look - what new/ and cur/ show.
 *
 * While it is read, others rename: a base seen twice is looked at directly.
 * Of a folder that nobody knows all names stand here, where they may be a
 * file's memory, and only positions of eight bytes are sorted.
 */
#include <sys/stat.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "store/folder_look.h"
#include "store/folder_name.h"
#include "sys/file.h"
#include "sys/room.h"

_Static_assert(FOLDER_FILE <= UINT8_MAX + 1, "lengths of names");

static int  see(struct look *, const char *, int);
static int  add(struct look *, struct span, const struct file_name *,
    uint32_t);
static int  make_room(struct look *, size_t);
static int  add_known(struct look *, const struct rec *, uint32_t);
static int  as_known(const struct folder *, const struct rec *, int,
    const struct file_name *);
static int  sort(struct look *);
static int  sort_byte(const struct found *, struct found *, size_t, int);
static int  by_time(const void *, const void *, void *);
static int  resolve_two(struct look *, const struct seen *,
    const struct seen *);
static int  is_place(struct look *, const struct seen *);
static int  leftover(struct look *, const struct seen *);

int
look_begin(struct look *k, struct folder *f)
{
	size_t bits = folder_table_count(&f->table) / 8 + 1;

	*k = (struct look){ .f = f };
	if ((k->pass = calloc(2, bits)) == NULL)
		return -1;
	k->ever = k->pass + bits;
	return 0;
}

void
look_again(struct look *k)
{
	memset(k->pass, 0, (size_t)(k->ever - k->pass));
	k->nfound = k->nnames = k->twice = 0;
	k->seen = k->seen_new = 0;
}

void
look_end(struct look *k)
{
	free(k->found);
	free(k->pass);
	room_free(k->names, k->room);
}

int
look_list(struct look *k, int dir, int in_new)
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
			r = see(k, e->d_name, e->d_type == DT_REG);
	}
	fd = errno;
	closedir(d);
	errno = fd;
	return r < 0 ? -1 : 0;
}

int
look_resolve(struct look *k)
{
	struct found *v;
	const struct seen *x;
	size_t i, j;
	int new_ones = 0;

	if (k->nfound && sort(k) < 0)
		return -1;
	v = k->found;
	for (i = j = 0; i < k->nfound; i++) {
		look_ahead(k, i);
		x = look_at(k, i);
		if (x->at == NEW_MAIL && !new_ones++ &&
		    folder_table_sound(&k->f->table) < 0)
			return -1;
		if (j && v[j - 1].time == v[i].time && span_eq(seen_base(
		    look_at(k, j - 1)), seen_base(x))) {
			k->twice++;
			if (resolve_two(k, look_at(k, j - 1), x))
				v[j - 1] = v[i];
			continue;
		}
		if (x->at == NEW_MAIL && leftover(k, x))
			continue;
		v[j++] = v[i];
	}
	k->nfound = j;
	return 0;
}

static int
see(struct look *k, const char *name, int regular)
{
	struct span s = span_of(name);
	struct file_name n;
	struct stat st;
	struct rec *r;
	int64_t at;
	unsigned char bit;

	if (file_name_parse(s, &n) < 0)
		return 0;
	if ((at = folder_table_find(&k->f->table, n.base)) < 0)
		return regular || (fstatat(k->in_new ? k->f->new.fd :
		    k->f->cur.fd, name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
		    S_ISREG(st.st_mode)) ? add(k, s, &n, NEW_MAIL) : 0;
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
	struct found *v;
	struct seen *x;
	uint64_t time;
	size_t want, room;

	if (k->nfound == k->size) {
		want = k->size ? k->size * 2 : 256;
		if ((v = reallocarray(k->found, want, sizeof *v)) == NULL)
			return -1;
		k->found = v;
		k->size = want;
	}
	/* padded, so that the next one is aligned */
	room = (offsetof(struct seen, name) + s.n + 3) & ~(size_t)3;
	if (room > k->room - k->nnames && make_room(k, k->nnames + room) < 0)
		return -1;
	time = file_name_time(n->base);
	k->found[k->nfound++] = (struct found){ time < UINT32_MAX ?
	    (uint32_t)time : UINT32_MAX, (uint32_t)k->nnames };
	x = (void *)(k->names + k->nnames);
	*x = (struct seen){ n->flags, at, (uint8_t)s.n, (uint8_t)n->base.n,
	    (uint8_t)k->in_new, (uint8_t)n->plain };
	memcpy(x->name, s.p, s.n);
	k->nnames += room;
	return 0;
}

/* For n bytes; at once for all that a large directory seems to have. */
static int
make_room(struct look *k, size_t n)
{
	size_t want = k->room ? 2 * k->room : 64 << 10;
	struct stat st;
	void *p;

	if (k->room == 0 && fstat(k->f->cur.fd, &st) == 0 &&
	    st.st_size >= ROOM_LARGE && st.st_size < TABLE_NAMES_MAX &&
	    folder_table_count(&k->f->table) == 0)
		want = (size_t)st.st_size;
	if (want > TABLE_NAMES_MAX)
		want = TABLE_NAMES_MAX;
	if (n > want || (p = room_grow(k->f->dir, k->names, k->room,
	    want)) == NULL) {
		errno = ENOMEM;
		return -1;
	}
	k->names = p;
	k->room = want;
	return 0;
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

/*
 * By arrival, so that UIDs follow it; those of one base beside each other.
 * Times differ mostly: by their bytes, from the last to the first, and only
 * those of one time by all.
 */
static int
sort(struct look *k)
{
	struct found *v = k->found, *w;
	size_t i, j;
	int byte;

	if ((w = reallocarray(NULL, k->size, sizeof *w)) == NULL)
		return -1;
	for (byte = 0; byte < 4; byte++)
		if (sort_byte(v, w, k->nfound, 8 * byte)) {
			k->found = w;
			w = v;
			v = k->found;
		}
	free(w);
	for (i = 0; i < k->nfound; i = j) {
		for (j = i + 1; j < k->nfound && v[j].time == v[i].time; j++)
			;
		if (j > i + 1)
			qsort_r(v + i, j - i, sizeof *v, by_time, k);
	}
	return 0;
}

/* From v to w; 0: all have the same byte, and nothing was done. */
static int
sort_byte(const struct found *v, struct found *w, size_t n, int shift)
{
	size_t at[256] = { 0 }, i, before = 0, here;

	for (i = 0; i < n; i++)
		at[v[i].time >> shift & 255]++;
	if (at[v[0].time >> shift & 255] == n)
		return 0;
	for (i = 0; i < 256; i++) {
		here = at[i];
		at[i] = before;
		before += here;
	}
	for (i = 0; i < n; i++)
		w[at[v[i].time >> shift & 255]++] = v[i];
	return 1;
}

static int
by_time(const void *a, const void *b, void *arg)
{
	const struct found *x = a, *y = b;
	const struct look *k = arg;
	const struct seen *v, *w;
	int r;

	if (x->time != y->time)
		return x->time < y->time ? -1 : 1;
	v = (const void *)(k->names + x->seen);
	w = (const void *)(k->names + y->seen);
	r = span_cmp(seen_base(v), seen_base(w));
	return r ? r : w->in_new - v->in_new;
}

/*
 * Two names of one base: a file renamed while it was listed, or one that a
 * crash has left under both names (then one goes), or two mails (then the
 * second gets a base of its own, and is found at the next look).  1: the
 * second name is the one.
 */
static int
resolve_two(struct look *k, const struct seen *a, const struct seen *b)
{
	struct stat sa, sb;
	char na[FOLDER_FILE], nb[FOLDER_FILE], fresh[FOLDER_FILE];
	int da = a->in_new ? k->f->new.fd : k->f->cur.fd;
	int db = b->in_new ? k->f->new.fd : k->f->cur.fd;
	int mine;

	if (span_str(seen_name(a), na, sizeof na) < 0 ||
	    span_str(seen_name(b), nb, sizeof nb) < 0)
		return 0;
	if ((da == db && span_eq(seen_name(a), seen_name(b))) ||
	    fstatat(db, nb, &sb, AT_SYMLINK_NOFOLLOW) < 0)
		return 0;
	if (fstatat(da, na, &sa, AT_SYMLINK_NOFOLLOW) < 0)
		return 1;
	if (sa.st_dev != sb.st_dev || sa.st_ino != sb.st_ino) {
		/* the UID stays with the one that has it */
		mine = is_place(k, b);
		folder_fresh_name(k->f, seen_name(mine ? a : b), fresh);
		file_move(mine ? da : db, mine ? na : nb, k->f->cur.fd, fresh);
		return mine;
	}
	if (sa.st_nlink < 2)
		return 1;
	/* Two links, or one that is renamed to and fro: what is put aside is
	 * removed only when the other is still there. */
	folder_fresh_name(k->f, seen_name(a), fresh);
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
is_place(struct look *k, const struct seen *x)
{
	char name[FOLDER_FILE];
	struct rec *c;

	return x->at != NEW_MAIL &&
	    (c = folder_table_rec(&k->f->table, x->at)) != NULL &&
	    x->in_new == !!(c->bits & REC_NEW) &&
	    folder_file(k->f, c, name) == 0 &&
	    span_eq(seen_name(x), span_of(name));
}

/* A file that we expunged, and that a crash brought back, has not been changed
 * since; one that was put back by hand has. */
static int
leftover(struct look *k, const struct seen *x)
{
	char name[FOLDER_FILE];
	struct stat st;
	int dir = x->in_new ? k->f->new.fd : k->f->cur.fd;
	uint64_t ns = folder_table_expunged(&k->f->table,
	    seen_base(x));

	if (ns == 0 || span_str(seen_name(x), name, sizeof name) < 0)
		return 0;
	if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT;
	if ((uint64_t)st.st_ctim.tv_sec * 1000000000 +
	    (uint64_t)st.st_ctim.tv_nsec > ns)
		return 0;
	k->twice++;			/* our unlink changes the directory */
	return unlinkat(dir, name, 0) == 0 || errno == ENOENT;
}
