/*
 * folder_change - flags, keywords and expunging.
 *
 * Order: renames, log lines, fsync(cur), fdatasync; for an expunge log lines,
 * fdatasync, unlinks: the other way a crash would bring mail back under a new
 * UID (RELIABILITY 3c), or takes a flush of its own (expunge_full).  Lines
 * whose renames a power cut took back were told to nobody: the next look finds
 * other flags, as after any rename.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "store/folder_impl.h"
#include "store/folder_name.h"
#include "sys/clock.h"
#include "sys/file.h"

struct storing {
	const struct store *s;
	const uint32_t *at;		/* positions */
	unsigned char *result;
	size_t renamed, missing;
	int looked;			/* what is missing was looked for */
};

struct expunged {
	struct folder_table *table;
	int dir;
	uint64_t ns;
};

enum { STORE_RENAMED = 0xfe, STORE_UNDONE = 0xff };

static int  keyword_at(const struct folder *, struct span);
static int  is_keyword(struct span);
static int  make_keyword(struct folder *, struct span);
static uint32_t *positions_of(struct folder *, const uint32_t *, size_t);
static int  store_locked(struct folder *, struct storing *, size_t);
static int  store_pass(struct folder *, struct storing *, size_t);
static int  store_lines(struct folder *, struct storing *, size_t);
static int  store_one(struct folder *, struct storing *, size_t);
static int  rename_flags(struct folder *, struct rec *, uint32_t);
static int  expunge_locked(struct folder *, const uint32_t *, size_t,
    uint64_t);
static int  expunge_full(struct folder *, const uint32_t *, size_t, uint64_t);
static int  unlink_all(struct folder *, const uint32_t *, size_t, uint64_t);
static int  unlink_one(struct folder *, struct rec *);
static int  unlink_renamed(struct folder *, int, uint64_t);
static int  unlink_expunged(void *, const char *);

int
folder_store(struct folder *f, const struct store *s, const uint32_t *number,
    size_t n, unsigned char *result)
{
	struct storing g = { .s = s, .result = result };
	uint32_t *at;
	int r, note;

	if (f->mode != FOLDER_WRITE) {
		errno = EROFS;
		return -1;
	}
	if (n == 0)
		return 0;
	if ((at = positions_of(f, number, n)) == NULL)
		return -1;
	g.at = at;
	memset(result, STORE_UNDONE, n);
	r = folder_lock(f);
	if (r == 0) {
		/* what others did so far is still to be told */
		note = folder_note(f);
		f->table.quiet = 1;
		r = note < 0 ? -1 : store_locked(f, &g, n);
		f->table.quiet = 0;
		folder_unlock(f);
		if (folder_note(f) < 0)
			r = -1;
	}
	free(at);
	return r;
}

int
folder_expunge(struct folder *f, const uint32_t *number, size_t n)
{
	uint64_t ns = folder_now(f);
	uint32_t *at;
	int r;

	if (n == 0)
		return 0;
	if (folder_sync(f) < 0 || (at = positions_of(f, number, n)) == NULL)
		return -1;
	if ((r = folder_lock(f)) == 0) {
		r = expunge_locked(f, at, n, ns);
		folder_unlock(f);
		if (folder_note(f) < 0)
			r = -1;
	}
	free(at);
	return r;
}

int
folder_bury(struct folder *f, const uint32_t *at, size_t n, uint64_t ns)
{
	struct buf b = { .max = SIZE_MAX / 2 };
	struct line l = { .kind = LINE_EXPUNGED, .time = ns,
	    .modseq = f->table.modseq + 1 };
	struct rec *c;
	size_t i;
	int r = 0;

	for (i = 0; i < n && r == 0; i++) {
		if ((c = folder_table_rec(&f->table, at[i])) == NULL)
			r = -1;
		else if (!(c->bits & REC_DEAD)) {
			l.uid = c->uid;
			l.text = folder_table_base(&f->table, c);
			r = line_format(&b, &l);
		}
	}
	f->table.stamp_new = f->table.stamp_cur = 0;
	if (r == 0 && b.n)
		r = folder_write(f, buf_span(&b), 0, l.modseq, -1);
	buf_free(&b);
	return r;
}

struct span
folder_keyword(const struct folder *f, unsigned i)
{
	return i < FOLDER_KEYWORDS ? span_of(f->table.keyword[i]) :
	    (struct span){ 0 };
}

int
folder_keyword_find(struct folder *f, struct span name, int make)
{
	int i = keyword_at(f, name);

	if (i >= 0)
		return i;
	if (!make || !is_keyword(name)) {
		errno = EINVAL;
		return -1;
	}
	if (folder_lock(f) < 0)
		return -1;
	/* another may have made it meanwhile */
	if ((i = keyword_at(f, name)) < 0)
		i = make_keyword(f, name);
	folder_unlock(f);
	return i;
}

