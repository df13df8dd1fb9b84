/*
 * folder_first - a folder that another server kept: its UIDs, UIDVALIDITY and
 * keywords go on to hold, so that no client downloads again.
 *
 * Taken over once: a list does not know whom we gave its next UIDs since, which
 * other mail would get under its UIDVALIDITY, were correo-uids lost.  So, where
 * numbers were given out, says correo-lock, it is another UIDVALIDITY.
 *
 * Both may be there; the one that was written last counts.  Mod-sequences are
 * not taken over: ours begin at the time, far above any count of changes.
 */
#include <sys/stat.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "store/folder_impl.h"
#include "store/folder_import.h"
#include "store/folder_name.h"
#include "sys/clock.h"
#include "sys/file.h"
#include "sys/log.h"

enum { IMPORT_MAX = 512 << 20 };

struct entry {
	uint32_t uid, flags;
	struct span base;
};

struct entries {
	struct entry *v;
	size_t n, size;
};

struct rename_arg {
	struct folder *f;
	uint32_t keywords;		/* flags that no name carries yet */
};

static const char *pick(const struct folder *);
static int  read_uids(struct folder *, struct span, const char *);
static int  add(struct entries *, uint32_t, struct span);
static int  by_uid(const void *, const void *);
static int  put_all(struct folder_table *, const struct entries *);
static int  read_keywords(const struct folder *, const char *,
    struct buf *);
static int  read_dovecot_keywords(struct folder *);
static void take_keyword(struct folder_table *, unsigned, struct span);
static int  read_courier_keywords(struct folder *);
static int  rename_one(void *, const char *);

int
folder_import(struct folder *f, uint32_t *above)
{
	struct folder_table *t = &f->table;
	struct buf b = { .max = IMPORT_MAX };
	const char *name = pick(f);
	struct stat st;
	int r = 0;

	t->modseq = (uint64_t)clock_s();
	t->floor = t->modseq;
	if (name && file_read_at(f->dir, name, &b) < 0)
		r = -1;
	if (name && r == 0)
		r = read_uids(f, buf_span(&b), name);
	buf_free(&b);
	if (r == 0)
		r = read_dovecot_keywords(f);
	if (r == 0)
		r = read_courier_keywords(f);
	if (r == 0 && t->uidvalidity && fstat(f->lock, &st) == 0 &&
	    st.st_size > 0) {
		log_warn("import-again", "correo-uids is gone: numbers begin "
		    "above the UIDVALIDITY that was taken over from %s", name);
		*above = t->uidvalidity;
		t->uidvalidity = 0;
	}
	return r;
}

