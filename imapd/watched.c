/* watched - mailboxes that a client wants to hear of. */
#include <sys/stat.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>

#include "imapd/names.h"
#include "imapd/status.h"
#include "imapd/watched.h"
#include "sys/clock.h"

enum {
	/* longer than the coarsest clock of a file system ticks */
	TICK_MS = 3000,
	MESSAGES = IMAP_NOTIFY_NEW | IMAP_NOTIFY_EXPUNGE | IMAP_NOTIFY_FLAGS,
	/* those that take its numbers or its identity */
	INSIDE = MESSAGES | IMAP_NOTIFY_NAME
};

static void pair(struct watched_list *, struct watched_list *);
static void compare(struct watched_list *, const struct watched_list *);
static int  meet(struct box *, struct watched_list *, struct watched_list *,
	    size_t);
static void touch_parents(struct watched_list *, struct watched_list *,
	    const struct own *);
static struct watched *parent(const struct watched_list *, const char *);
static void tell_name(struct box *, const struct watched *,
	    const struct watched *, const struct watched *);
static int  tell_numbers(struct box *, struct watched *, const struct own *);
static int  same_numbers(const struct watched *, const struct folder_totals *);
static int  look(struct box *, const struct watched *, struct folder_totals *,
	    int);
static int  enter(struct box *, const struct watched *, struct folder **);
static int  tell_status(struct box *, struct folder *, const struct watched *);
static int  put_by_us(const struct own *, const struct watched *,
	    const struct folder_totals *);
static int  may_differ(struct box *, struct watched *);
static uint64_t changed_ns(const struct box *, const char *, const char *);
static int  is_own(const struct own *, const char *);

int
watched_take(struct box *b, unsigned (*events)(void *, const struct node *),
    void *arg, struct watched_list *l)
{
	struct nodes nodes;
	size_t i, n = 0;

	*l = (struct watched_list){ 0 };
	if (nodes_take(&nodes, &b->tree) < 0)
		return -1;
	l->v = calloc(nodes.n, sizeof *l->v);
	for (i = 0; l->v && i < nodes.n; i++) {
		struct watched *w = &l->v[l->n++];

		w->node = nodes.v[i];
		w->events = events(arg, &w->node);
		n += w->events && w->node.bits &
		    (NODE_EXISTS | NODE_SUBSCRIBED);
	}
	nodes_free(&nodes);
	if (l->v && n <= WATCHED_MAX)
		return 0;
	if (l->v)
		errno = E2BIG;
	watched_free(l);
	return -1;
}

void
watched_free(struct watched_list *l)
{
	free(l->v);
	*l = (struct watched_list){ 0 };
}

int
watched_start(struct box *b, struct watched_list *l, int status)
{
	size_t i;

	for (i = 0; i < l->n; i++) {
		struct watched *w = &l->v[i];
		int tell = status && w->events & MESSAGES &&
		    !(b->folder && strcmp(w->node.name, b->name) == 0);

		(void)may_differ(b, w);
		if (w->events & INSIDE && look(b, w, &w->t, tell) < 0)
			return -1;
	}
	return 0;
}

int
watched_tell(struct box *b, struct watched_list *old,
    struct watched_list *now, const struct own *own)
{
	struct watched *w;
	size_t i;

	pair(old, now);
	compare(old, now);
	compare(now, old);
	for (i = 0; i < now->n; i++)
		if (meet(b, old, now, i) < 0)
			return -1;
	touch_parents(old, now, own);
	/* first, as what is told of the old name would take it for gone */
	for (i = 0; i < now->n; i++) {
		w = &now->v[i];
		if (w->renamed && !is_own(own, w->node.name))
			tell_name(b, w->same ? &old->v[w->same - 1] : NULL, w,
			    &old->v[w->renamed - 1]);
	}
	for (i = 0; i < old->n; i++) {
		w = &old->v[i];
		if (w->same == 0 && !w->renamed && !is_own(own, w->node.name))
			tell_name(b, w, NULL, NULL);
	}
	for (i = 0; i < now->n; i++) {
		w = &now->v[i];
		if (!w->renamed && !is_own(own, w->node.name))
			tell_name(b, w->same ? &old->v[w->same - 1] : NULL, w,
			    NULL);
		if (tell_numbers(b, w, own) < 0)
			return -1;
	}
	return 0;
}