/* RFC 9051 2.3.2: not case-sensitive.  -1: there is none. */
static int
keyword_at(const struct folder *f, struct span name)
{
	int i;

	for (i = 0; i < FOLDER_KEYWORDS && name.n; i++)
		if (span_case_eq(span_of(f->table.keyword[i]), name))
			return i;
	return -1;
}

static int
is_keyword(struct span s)
{
	size_t i;

	for (i = 0; i < s.n && s.p[i] > 0x20 && s.p[i] < 0x7f; i++)
		;
	return i == s.n && i > 0 && i <= KEYWORD_MAX;
}

static int
make_keyword(struct folder *f, struct span name)
{
	struct folder_table *t = &f->table;
	struct line l = { .kind = LINE_KEYWORD, .text = name };
	struct buf b = { .max = LINE_MAX_BYTES };
	int r;

	while (l.uid < FOLDER_KEYWORDS && t->keyword[l.uid][0])
		l.uid++;
	if (l.uid == FOLDER_KEYWORDS) {
		errno = ERANGE;
		return -1;
	}
	t->stamp_new = t->stamp_cur = 0;
	r = line_format(&b, &l);
	if (r == 0)
		r = folder_write(f, buf_span(&b), 0, 0, -1);
	buf_free(&b);
	return r < 0 ? -1 : (int)l.uid;
}

static uint32_t *
positions_of(struct folder *f, const uint32_t *number, size_t n)
{
	uint32_t *at = reallocarray(NULL, n, sizeof *at);
	size_t i;

	for (i = 0; at && i < n; i++) {
		if (folder_rec(f, number[i]) == NULL) {
			free(at);
			return NULL;
		}
		at[i] = folder_at(f, number[i]);
	}
	return at;
}

static int
store_locked(struct folder *f, struct storing *g, size_t n)
{
	size_t i;
	int r;

	folder_own_begin(f);
	r = store_pass(f, g, n);
	if (r == 0 && g->missing) {
		/* Somebody renamed them, or has put another mail where they
		 * would go, which a look gives a base of its own: look, then
		 * once more. */
		g->looked = 1;
		folder_own_end(f);
		f->table.quiet = 0;
		r = folder_scan(f, 1);
		if (r == 0)
			r = folder_note(f);
		f->table.quiet = 1;
		folder_own_begin(f);
		if (r == 0)
			r = store_pass(f, g, n);
	}
	/* also after an error: what was renamed is written down */
	if (g->renamed && store_lines(f, g, n) < 0)
		r = -1;
	for (i = 0; i < n; i++)
		if (g->result[i] == STORE_UNDONE)
			g->result[i] = STORE_GONE;
	folder_own_end(f);
	if (r < 0)
		f->cur.stamp = 0;
	return r;
}

static uint32_t
new_flags(const struct store *s, uint32_t flags)
{
	switch (s->how) {
	case STORE_ADD:
		return flags | s->flags;
	case STORE_REMOVE:
		return flags & ~s->flags;
	default:
		return s->flags;
	}
}

/* One mod-sequence for all, above whatever was told while we renamed. */
static int
store_lines(struct folder *f, struct storing *g, size_t n)
{
	struct buf b = { .max = SIZE_MAX / 2 };
	struct line l = { .kind = LINE_FLAGS, .modseq = f->table.modseq + 1 };
	struct rec *c;
	size_t i;
	int r = 0;

	f->table.stamp_new = f->table.stamp_cur = 0;
	for (i = 0; i < n && r == 0; i++) {
		if (g->result[i] != STORE_RENAMED)
			continue;
		g->result[i] = STORED;
		if ((c = folder_table_rec(&f->table, g->at[i])) == NULL)
			r = -1;
		else if (!(c->bits & REC_DEAD)) {
			l.uid = c->uid;
			l.flags = new_flags(g->s, c->flags);
			r = line_format(&b, &l);
		}
	}
	if (r == 0 && b.n)
		r = folder_write(f, buf_span(&b), 0, l.modseq, f->cur.fd);
	buf_free(&b);
	return r;
}

static int
store_pass(struct folder *f, struct storing *g, size_t n)
{
	size_t i;

	g->missing = 0;
	for (i = 0; i < n; i++)
		if (g->result[i] == STORE_UNDONE && store_one(f, g, i) < 0)
			return -1;
	return 0;
}

static int
store_one(struct folder *f, struct storing *g, size_t i)
{
	struct rec *c = folder_table_rec(&f->table, g->at[i]);
	uint32_t flags;

	if (c == NULL)
		return -1;
	if (c->bits & REC_DEAD) {
		g->result[i] = STORE_GONE;
		return 0;
	}
	if (c->modseq > g->s->unchanged_since) {
		g->result[i] = STORE_MODIFIED;
		return positions_add(&f->flags, g->at[i]);
	}
	flags = new_flags(g->s, c->flags);
	if (flags == c->flags) {
		/* nothing to do, unless others have changed them since */
		if (folder_stands(f, c))
			g->result[i] = STORED;
		else
			g->missing++;
		return 0;
	}
	if (rename_flags(f, c, flags) < 0) {
		if (errno != ENOENT && (errno != EEXIST || g->looked))
			return -1;
		g->missing++;
		return 0;
	}
	g->renamed++;
	g->result[i] = STORE_RENAMED;
	return 0;
}

