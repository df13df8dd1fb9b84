/*
 * folder_append - messages that come in: APPEND, COPY, MOVE.
 *
 * Order: file, fsync, rename into cur/, and only then the lock, the lines with
 * the UIDs, fsync(cur), fdatasync: the lines share the flush of the names.
 * Sessions that append to one folder flush their messages beside each other;
 * whoever has the lock may have given our file its UID already.
 * A move has its tombstones in the source after its UIDs in the target, and
 * never holds two locks; but the target is not deleted as long as it has mail
 * that has no UID there (folder_hold).
 */
#include <sys/stat.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "store/folder_impl.h"
#include "store/folder_name.h"
#include "sys/clock.h"
#include "sys/file.h"
#include "sys/room.h"

enum { APPEND_BUFFER = 65536, TMP_OLD = 36 * 3600, TRANSFER_TRIES = 10 };

struct incoming {			/* a file that stands in cur/ */
	char name[FOLDER_FILE];		/* "" none */
	uint32_t flags, uid;
	int64_t date;
	uint64_t size, vsize;
	unsigned known;			/* KNOWN of them */
};

enum { KNOWN = REC_DATE | REC_SIZE | REC_VSIZE };

static int  tidy_one(void *, const char *);
static void append_close(struct append *);
static int  append_flush(struct append *);
static int  append_place(struct folder *, struct append *, struct incoming *);
static int  give_uids(struct folder *, struct incoming *, size_t);
static int  give_locked(struct folder *, struct incoming *, size_t);
static void take_back(struct folder *, struct incoming *, size_t);
static struct incoming *many(const struct folder *, size_t);
static int  ask_quota(struct folder *, int64_t, int64_t, int);
static int  transfer(struct folder *, const uint32_t *, size_t,
    struct folder *, struct incoming *, int);
static int  transfer_one(struct folder *, uint32_t, struct folder *,
    struct incoming *, int);
static int  link_or_copy(int, const char *, struct folder *, const char *);
static int  copy_data(int, int);
static uint32_t map_flags(struct folder *, uint32_t, struct folder *);

int
append_open(struct folder *f, struct append *a)
{
	int tmp = folder_open_sub(f->dir, "tmp");

	if (tmp < 0)
		return -1;
	folder_fresh_name(f, (struct span){ 0 }, a->name);
	a->fd = openat(tmp, a->name, O_WRONLY | O_CREAT | O_EXCL |
	    O_NOFOLLOW | O_CLOEXEC, 0600) + 1;
	close(tmp);
	if (a->fd && (a->b = malloc(APPEND_BUFFER)) != NULL)
		return 0;
	append_abort(f, a);
	return -1;
}

int
append_write(struct append *a, struct span s)
{
	struct span line;
	size_t n;
	int lf;

	while (s.n) {
		if (a->n + 2 > APPEND_BUFFER && append_flush(a) < 0)
			return -1;
		/* up to an LF, or what there is room for beside a CR */
		line = span_sub(s, 0, APPEND_BUFFER - 1 - a->n);
		n = span_find(line, '\n');
		lf = n < line.n;
		line.n = n;
		if (a->cr && (line.n || !lf))
			a->b[a->n++] = '\r';	/* it was alone */
		a->cr = line.n ? line.p[line.n - 1] == '\r' : a->cr && lf;
		if (line.n && a->cr)
			line.n--;
		if (line.n)
			memcpy(a->b + a->n, line.p, line.n);
		a->n += line.n;
		if (lf) {
			a->b[a->n++] = '\n';
			a->cr = 0;
		}
		s = span_from(s, n + (size_t)lf);
	}
	return 0;
}

/* A date that the file system has no room for (on ext4 one before 1901) becomes
 * the nearest that it has: to refuse it would lose an old message over a date
 * that is wrong anyhow. */
int
append_end(struct append *a)
{
	struct timespec t[2] = { { a->date, 0 }, { a->date, 0 } };

	/* append_write has left room for what it held back */
	if (a->cr)
		a->b[a->n++] = '\r';
	if (append_flush(a) < 0 ||
	    futimens(a->fd - 1, t) < 0 || fsync(a->fd - 1) < 0)
		return -1;
	append_close(a);
	return 0;
}

