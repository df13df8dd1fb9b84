/* folder - one folder of a mailbox: open, lock, sync, close. */
#include <sys/stat.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/encode.h"
#include "store/folder_impl.h"
#include "store/folder_index.h"
#include "store/folder_name.h"
#include "sys/clock.h"
#include "sys/file.h"
#include "sys/log.h"

static int  open_once(struct folder **, const struct tree *, const char *,
    enum folder_mode);
static int  open_dirs(struct folder *, const char *);
static int  open_numbers(struct folder *, const char *);
static int  settle(struct folder *);
static int  load(struct folder *);
static int  load_once(struct folder *);
static int  is_older(const struct folder *, const struct folder_table *);
static int  mend(struct folder *);
static int  create(struct folder *, uint32_t);
static int  take_over(struct folder *);
static int  left_in_new(const struct folder *);
static int  any(void *, const char *);
static int  absorb(struct folder_table *, struct folder_table *);
static int  absorb_one(struct folder_table *, const struct rec *,
    const struct rec *, uint64_t);

/* An index that is rotten is thrown away by the first try. */
int
folder_open(struct folder **f, const struct tree *tree, const char *name,
    enum folder_mode mode)
{
	if (open_once(f, tree, name, mode) == 0)
		return 0;
	return errno == EUCLEAN ? open_once(f, tree, name, mode) : -1;
}

static int
open_once(struct folder **out, const struct tree *tree, const char *name,
    enum folder_mode mode)
{
	struct folder *f;
	int e;

	if ((f = calloc(1, sizeof *f)) == NULL)
		return -1;
	f->tree = tree;
	f->mode = mode;
	f->dir = f->lock = f->cur.fd = f->new.fd = f->log.fd = -1;
	if (open_dirs(f, name) < 0 || open_numbers(f, name) < 0 ||
	    settle(f) < 0 || folder_sync(f) < 0) {
		e = errno;
		f->table.rotten |= e == EUCLEAN;
		folder_log_close(&f->log);
		folder_close(f);
		errno = e;
		return -1;
	}
	/* of many looks at a large folder none flushes what another wrote */
	if (mode == FOLDER_READ)
		f->table.unflushed = 0;
	/* all that was found is the view, nothing is left to tell */
	while (folder_next(f, FOLDER_GONE | FOLDER_FLAGS).kind != CHANGE_NONE)
		;
	*out = f;
	return 0;
}

void
folder_close(struct folder *f)
{
	if (f->log.fd >= 0)
		folder_save(f);
	if (f->table.rotten)
		unlinkat(f->dir, "correo-index", 0);
	folder_ahead_end(f);
	folder_cache_close(&f->cache);
	folder_table_free(&f->table);
	folder_log_close(&f->log);
	free(f->dead.v);
	free(f->early.v);
	free(f->gone.v);
	free(f->flags.v);
	close(f->cur.fd);
	close(f->new.fd);
	close(f->lock);
	close(f->dir);
	free(f);
}

int
folder_is(const struct folder *f, const char *name)
{
	struct stat a, b;
	int fd = tree_folder(f->tree, name), is;

	if (fd < 0)
		return 0;
	is = fstat(fd, &a) == 0 && fstat(f->dir, &b) == 0 &&
	    a.st_dev == b.st_dev && a.st_ino == b.st_ino;
	close(fd);
	return is;
}

void
folder_totals(const struct folder *f, struct folder_totals *s)
{
	const struct folder_table *t = &f->table;

	*s = (struct folder_totals){ t->uidvalidity, t->uidnext, t->messages,
	    t->unseen, t->deleted, t->recent.free + t->recent.taken, t->modseq,
	    "" };
	memcpy(s->id, t->id, sizeof s->id);
}

int
folder_sync(struct folder *f)
{
	int r;

	if (folder_catch_up(f) < 0 || (r = folder_scan_wanted(f)) < 0)
		return -1;
	if (r == 0)
		r = left_in_new(f);
	if (r) {
		if (folder_lock(f) < 0)
			return -1;
		r = folder_scan(f, 0);
		folder_unlock(f);
		if (r < 0 && folder_full(errno)) {
			/* what is known can be read all the same */
			r = 0;
			if (!f->full++)
				log_warn("disk-full", "new mail is not told: "
				    "its numbers cannot be kept");
		}
	}
	return r < 0 ? -1 : folder_note(f);
}

int
folder_full(int error)
{
	return error == ENOSPC || error == EDQUOT || error == EFBIG;
}

/* Has a session that leaves mail in new/ seen it, so that nothing is new, but
 * it is still to be moved?  Of those that only the log knows the directory
 * says. */