static void
pair(struct watched_list *a, struct watched_list *b)
{
	size_t i, j;
	int c;

	for (i = 0; i < a->n; i++) {
		a->v[i].same = a->v[i].renamed = 0;
		a->v[i].touched = 0;
	}
	for (i = j = 0; i < a->n && j < b->n;) {
		c = tree_order(a->v[i].node.name, b->v[j].node.name);
		if (c == 0) {
			a->v[i].same = j + 1;
			b->v[j].same = i + 1;
		}
		i += c <= 0;
		j += c >= 0;
	}
}

static void
compare(struct watched_list *a, const struct watched_list *b)
{
	size_t i;

	for (i = 0; i < a->n; i++) {
		struct watched *w = &a->v[i];

		w->only = w->node.bits & NODE_EXISTS && !(w->same &&
		    b->v[w->same - 1].node.bits & NODE_EXISTS);
	}
}

/* What the client knows of a mailbox.  A new one that has the identity of one
 * that is gone has been renamed. */
static int
meet(struct box *b, struct watched_list *old, struct watched_list *now,
    size_t at)
{
	struct watched *w = &now->v[at], *was = NULL;
	struct folder_totals t = { 0 };
	size_t i;

	if (w->same && !w->only)
		was = &old->v[w->same - 1];
	else if (w->only && w->events & INSIDE) {
		if (look(b, w, &t, 0) < 0)
			return -1;
		for (i = 0; i < old->n && was == NULL; i++)
			if (old->v[i].only && !old->v[i].renamed && t.id[0] &&
			    strcmp(old->v[i].t.id, t.id) == 0)
				was = &old->v[i];
		if (was) {
			was->renamed = at + 1;
			w->renamed = (size_t)(was - old->v) + 1;
		}
	}
	if (was) {
		w->t = was->t;
		w->stamp = was->stamp;
	} else
		/* a new one may be renamed before its numbers are read */
		memcpy(w->t.id, t.id, sizeof t.id);
	return 0;
}

/* RFC 5465 5.4: what is right above one that came or went is affected too, be
 * it a mailbox or not. */
static void
touch_parents(struct watched_list *old, struct watched_list *now,
    const struct own *own)
{
	struct watched_list *const both[] = { old, now };
	struct watched *w, *p;
	size_t i, j;

	for (i = 0; i < 2; i++)
		for (j = 0; j < both[i]->n; j++) {
			w = &both[i]->v[j];
			if (!w->only || w->renamed ||
			    is_own(own, w->node.name))
				continue;
			if ((p = parent(now, w->node.name)) == NULL)
				p = parent(old, w->node.name);
			if (p)
				p->touched = 1;
		}
}

static struct watched *
parent(const struct watched_list *l, const char *name)
{
	return nodes_parent(l->v, l->n, sizeof *l->v, name);
}

/* RFC 5465 5.4 and 5.5.  was: what had that name, from: what it was renamed
 * from; NULL: none; not both of was and w.  A child that is renamed with what
 * is above it is told as well, though 5.4 does without: on the disk they move
 * one by one, and a look may fall between two. */
static void
tell_name(struct box *b, const struct watched *was, const struct watched *w,
    const struct watched *from)
{
	const struct watched *one = w ? w : was;
	unsigned events = (was ? was->events : 0) | (w ? w->events : 0);
	unsigned had = was ? was->node.bits : 0, has = w ? w->node.bits : 0;
	unsigned changed;
	char old[NAMES_TEXT];
	struct buf *o = &b->scratch;

	/* of one that goes by another name only its subscription stays */
	if (was && was->renamed)
		had &= ~(unsigned)NODE_EXISTS;
	changed = had ^ has;
	if (!((changed & NODE_EXISTS || one->touched) &&
	    events & IMAP_NOTIFY_NAME) && !(changed & NODE_SUBSCRIBED &&
	    events & IMAP_NOTIFY_SUBSCRIPTION))
		return;
	buf_reset(o);
	buf_adds(o, has & NODE_EXISTS ? "* LIST (" : "* LIST (\\NonExistent ");
	buf_adds(o, has & NODE_CHILD ? "\\HasChildren" : "\\HasNoChildren");
	if (w && w->node.use[0])
		buf_addf(o, " %s", w->node.use);
	if (has & NODE_SUBSCRIBED)
		buf_adds(o, " \\Subscribed");
	names_text(b, from ? from->node.name : "", old);
	names_add_list(b, o, one->node.name, span_of(old));
	box_put(b);
}

