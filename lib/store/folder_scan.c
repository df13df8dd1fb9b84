/*
 * folder_scan - looks into new/ and cur/ and writes down what changed.
 *
 * A listing may not show what others rename meanwhile.  So a message that was
 * not seen is gone only when a listing during which nothing changed has missed
 * it, or LISTINGS in a row, and a direct look too.  A file not known yet and
 * not seen is found by the next look; of a folder that nobody knows all
 * listings count together, so that its first view is whole.
 */
#include <sys/stat.h>
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "store/folder_look.h"
#include "store/folder_name.h"
#include "sys/clock.h"
#include "sys/file.h"

enum { LISTINGS = 6, ASKED = 64 };

static int  unplaced_missing(struct look *);
static int  record(struct look *, int);
static int  record_missing(struct look *, struct buf *, uint64_t, int,
    uint32_t);
static int  note(struct folder *, struct buf *, const struct line *);
static int  place_all(struct look *, uint32_t);
static void place_known(struct look *);
static int  move_new(struct folder *);
static void write_stamps(struct folder *);

int
folder_scan(struct folder *f, int force)
{
	uint64_t new = folder_stamp_now(f->new.fd);
	uint64_t cur = folder_stamp_now(f->cur.fd);
	uint64_t now = folder_now(f), began = clock_ns();
	struct look k;
	struct stat st;
	int only_new, tries, stable = 0, r = 0;
	int all_new = f->first && f->table.messages == 0;

	only_new = !force && !folder_stamp_wanted(&f->cur, cur, now,
	    f->scan_ns);
	if (look_begin(&k, f) < 0)
		return -1;
	if (new == 0 || cur == 0)
		r = -1;
	for (tries = 0; r == 0 && tries < LISTINGS && !stable; tries++) {
		if (!all_new)
			look_again(&k);
		new = folder_stamp_now(f->new.fd);
		cur = folder_stamp_now(f->cur.fd);
		r = look_list(&k, f->new.fd, 1);
		if (r == 0 && only_new && (k.seen_new != f->table.in_new ||
		    unplaced_missing(&k)))
			only_new = 0;	/* it may have gone to cur/ */
		if (r == 0 && !only_new)
			r = look_list(&k, f->cur.fd, 0);
		stable = folder_stamp_quiet(&f->new, new, now) && (only_new ||
		    folder_stamp_quiet(&f->cur, cur, now));
		if (only_new || (k.never == f->table.messages && !all_new))
			break;		/* nobody is missing */
	}
	if (r == 0)
		r = look_resolve(&k);
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
		write_stamps(f);
	}
	/* the last of all: a first look that was cut off is a first one again */
	if (r == 0 && fstat(f->lock, &st) == 0 && st.st_size == 0)
		(void)!ftruncate(f->lock, FOLDER_NUMBERED);
	f->first = 0;
	look_end(&k);
	if (r == 0 && f->mode == FOLDER_WRITE && f->table.in_new)
		r = move_new(f);
	return r;
}

/* For the sessions to come: they need not look while these times stand.  On a
 * full disk they look. */
static void
write_stamps(struct folder *f)
{
	struct folder_table *t = &f->table;
	uint64_t new = f->new.young ? 0 : f->new.stamp;
	uint64_t cur = f->cur.young ? 0 : f->cur.stamp;

	if (new == 0 || cur == 0 ||
	    (t->stamp_new == new && t->stamp_cur == cur))
		return;
	t->stamp_new = new;
	t->stamp_cur = cur;
	(void)folder_log_append(&f->log, t, (struct span){ 0 }, 0, 0, -1);
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
	uint32_t fresh = UINT32_MAX;
	int missing = whole != 2 && k->seen < t->messages;
	int64_t saved = f->first ? 0 : clock_s();
	size_t i;
	int r = 0;

	folder_table_expect(t, k->nfound, k->nnames);
	for (i = 0; i < k->nfound && r == 0; i++) {
		const struct seen *x = look_at(k, i);
		struct line l = { .kind = LINE_MAIL, .modseq = modseq,
		    .flags = x->flags, .time = (uint64_t)saved };
		struct rec *c;

		look_ahead(k, i);
		if (x->at == NEW_MAIL) {
			if (uid == UINT32_MAX) {
				errno = EOVERFLOW;
				r = -1;
				continue;
			}
			l.uid = uid++;
			l.text = seen_base(x);
			if (x->in_new && l.uid < fresh)
				fresh = l.uid;
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
	if (r == 0 && f->log.fd < 0) {
		/* what comes before the first in new/ others have shown */
		folder_table_taken(t, fresh);
		r = folder_log_begin(&f->log, t, f->tree);
	} else if (r == 0 && b.n)
		r = folder_log_append(&f->log, t, buf_span(&b), uid,
		    modseq, -1);
	buf_free(&b);
	if (r == 0)
		return place_all(k, from);
	place_known(k);
	return -1;
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
		const struct seen *x = look_at(k, i);
		struct span s = seen_name(x);
		uint32_t at = x->at == NEW_MAIL ? from++ : x->at;
		struct rec *c = folder_table_rec(&f->table, at);

		look_ahead(k, i);
		if (c == NULL || c->bits & REC_DEAD)
			continue;
		if (folder_table_place(&f->table, c, x->in_new, s,
		    x->in_new ? s.n > x->base_n : !x->plain) < 0)
			return -1;
	}
	return 0;
}

/* Nothing could be written down, as on a full disk: what others have renamed
 * can be read all the same, by a name that its flags do not say.  errno stays. */
static void
place_known(struct look *k)
{
	struct folder_table *t = &k->f->table;
	int e = errno;
	size_t i;

	for (i = 0; i < k->nfound; i++) {
		const struct seen *x = look_at(k, i);
		struct span s = seen_name(x);
		struct rec *c = x->at == NEW_MAIL ? NULL :
		    folder_table_rec(t, x->at);

		if (c && !(c->bits & REC_DEAD) && !(c->bits & REC_NAMED &&
		    !(c->bits & REC_NEW) == !x->in_new &&
		    span_eq(folder_table_name(t, c), s)))
			(void)folder_table_place(t, c, x->in_new, s, 1);
	}
	errno = e;
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
		if (folder_table_place(t, c, 0, span_of(to), !n.plain) < 0)
			return -1;
	}
	folder_own_end(f);
	return 0;
}