/* Renames, over no other mail, and notes where it stands; the flags themselves
 * when the line is on disk, from the line. */
static int
rename_flags(struct folder *f, struct rec *c, uint32_t flags)
{
	char from[FOLDER_FILE], to[FOLDER_FILE];
	struct file_name n;
	int dir = folder_dirfd(f, c);

	if (folder_file(f, c, from) < 0 ||
	    file_name_parse(span_of(from), &n) < 0 ||
	    file_name_format(to, n.base, flags, n.info) < 0) {
		errno = ENAMETOOLONG;
		return -1;
	}
	if (dir == f->cur.fd && strcmp(from, to) == 0) {
		/* after lines that found no room */
		errno = ENOENT;
		if (!folder_stands(f, c))
			return -1;
	} else
		while (file_move(dir, from, f->cur.fd, to) < 0)
			if (!folder_make_room(f))
				return -1;
	file_name_parse(span_of(to), &n);
	/* until its flags are set its name is not what they say */
	return folder_table_place(&f->table, c, 0, span_of(to), !n.plain);
}

static int
expunge_locked(struct folder *f, const uint32_t *at, size_t n, uint64_t ns)
{
	uint32_t *alive = reallocarray(NULL, n, sizeof *alive);
	int64_t bytes = 0;
	size_t i, m = 0;
	struct rec *c;
	int r;

	if (alive == NULL)
		return -1;
	for (i = 0; i < n; i++) {
		c = folder_table_rec(&f->table, at[i]);
		if (c && !(c->bits & REC_DEAD)) {
			alive[m++] = at[i];
			bytes += folder_bytes(f, c);
		}
	}
	r = m ? folder_bury(f, alive, m, ns) : 0;
	if (r < 0 && folder_wants_room(f))
		r = expunge_full(f, alive, m, ns);
	if (r == 0 && m) {
		folder_own_begin(f);
		r = unlink_all(f, alive, m, ns);
		folder_own_end(f);
		if (f->tree->quota)
			f->tree->quota(f->tree->quota_arg, 1, -bytes,
			    -(int64_t)m);
	}
	free(alive);
	return r;
}

/*
 * On a full disk who goes makes room for the tombstones.  Nobody gives them
 * other numbers: as we have the lock, nobody says that they are gone before
 * their unlinks are flushed.  Where there is no room all the same they are gone
 * as if another program had removed them.
 */
static int
expunge_full(struct folder *f, const uint32_t *at, size_t n, uint64_t ns)
{
	int e = errno;

	f->cur.stamp = f->new.stamp = 0;
	if (unlink_all(f, at, n, ns) < 0)
		return -1;
	/* all of it: btrfs has the room only then */
	if (file_flush_all(f->dir) == 0)
		return folder_bury(f, at, n, ns);
	errno = e;
	return -1;
}

/* Those that somebody renamed meanwhile are looked for by their bases. */
static int
unlink_all(struct folder *f, const uint32_t *at, size_t n, uint64_t ns)
{
	struct rec *c;
	size_t i, missing = 0;

	for (i = 0; i < n; i++) {
		if ((c = folder_table_rec(&f->table, at[i])) == NULL)
			return -1;
		if (unlink_one(f, c) < 0 && errno == ENOENT)
			missing++;
	}
	if (missing && (unlink_renamed(f, f->cur.fd, ns) < 0 ||
	    unlink_renamed(f, f->new.fd, ns) < 0))
		return -1;
	return 0;
}

static int
unlink_one(struct folder *f, struct rec *c)
{
	char name[FOLDER_FILE];

	if (folder_file(f, c, name) < 0)
		return -1;
	/* dead ones are not in new/ any more, says the table */
	if (unlinkat(f->cur.fd, name, 0) == 0)
		return 0;
	if (errno != ENOENT || span_str(folder_table_base(&f->table, c), name,
	    sizeof name) < 0)
		return -1;
	return unlinkat(f->new.fd, name, 0);
}

/* Names whose base was expunged at ns or later. */
static int
unlink_renamed(struct folder *f, int dir, uint64_t ns)
{
	struct expunged x = { &f->table, dir, ns };

	return file_each(dir, unlink_expunged, &x);
}

static int
unlink_expunged(void *arg, const char *name)
{
	struct expunged *x = arg;
	struct file_name n;

	if (file_name_parse(span_of(name), &n) == 0 &&
	    folder_table_find(x->table, n.base) < 0 &&
	    folder_table_expunged(x->table, n.base) >= x->ns)
		unlinkat(x->dir, name, 0);
	return 0;
}