int
folder_append(struct folder *f, struct append *a, size_t n)
{
	struct incoming *v = calloc(n, sizeof *v);
	int64_t bytes = 0;
	size_t i;
	int r = v ? 0 : -1;

	for (i = 0; i < n && r == 0; i++) {
		r = a[i].fd ? append_end(&a[i]) : 0;
		bytes += (int64_t)a[i].size;
	}
	if (r == 0)
		r = ask_quota(f, bytes, (int64_t)n, 0);
	folder_own_begin(f);
	for (i = 0; i < n && r == 0; i++)
		r = append_place(f, &a[i], &v[i]);
	folder_own_end(f);
	if (r == 0)
		r = give_uids(f, v, n);
	if (r < 0)
		take_back(f, v, n);
	else
		ask_quota(f, bytes, (int64_t)n, 1);
	for (i = 0; i < n; i++) {
		a[i].uid = r == 0 ? v[i].uid : 0;
		append_abort(f, &a[i]);
	}
	free(v);
	return r;
}

void
append_abort(struct folder *f, struct append *a)
{
	int e = errno, tmp;

	append_close(a);
	if (a->name[0] && (tmp = folder_open_sub(f->dir, "tmp")) >= 0) {
		unlinkat(tmp, a->name, 0);
		close(tmp);
	}
	a->name[0] = '\0';
	errno = e;
}

int
folder_copy(struct folder *from, const uint32_t *number, size_t n,
    struct folder *to, uint32_t *uid)
{
	struct incoming *v = many(to, n);
	size_t i;
	int r;

	if (v == NULL)
		return -1;
	r = transfer(from, number, n, to, v, 0);
	for (i = 0; i < n; i++)
		uid[i] = r == 0 ? v[i].uid : 0;
	room_free(v, n * sizeof *v);
	return r;
}

int
folder_move(struct folder *from, const uint32_t *number, size_t n,
    struct folder *to, uint32_t *uid)
{
	struct incoming *v = many(to, n);
	uint32_t *at = calloc(n, sizeof *at);
	uint64_t ns = folder_now(from);
	size_t i, m = 0;
	int r = -1;

	if (v && at && folder_sync(from) == 0 &&
	    (r = transfer(from, number, n, to, v, 1)) == 0) {
		for (i = 0; i < n; i++)
			if ((uid[i] = v[i].uid) != 0)
				at[m++] = folder_at(from, number[i]);
		if ((r = folder_lock(from)) == 0) {
			/* what a move in two steps has changed since ns no
			 * tombstone would keep away */
			r = fsync(from->cur.fd);
			if (r == 0)
				r = folder_bury(from, at, m, ns);
			folder_unlock(from);
			if (folder_note(from) < 0)
				r = -1;
		}
	}
	free(at);
	room_free(v, n * sizeof *v);
	return r;
}

/* What a crash left in tmp/: older than 36 hours, as Maildirs have it. */
void
folder_tidy(struct folder *f)
{
	int tmp = folder_open_sub(f->dir, "tmp");

	if (tmp >= 0) {
		(void)file_each(tmp, tidy_one, &tmp);
		close(tmp);
	}
}