static int
left_in_new(const struct folder *f)
{
	if (f->mode != FOLDER_WRITE)
		return 0;
	if (f->table.placed == folder_table_count(&f->table))
		return f->table.in_new != 0;
	return file_each(f->new.fd, any, NULL);
}

static int
any(void *arg, const char *name)
{
	(void)arg;
	(void)name;
	return 1;
}

int
folder_lock(struct folder *f)
{
	int e;

	/* of what it lacks an index would say that it is not there */
	if (f->table.rotten) {
		errno = EUCLEAN;
		return -1;
	}
	if (file_lock_byte(f->lock, FOLDER_NUMBERS, F_WRLCK) < 0)
		return -1;
	if (folder_catch_up(f) == 0 && folder_log_mend(&f->log, &f->table) == 0)
		return 0;
	e = errno;
	folder_unlock(f);
	errno = e;
	return -1;
}

void
folder_unlock(struct folder *f)
{
	int e = errno;

	(void)file_lock_byte(f->lock, FOLDER_NUMBERS, F_UNLCK);
	errno = e;
}

int
folder_hold(struct folder *f)
{
	if (file_lock_byte(f->lock, FOLDER_STAYS, F_RDLCK) < 0)
		return -1;
	if (folder_catch_up(f) == 0)
		return 0;
	folder_let_go(f);
	return -1;
}

void
folder_let_go(struct folder *f)
{
	int e = errno;

	(void)file_lock_byte(f->lock, FOLDER_STAYS, F_UNLCK);
	errno = e;
}

void
folder_fresh_name(struct folder *f, struct span old, char out[FOLDER_FILE])
{
	char unique[27] = "", id[27];
	struct file_name n = { 0 };
	uint64_t now = clock_ns(), v, size, vsize;
	struct buf b = { .max = FOLDER_FILE * 2 };
	int sizes;

	arc4random_buf(&v, sizeof v);
	encode_base32(unique, 13, now);
	encode_base32(unique + 13, 13, v);
	buf_addf(&b, "%lld.C%s.%s", (long long)(now / 1000000000), unique,
	    f->tree->host);
	if (old.n && file_name_parse(old, &n) == 0) {
		sizes = file_name_sizes(n.base, &size, &vsize);
		if (sizes & FILE_NAME_SIZE)
			buf_addf(&b, ",S=%llu", (unsigned long long)size);
		if (sizes & FILE_NAME_VSIZE)
			buf_addf(&b, ",W=%llu", (unsigned long long)vsize);
		file_name_id(n.base, id);
		buf_addf(&b, ",E=%s", id);
		/* the letters of others, where there is room for them */
		if (b.n + n.info.n < FOLDER_FILE)
			buf_addspan(&b, n.info);
	}
	if (span_str(buf_span(&b), out, FOLDER_FILE) < 0)
		out[0] = '\0';		/* a name that no call takes */
	buf_free(&b);
}

static int
open_dirs(struct folder *f, const char *name)
{
	if ((f->dir = tree_folder(f->tree, name)) < 0)
		return -1;
	if ((f->cur.fd = folder_open_sub(f->dir, "cur")) < 0 ||
	    (f->new.fd = folder_open_sub(f->dir, "new")) < 0)
		return -1;
	f->table.room = f->dir + 1;
	f->lock = openat(f->dir, "correo-lock", O_RDWR | O_CREAT |
	    O_NOFOLLOW | O_CLOEXEC, 0600);
	return f->lock < 0 ? -1 : 0;
}

int
folder_open_sub(int dir, const char *name)
{
	int fd = file_open_dir(dir, name);

	if (fd < 0 && errno == ENOENT &&
	    (mkdirat(dir, name, 0700) == 0 || errno == EEXIST))
		fd = file_open_dir(dir, name);
	return fd;
}

/* Loads what is known; mends or makes it under the lock when it must be; not in
 * a folder that is deleted meanwhile, which would look as if it stayed. */
static int
open_numbers(struct folder *f, const char *name)
{
	int r = load(f);

	if (r == 1)
		return 0;
	if (r < 0 && errno != EUCLEAN)
		return -1;
	if (file_lock_byte(f->lock, FOLDER_NUMBERS, F_WRLCK) < 0)
		return -1;
	/* another may have done it meanwhile */
	if ((r = load(f)) != 1) {
		r = r < 0 && errno != EUCLEAN ? -1 : mend(f);
		if (r == 0 && !folder_is(f, name)) {
			errno = ENOENT;
			r = -1;
		}
	}
	folder_unlock(f);
	return r < 0 ? -1 : 0;
}

/*
 * Behind the last "=" a power cut may have left lines whose numbers were told,
 * as nobody flushes a "=".  It may have put the directories' times back as
 * well, so that no look would come upon them.
 */