/* The newer of the two, or NULL. */
static const char *
pick(const struct folder *f)
{
	static const char *const name[2] = { "dovecot-uidlist",
	    "courierimapuiddb" };
	struct stat st[2];
	int there[2], i;

	for (i = 0; i < 2; i++)
		there[i] = fstatat(f->dir, name[i], &st[i],
		    AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(st[i].st_mode);
	if (there[0] && there[1])
		return name[st[1].st_mtime > st[0].st_mtime];
	return there[0] ? name[0] : there[1] ? name[1] : NULL;
}

static int
read_uids(struct folder *f, struct span in, const char *name)
{
	struct folder_table *t = &f->table;
	struct import_head h;
	struct entries e = { 0 };
	const char *why;
	struct span s;
	uint32_t uid, top;
	int r = 0;

	if (import_uidlist_head(&in, &h, &why) < 0) {
		log_warn("import-refused", "%s: %s", name, why);
		return 0;
	}
	for (top = h.uidnext; r == 0 && import_uidlist_next(&in, &uid, &s);) {
		r = add(&e, uid, s);
		top = uid > top ? uid : top;
	}
	if (top >= UIDS_END)
		log_warn("import-refused", "%s: no UIDs are left", name);
	else if (r == 0) {
		t->uidvalidity = h.uidvalidity;
		r = put_all(t, &e);
		if (h.uidnext > t->uidnext)
			t->uidnext = h.uidnext;
	}
	free(e.v);
	return r;
}

static int
add(struct entries *e, uint32_t uid, struct span file)
{
	struct file_name n;
	struct entry *v;
	size_t want;

	if (file_name_parse(file, &n) < 0)
		return 0;
	if (e->n == e->size) {
		want = e->size ? e->size * 2 : 1024;
		if ((v = reallocarray(e->v, want, sizeof *v)) == NULL)
			return -1;
		e->v = v;
		e->size = want;
	}
	e->v[e->n++] = (struct entry){ uid, n.flags, n.base };
	return 0;
}

static int
by_uid(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;

	return x->uid < y->uid ? -1 : x->uid > y->uid;
}

/* One UID names one message, and one message has one UID: the first wins. */
static int
put_all(struct folder_table *t, const struct entries *e)
{
	struct line l = { .kind = LINE_MAIL, .modseq = t->modseq };
	size_t i;

	if (e->n)
		qsort(e->v, e->n, sizeof *e->v, by_uid);
	for (i = 0; i < e->n; i++) {
		if (e->v[i].uid < t->uidnext ||
		    folder_table_find(t, e->v[i].base) >= 0)
			continue;
		l.uid = e->v[i].uid;
		l.flags = e->v[i].flags;
		l.text = e->v[i].base;
		if (folder_table_apply(t, &l) < 0)
			return -1;
	}
	return 0;
}

/* 1, 0 there is none, -1: what cannot be read just now would be lost for good.
 */
static int
read_keywords(const struct folder *f, const char *name, struct buf *b)
{
	if (file_read_at(f->dir, name, b) == 0)
		return 1;
	return errno == EMFILE || errno == ENFILE || errno == ENOMEM ||
	    errno == EIO || errno == ESTALE ? -1 : 0;
}

static int
read_dovecot_keywords(struct folder *f)
{
	struct buf b = { .max = 1 << 20 };
	int r = read_keywords(f, "dovecot-keywords", &b);
	struct span in, k;
	unsigned i;

	for (in = buf_span(&b); r == 1 && import_keyword_next(&in, &i, &k);)
		take_keyword(&f->table, i, k);
	buf_free(&b);
	return r < 0 ? -1 : 0;
}

/* A name that IMAP could not tell would cost the letter its meaning: what is
 * no byte of an atom (RFC 9051 9) is put as an underscore. */
static void
take_keyword(struct folder_table *t, unsigned i, struct span s)
{
	char *p = t->keyword[i];

	s = span_sub(s, 0, KEYWORD_MAX);
	for (; s.n; s = span_from(s, 1))
		*p++ = s.p[0] > 0x20 && s.p[0] < 0x7f &&
		    strchr("(){%*\"\\]", s.p[0]) == NULL ?
		    (char)s.p[0] : '_';
	*p = '\0';
}

/* Courier keeps keywords beside the messages: they move into the names. */
static int
read_courier_keywords(struct folder *f)
{
	struct folder_table *t = &f->table;
	struct rename_arg arg = { f, 0 };
	struct buf b = { .max = IMPORT_MAX };
	struct span in, s;
	struct rec *c;
	uint32_t bits;
	int64_t at;
	unsigned i;
	int r = read_keywords(f, "courierimapkeywords/:list", &b);

	if (r == 1) {
		in = buf_span(&b);
		for (i = 0; i < FOLDER_KEYWORDS && import_list_keyword(&in,
		    &s); i++)
			take_keyword(t, i, s);
		while (i == FOLDER_KEYWORDS && import_list_keyword(&in, &s))
			;		/* more than there are letters */
		while (import_list_next(&in, &s, &bits)) {
			if ((at = folder_table_find(t, s)) < 0 ||
			    (c = folder_table_rec(t, (uint32_t)at)) == NULL)
				continue;
			c->flags |= bits << FLAG_KEYWORD;
			folder_table_seal(t, c);
			arg.keywords |= bits << FLAG_KEYWORD;
		}
	}
	buf_free(&b);
	if (arg.keywords)
		r = file_each(f->cur.fd, rename_one, &arg);
	return r < 0 ? -1 : 0;
}

static int
rename_one(void *arg, const char *file)
{
	struct rename_arg *a = arg;
	struct folder_table *t = &a->f->table;
	char to[FOLDER_FILE];
	struct file_name n;
	struct rec *c;
	int64_t at;

	if (file_name_parse(span_of(file), &n) < 0 ||
	    (at = folder_table_find(t, n.base)) < 0 ||
	    (c = folder_table_rec(t, (uint32_t)at)) == NULL ||
	    (c->flags & a->keywords & ~n.flags) == 0)
		return 0;
	if (file_name_format(to, n.base, n.flags | (c->flags & a->keywords),
	    n.info) > 0)
		file_move(a->f->cur.fd, file, a->f->cur.fd, to);
	return 0;
}