static int
tidy_one(void *arg, const char *name)
{
	const int *tmp = arg;
	struct stat st;

	if (fstatat(*tmp, name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
	    S_ISREG(st.st_mode) && st.st_ctime < clock_s() - TMP_OLD)
		unlinkat(*tmp, name, 0);
	return 0;
}

static void
append_close(struct append *a)
{
	if (a->fd)
		close(a->fd - 1);
	a->fd = 0;
	free(a->b);
	a->b = NULL;
}

static int
append_flush(struct append *a)
{
	struct span s = span_mem(a->b, a->n);

	if (file_write(a->fd - 1, s) < 0)
		return -1;
	folder_measure(s, &a->last, &a->size, &a->vsize);
	a->n = 0;
	return 0;
}

/* Under its name in cur/. */
static int
append_place(struct folder *f, struct append *a, struct incoming *in)
{
	struct buf b = { .max = FOLDER_FILE };
	int tmp, r;

	buf_addf(&b, "%s,S=%llu,W=%llu", a->name, (unsigned long long)a->size,
	    (unsigned long long)a->vsize);
	r = buf_ok(&b) ? file_name_format(in->name, buf_span(&b), a->flags,
	    (struct span){ 0 }) : -1;
	buf_free(&b);
	errno = ENAMETOOLONG;
	if (r < 0 || (tmp = folder_open_sub(f->dir, "tmp")) < 0) {
		in->name[0] = '\0';
		return -1;
	}
	r = file_move(tmp, a->name, f->cur.fd, in->name);
	close(tmp);
	if (r < 0)
		in->name[0] = '\0';
	in->flags = a->flags;
	in->date = a->date;
	in->size = a->size;
	in->vsize = a->vsize;
	in->known = KNOWN;
	return r;
}

static int
give_uids(struct folder *f, struct incoming *v, size_t n)
{
	int r;

	if (folder_lock(f) < 0)
		return -1;
	r = give_locked(f, v, n);
	folder_unlock(f);
	return r;
}

static int
give_locked(struct folder *f, struct incoming *v, size_t n)
{
	struct folder_table *t = &f->table;
	struct line l = { .kind = LINE_MAIL, .modseq = t->modseq + 1,
	    .time = (uint64_t)clock_s() };
	struct buf b = { .max = SIZE_MAX / 2 };
	uint32_t uid = t->uidnext;
	struct file_name name;
	struct stat st;
	struct rec *c;
	int64_t at;
	size_t i;
	int r = 0;

	for (i = 0; i < n && r == 0; i++) {
		if (file_name_parse(span_of(v[i].name), &name) < 0)
			continue;
		/* Somebody has seen it before us, or even expunged it: the name
		 * is nobody else's, and one message has one UID.  What others
		 * took away may have had one too, and what they renamed gets
		 * its own by a look. */
		if (folder_table_find(t, name.base) >= 0 ||
		    folder_table_expunged(t, name.base) != 0 ||
		    fstatat(f->cur.fd, v[i].name, &st,
		    AT_SYMLINK_NOFOLLOW) < 0)
			continue;
		l.uid = uid++;
		l.flags = v[i].flags;
		l.text = name.base;
		r = uid == 0 ? -1 : line_format(&b, &l);
	}
	/* one that could not be looked for would get a second UID */
	if (r == 0 && t->rotten) {
		errno = EUCLEAN;
		r = -1;
	}
	t->stamp_new = t->stamp_cur = 0;
	/* the names are flushed here, also where others gave all the UIDs */
	if (r == 0)
		r = b.n ? folder_write(f, buf_span(&b), uid,
		    l.modseq, f->cur.fd) : fsync(f->cur.fd);
	buf_free(&b);
	for (i = 0; i < n && r == 0; i++) {
		if (file_name_parse(span_of(v[i].name), &name) < 0 ||
		    (at = folder_table_find(t, name.base)) < 0 ||
		    (c = folder_table_rec(t, (uint32_t)at)) == NULL)
			continue;
		v[i].uid = c->uid;
		if (v[i].known & REC_DATE) {
			c->date = v[i].date;
			c->size = v[i].size;
			c->vsize = v[i].vsize;
			c->bits = (c->bits & ~(uint32_t)KNOWN) | v[i].known;
			folder_table_seal(t, c);
		}
	}
	return r;
}

static void
take_back(struct folder *f, struct incoming *v, size_t n)
{
	int e = errno;
	size_t i;

	for (i = 0; v && i < n; i++)
		if (v[i].name[0])
			unlinkat(f->cur.fd, v[i].name, 0);
	f->cur.stamp = 0;
	errno = e;
}

/* A whole folder's may be more than memory should hold. */
static struct incoming *
many(const struct folder *f, size_t n)
{
	struct incoming *v = room_grow(f->dir, NULL, 0, n * sizeof *v);

	if (v)
		memset(v, 0, n * sizeof *v);
	return v;
}

static int
ask_quota(struct folder *f, int64_t bytes, int64_t messages, int told)
{
	const struct tree *t = f->tree;

	return t->quota ? t->quota(t->quota_arg, told, bytes, messages) : 0;
}

static int
transfer(struct folder *from, const uint32_t *number, size_t n,
    struct folder *to, struct incoming *v, int move)
{
	int64_t bytes = 0;
	struct rec *c;
	size_t i;
	int r = 0;

	if (move && from->mode != FOLDER_WRITE) {
		errno = EROFS;
		return -1;
	}
	for (i = 0; i < n; i++) {
		if ((c = folder_rec(from, number[i])) == NULL)
			return -1;
		bytes += folder_bytes(from, c);
	}
	if (move ? folder_hold(to) < 0 :
	    ask_quota(to, bytes, (int64_t)n, 0) < 0)
		return -1;
	folder_own_begin(to);
	if (from != to)
		folder_own_begin(from);
	for (i = 0; i < n && r == 0; i++)
		r = transfer_one(from, number[i], to, &v[i], move);
	folder_own_end(to);
	if (from != to)
		folder_own_end(from);
	if (r == 0)
		do
			r = give_uids(to, v, n);
		while (r < 0 && folder_wants_room(to) &&
		    folder_make_room(from));
	if (move)
		folder_let_go(to);
	/* of a move nothing is taken back: what came is there, whole */
	if (r < 0 && !move)
		take_back(to, v, n);
	else if (!move)
		ask_quota(to, bytes, (int64_t)n, 1);
	return r;
}

/* 0 also when the message is gone: then in->name is empty. */
static int
transfer_one(struct folder *from, uint32_t number, struct folder *to,
    struct incoming *in, int move)
{
	char name[FOLDER_FILE], fresh[FOLDER_FILE];
	struct rec *c;
	struct file_name n;
	int tries, fd, r = -1;

	for (tries = 0; r < 0; tries++) {
		if ((c = folder_rec(from, number)) == NULL)
			return -1;
		in->name[0] = '\0';	/* that of the try before */
		if (c->bits & REC_DEAD)
			return 0;
		errno = ENAMETOOLONG;
		if (folder_file(from, c, name) < 0)
			return -1;
		in->flags = map_flags(from, c->flags, to);
		/* by who looked at it, not by its name */
		in->known = c->bits & KNOWN;
		in->date = c->date;
		in->size = c->size;
		in->vsize = c->vsize;
		folder_fresh_name(to, span_of(name), fresh);
		if (file_name_parse(span_of(fresh), &n) < 0 ||
		    file_name_format(in->name, n.base, in->flags,
		    (struct span){ 0 }) < 0) {
			errno = ENAMETOOLONG;
			break;
		}
		r = move ? file_move(folder_dirfd(from, c), name, to->cur.fd,
		    in->name) : link_or_copy(folder_dirfd(from, c), name, to,
		    in->name);
		if (r < 0 && (folder_make_room(to) || folder_make_room(from)))
			continue;
		/* somebody renamed it: this looks for it, or says it is gone */
		if (r == 0 || errno != ENOENT ||
		    (fd = folder_fd(from, number)) < 0)
			break;
		close(fd);
		if (tries == TRANSFER_TRIES) {
			errno = EBUSY;
			break;
		}
	}
	if (r == 0)
		return 0;
	in->name[0] = '\0';
	return errno == ENOENT ? 0 : -1;
}

static int
link_or_copy(int dir, const char *name, struct folder *to, const char *fresh)
{
	struct timespec t[2];
	struct stat st;
	int in, out = -1, tmp, r = -1;

	if (linkat(dir, name, to->cur.fd, fresh, 0) == 0)
		return 0;
	if (errno != EXDEV && errno != EPERM && errno != EMLINK &&
	    errno != EOPNOTSUPP)
		return -1;
	in = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (in < 0)
		return -1;
	if ((tmp = folder_open_sub(to->dir, "tmp")) >= 0)
		out = openat(tmp, fresh, O_WRONLY | O_CREAT | O_EXCL |
		    O_NOFOLLOW | O_CLOEXEC, 0600);
	if (out >= 0 && fstat(in, &st) == 0 && copy_data(in, out) == 0) {
		t[0] = st.st_atim;
		t[1] = st.st_mtim;
		r = futimens(out, t) < 0 || fsync(out) < 0 ? -1 :
		    file_move(tmp, fresh, to->cur.fd, fresh);
	}
	close(in);
	if (out >= 0) {
		if (r < 0)
			unlinkat(tmp, fresh, 0);
		close(out);
	}
	if (tmp >= 0)
		close(tmp);
	return r;
}

static int
copy_data(int in, int out)
{
	unsigned char *b = malloc(APPEND_BUFFER);
	ssize_t n = -1;

	while (b && (n = read(in, b, APPEND_BUFFER)) > 0)
		if (file_write(out, span_mem(b, (size_t)n)) < 0) {
			n = -1;
			break;
		}
	free(b);
	return n < 0 ? -1 : 0;
}

/* Keywords have letters of their own in each folder. */
static uint32_t
map_flags(struct folder *from, uint32_t flags, struct folder *to)
{
	uint32_t out = flags & ((UINT32_C(1) << FLAG_KEYWORD) - 1);
	unsigned i;
	int k;

	if (from == to)
		return flags;
	for (i = 0; i < FOLDER_KEYWORDS; i++)
		if (flags & UINT32_C(1) << (FLAG_KEYWORD + i) &&
		    (k = folder_keyword_find(to, folder_keyword(from, i),
		    1)) >= 0)
			out |= UINT32_C(1) << (FLAG_KEYWORD + k);
	return out;
}