static int
settle(struct folder *f)
{
	struct stat st;

	if (fstat(f->log.fd, &st) < 0 ||
	    (uint64_t)st.st_size <= f->log.at)
		return 0;
	if (folder_lock(f) < 0)
		return -1;
	f->new.stamp = f->cur.stamp = 0;
	folder_unlock(f);
	return 0;
}

/* 1 loaded, 0 there is no correo-uids, -1 with errno.  One that is replaced
 * meanwhile is not read to its end. */
static int
load(struct folder *f)
{
	int r, tries = 0;

	do
		r = load_once(f);
	while (r < 0 && errno == ESTALE && tries++ < 3);
	return r;
}

static int
load_once(struct folder *f)
{
	struct folder_table *t = &f->table, index = { 0 };
	struct stat st;
	uint64_t at = 0;
	int r;

	folder_table_free(t);
	folder_log_close(&f->log);
	/* before the log is opened, which then says no less */
	(void)folder_index_map(t, f->dir, &at);
	if ((r = folder_log_open(&f->log, f->dir)) != 1) {
		folder_table_free(t);
		return r;
	}
	if (t->map && t->generation == f->log.generation &&
	    file_stat_now(f->log.fd, &st) == 0 && at <= (uint64_t)st.st_size)
		f->log.at = at;
	else {
		index = *t;		/* its numbers only */
		folder_table_free(t);
	}
	t->quiet = 1;
	r = folder_log_read(&f->log, t);
	if (r < 0 && errno == EUCLEAN && t->map) {
		/* is it the index that is wrong? */
		folder_table_free(t);
		t->quiet = 1;
		f->log.at = 0;
		r = folder_log_read(&f->log, t);
	}
	if (r == 0 && (t->uidvalidity == 0 || t->uidnext >= UIDS_END ||
	    is_older(f, &index))) {
		/* its first "=" is not there yet, or it was put back */
		errno = EUCLEAN;
		r = -1;
	}
	t->quiet = 0;
	f->new.stamp = t->stamp_new;
	f->cur.stamp = t->stamp_cur;
	return r < 0 ? -1 : 1;
}

/* Does the log, whose end is not torn, know less than its index? */
static int
is_older(const struct folder *f, const struct folder_table *index)
{
	const struct folder_table *t = &f->table;
	struct stat st;

	return index->uidvalidity == t->uidvalidity &&
	    strcmp(index->id, t->id) == 0 && (index->uidnext > t->uidnext ||
	    index->modseq > t->modseq) &&
	    file_stat_now(f->log.fd, &st) == 0 &&
	    (uint64_t)st.st_size == f->log.at;
}

/*
 * With the lock held.  No correo-uids: import or begin.  One that is wrong,
 * or older than its index: every line that is right holds; numbers go on
 * behind what was reserved, and nothing is said of who went before.  One
 * without its head: all begins anew under a higher UIDVALIDITY.
 */
static int
mend(struct folder *f)
{
	struct folder_table *t = &f->table;
	struct folder_table old = { 0 };
	struct line top = { .kind = LINE_RESERVE };
	uint64_t at;
	uint32_t above;
	int r;

	(void)folder_index_map(&old, f->dir, &at);
	above = old.uidvalidity;
	top.uid = old.uid_reserved;
	top.modseq = old.modseq_reserved;
	folder_table_free(&old);
	folder_table_free(t);
	t->quiet = 1;
	if (f->log.fd < 0) {
		if ((r = folder_log_adopt(&f->log, t, f->tree)) == 0)
			return create(f, above);
		return r == 1 && load(f) == 1 ? 0 : -1;
	}
	if (folder_log_salvage(&f->log, t) < 0)
		return -1;
	log_warn("uids-repaired", "correo-uids was damaged, or put back: "
	    "%u messages kept their numbers", t->messages);
	if (t->uidvalidity == 0 || t->uidnext >= UIDS_END)
		return create(f, t->uidvalidity > above ? t->uidvalidity :
		    above);
	if (above == t->uidvalidity)
		(void)folder_table_apply(t, &top);
	t->uidnext = (t->uidnext > t->uid_reserved ? t->uidnext :
	    t->uid_reserved) + 2000;
	t->modseq = (t->modseq > t->modseq_reserved ? t->modseq :
	    t->modseq_reserved) + 2000;
	t->floor = t->modseq;
	t->stamp_new = t->stamp_cur = 0;
	if (folder_log_replace(&f->log, t, 0) < 0)
		return -1;
	unlinkat(f->dir, "correo-index", 0);
	return load(f) == 1 ? 0 : -1;
}