/* In one go: between two it may get another name, and what was not told under
 * the old one would be taken for told. */
static int
tell_numbers(struct box *b, struct watched *w, const struct own *own)
{
	struct folder_totals t;
	struct folder *f;
	int r, known = w->t.uidvalidity != 0;

	if (!(w->node.bits & NODE_EXISTS) || !(w->events & MESSAGES) ||
	    (b->folder && strcmp(w->node.name, b->name) == 0) || !may_differ(b, w))
		return 0;
	if ((r = enter(b, w, &f)) == 0)
		w->stamp = (struct stamp){ 0 };
	if (r <= 0)
		return r;
	folder_totals(f, &t);
	r = same_numbers(w, &t) ||
	    (known ? put_by_us(own, w, &t) : is_own(own, w->node.name)) ? 0 :
	    tell_status(b, f, w);
	folder_close(f);
	w->t = t;
	return r;
}

/* Its numbers now; one that has just gone has those it had.  0, or -1 with
 * errno. */
static int
look(struct box *b, const struct watched *w, struct folder_totals *t, int tell)
{
	struct folder *f;
	int r = enter(b, w, &f);

	if (r <= 0)
		return r;
	folder_totals(f, t);
	r = tell ? tell_status(b, f, w) : 0;
	folder_close(f);
	return r;
}

/* 1, 0: it has just gone, -1 with errno */
static int
enter(struct box *b, const struct watched *w, struct folder **f)
{
	if (folder_open(f, &b->tree, w->node.name, FOLDER_READ) == 0)
		return 1;
	return errno == ENOENT || errno == ENOTDIR ? 0 : -1;
}

/* RFC 5465 3.1, 5.1 to 5.3 */
static int
tell_status(struct box *b, struct folder *f, const struct watched *w)
{
	unsigned items = IMAP_STATUS_MESSAGES | IMAP_STATUS_UIDNEXT |
	    IMAP_STATUS_UIDVALIDITY;

	if (w->events & IMAP_NOTIFY_FLAGS || b->condstore)
		items |= IMAP_STATUS_HIGHESTMODSEQ;
	return status_tell(b, f, w->node.name, items);
}

static int
same_numbers(const struct watched *w, const struct folder_totals *t)
{
	return t->uidvalidity == w->t.uidvalidity &&
	    t->uidnext == w->t.uidnext && t->messages == w->t.messages &&
	    (t->modseq == w->t.modseq || !(w->events & IMAP_NOTIFY_FLAGS));
}

/* No more than that has happened.  Each command has one mod-sequence. */
static int
put_by_us(const struct own *own, const struct watched *w,
    const struct folder_totals *t)
{
	return own && own->messages && strcmp(own->name[0], w->node.name) == 0 &&
	    t->uidvalidity == w->t.uidvalidity &&
	    t->messages == w->t.messages + own->messages &&
	    t->uidnext == w->t.uidnext + own->messages &&
	    t->modseq <= w->t.modseq + 1;
}

/* A second change within a tick does not change the time again. */
static int
may_differ(struct box *b, struct watched *w)
{
	uint64_t now = clock_mono_ms(), n = changed_ns(b, w->node.name, "new");
	uint64_t c = changed_ns(b, w->node.name, "cur");
	int young = w->stamp.until != 0;

	if (n != w->stamp.new_ns || c != w->stamp.cur_ns) {
		w->stamp = (struct stamp){ n, c, now + TICK_MS };
		return 1;
	}
	if (now >= w->stamp.until)
		w->stamp.until = 0;
	return young;
}

static uint64_t
changed_ns(const struct box *b, const char *name, const char *sub)
{
	char path[TREE_PATH];
	struct stat st;

	tree_path(name, sub, path);
	if (fstatat(b->tree.root, path, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return 0;
	return (uint64_t)st.st_mtim.tv_sec * 1000000000 +
	    (uint64_t)st.st_mtim.tv_nsec;
}

static int
is_own(const struct own *own, const char *name)
{
	size_t i;

	for (i = 0; own && i < 2; i++)
		if (own->name[i] && tree_within(name, own->name[i]))
			return 1;
	return 0;
}