static int
create(struct folder *f, uint32_t above)
{
	struct folder_table *t = &f->table;
	int fresh = f->log.fd < 0;
	uint64_t v[2];

	folder_table_free(t);
	folder_log_close(&f->log);
	f->log.dir = f->dir;
	t->quiet = 1;
	t->uidnext = 1;
	t->modseq = 1;
	arc4random_buf(v, sizeof v);
	encode_base32(t->id, 13, v[0]);
	encode_base32(t->id + 13, 13, v[1]);
	if (fresh && above == 0 && folder_import(f, &above) < 0)
		return -1;
	if (t->uidvalidity == 0 &&
	    (t->uidvalidity = tree_uidvalidity(f->tree, above)) == 0)
		return -1;
	f->first = fresh;
	/* looks, and makes the log of all that there is */
	if (folder_scan(f, 1) < 0)
		return -1;
	unlinkat(f->dir, "correo-index", 0);
	unlinkat(f->dir, "correo-cache", 0);
	t->quiet = 0;
	return 0;
}

int
folder_catch_up(struct folder *f)
{
	int r, tries;

	for (tries = 0; tries < 4; tries++) {
		r = folder_log_current(&f->log);
		if (r == 1)
			r = folder_log_read(&f->log, &f->table) == 0 ? 1 :
			    errno == ESTALE ? 0 : -1;
		if (r)
			break;
		if (take_over(f) < 0)
			return -1;
	}
	errno = r ? errno : ESTALE;
	return r == 1 ? 0 : -1;
}

/* The log that took the place of ours. */
static int
take_over(struct folder *f)
{
	struct folder fresh = { .dir = f->dir, .log = { .fd = -1 },
	    .table = { .room = f->table.room } };
	int r;

	if ((r = load(&fresh)) != 1) {
		folder_table_free(&fresh.table);
		folder_log_close(&fresh.log);
		if (r == 0)
			errno = ENOENT;
		return -1;
	}
	r = absorb(&f->table, &fresh.table);
	f->table.rotten |= fresh.table.rotten;
	folder_table_free(&fresh.table);
	if (r < 0) {
		/* not all is known of it: the next time, once more */
		folder_log_close(&fresh.log);
		return -1;
	}
	folder_log_close(&f->log);
	fresh.log.dir = f->dir;
	f->log = fresh.log;
	return 0;
}

/* What the table of another generation knows more, as lines would have said
 * it: positions stay.  Each of its records is looked at: one that has rotted is
 * not gone. */
static int
absorb(struct folder_table *t, struct folder_table *now)
{
	uint32_t i, j = 0, n = folder_table_count(now);
	struct rec *c, *d = NULL;

	if (now->uidvalidity != t->uidvalidity) {
		errno = EUCLEAN;
		return -1;
	}
	for (i = 0; i < folder_table_count(t); i++) {
		if ((c = folder_table_rec(t, i)) == NULL)
			return -1;
		for (; j < n; j++)
			if ((d = folder_table_rec(now, j)) == NULL)
				return -1;
			else if (d->uid >= c->uid)
				break;
		if (absorb_one(t, c, j < n && d->uid == c->uid ? d : NULL,
		    now->modseq) < 0)
			return -1;
	}
	for (; j < n; j++) {
		struct line l = { .kind = LINE_MAIL };

		if ((d = folder_table_rec(now, j)) == NULL)
			return -1;
		if (d->bits & REC_DEAD || d->uid < t->uidnext)
			continue;
		l.uid = d->uid;
		l.modseq = d->modseq;
		l.flags = d->flags;
		l.time = (uint64_t)d->saved;
		l.text = folder_table_base(now, d);
		if (folder_table_apply(t, &l) < 0)
			return -1;
	}
	if (now->uidnext > t->uidnext)
		t->uidnext = now->uidnext;
	if (now->modseq > t->modseq)
		t->modseq = now->modseq;
	folder_table_taken(t, now->recent.from);
	t->floor = now->floor;
	t->generation = now->generation;
	t->uid_reserved = now->uid_reserved;
	t->modseq_reserved = now->modseq_reserved;
	t->stamp_new = now->stamp_new;
	t->stamp_cur = now->stamp_cur;
	memcpy(t->keyword, now->keyword, sizeof t->keyword);
	return 0;
}

/* A message that is d now, or (NULL, or dead) gone. */
static int
absorb_one(struct folder_table *t, const struct rec *c, const struct rec *d,
    uint64_t modseq)
{
	struct line l = { .kind = LINE_FLAGS, .uid = c->uid };

	if (c->bits & REC_DEAD)
		return 0;
	if (d == NULL || d->bits & REC_DEAD) {
		l.kind = LINE_VANISHED;
		l.modseq = modseq;
	} else if (d->modseq != c->modseq) {
		l.modseq = d->modseq;
		l.flags = d->flags;
	} else
		return 0;
	return folder_table_apply(t, &l);
}
