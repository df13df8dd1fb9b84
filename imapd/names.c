/* names - mailbox names on their way from the client and to it. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/utf8.h"
#include "imapd/names.h"
#include "imapd/nodes.h"
#include "mail/fold.h"
#include "wire/imap_name.h"
#include "wire/imap_reply.h"

enum { ROOM = NAMES_ROOM };

/* All folders and the levels above them, in the order of their keys. */
struct level {
	struct span key;
	const struct node *node;
};
struct names_levels {
	struct nodes nodes;
	struct buf keys;
	struct level *v;
};

static int  key_of(struct span, struct buf *, const char **);
static void unify(struct span, struct buf *);
static void capital_inbox(struct buf *);
static int  look_up(const struct box *, struct span, struct span,
	    enum names_use, struct buf *);
static int  exists(const struct box *, struct span);
static int  find(const struct box *, struct span, struct span, unsigned,
	    struct buf *);
static struct names_levels *levels_take(const struct tree *);
static void levels_free(struct names_levels *);
static int  by_key(const void *, const void *);
static const struct node *nearest(const struct names_levels *, struct span,
	    struct span, unsigned, unsigned);
static size_t lowest(const struct names_levels *, struct span);
static size_t depth(struct span);
static struct span levels(struct span, size_t);

int
names_take(struct box *b, struct span given, enum names_use use,
    char out[FOLDER_NAME])
{
	unsigned char room[3][ROOM];
	struct buf name = { .p = room[0], .size = ROOM, .max = ROOM };
	struct buf key = { .p = room[1], .size = ROOM, .max = ROOM };
	struct buf disk = { .p = room[2], .size = ROOM, .max = ROOM };
	const char *why = "8-bit names want ENABLE UTF8=ACCEPT (RFC 9755 3)";
	int r, found = 0;

	if (imap_name_inbox(given)) {
		memcpy(out, "INBOX", 6);
		return 0;
	}
	/* RFC 9051 6.3.4: a separator at the end says that there will be
	 * children */
	if (use == NAMES_MAKE && span_ends(given, SPAN(".")))
		given.n--;
	r = b->utf8 ? imap_name_to_utf7(given, &name, &why) :
	    utf8_is_ascii(given) ? buf_addspan(&name, given) : -1;
	if (r == 0) {
		capital_inbox(&name);
		r = key_of(buf_span(&name), &key, &why);
		found = look_up(b, buf_span(&name), r < 0 ? SPAN("") :
		    buf_span(&key), use, &disk);
		if (r == 0)
			r = imap_name_valid(buf_span(&key), '.', &why);
	}
	if (found < 0)
		box_failed(b, "mailbox");
	else if ((r < 0 && !found) || tree_name(buf_span(&disk), &why) < 0 ||
	    span_str(buf_span(&disk), out, FOLDER_NAME) < 0)
		box_say(b, ANSWER_NO, "CANNOT", "%s", why);
	else
		return 0;
	return -1;
}

int
names_keep(struct box *b)
{
	return (b->levels = levels_take(&b->tree)) ? 0 : -1;
}

void
names_forget(struct box *b)
{
	levels_free(b->levels);
	b->levels = NULL;
}

enum names_form
names_pattern(const struct box *b, struct span pattern, struct buf *out)
{
	unsigned char room[ROOM];
	struct buf key = { .p = room, .size = ROOM, .max = ROOM };
	enum names_form form = NAMES_KEY;
	const char *why;

	if (b->utf8)
		unify(pattern, &key);
	else if (key_of(pattern, &key, &why) < 0)
		/* a * may stand for a part of the base64, too */
		form = NAMES_RAW;
	buf_addspan(out, form == NAMES_RAW ? pattern : buf_span(&key));
	return form;
}

void
names_key(const char *name, struct buf *key)
{
	const char *why;

	(void)key_of(span_of(name), key, &why);
}

void
names_add(const struct box *b, struct buf *o, const char *name)
{
	char text[NAMES_TEXT];

	names_text(b, name, text);
	imap_reply_astring(o, span_of(text), b->utf8);
}

void
names_text(const struct box *b, const char *name, char out[NAMES_TEXT])
{
	struct buf utf8 = { .p = (unsigned char *)out, .size = NAMES_TEXT,
	    .max = NAMES_TEXT - 1 };
	const char *why;

	if (!b->utf8 || imap_name_from_utf7(span_of(name), &utf8, &why) < 0) {
		buf_reset(&utf8);
		buf_adds(&utf8, name);
	}
	capital_inbox(&utf8);
	out[utf8.n] = '\0';
}

void
names_add_list(const struct box *b, struct buf *o, const char *name,
    struct span old)
{
	buf_adds(o, ") \".\" ");
	names_add(b, o, name);
	if (old.n) {
		buf_adds(o, " (\"OLDNAME\" (");
		imap_reply_astring(o, old, b->utf8);
		buf_adds(o, "))");
	}
	buf_adds(o, "\r\n");
}

int
names_differ(const struct box *b, struct span given, const char *name)
{
	char text[NAMES_TEXT];

	names_text(b, name, text);
	if (span_ends(given, SPAN(".")))
		given.n--;
	return !span_eq(given, span_of(text)) && !imap_name_inbox(given);
}

void
names_tell(struct box *b, const char *attributes, const char *name,
    struct span given)
{
	struct buf *o = &b->scratch;

	if (!b->rev2)
		return;
	buf_reset(o);
	buf_addf(o, "* LIST (%s", attributes);
	names_add_list(b, o, name, given);
	box_put(b);
}

/* What all spellings of a name have in common: its UTF-8 in NFC, with INBOX in
 * capitals.  What is no modified UTF-7 stays as it is; then -1, and *why. */
static int
key_of(struct span name, struct buf *key, const char **why)
{
	unsigned char room[ROOM];
	struct buf utf8 = { .p = room, .size = ROOM, .max = ROOM };
	int r = imap_name_from_utf7(name, &utf8, why);

	unify(r < 0 ? name : buf_span(&utf8), key);
	return r;
}

static void
unify(struct span utf8, struct buf *key)
{
	if (fold_nfc(utf8, key) < 0)
		buf_reset(key);		/* too long for any */
	capital_inbox(key);
}

/* What is below INBOX is so in any case of letters. */
static void
capital_inbox(struct buf *b)
{
	if (span_case_starts(buf_span(b), SPAN("INBOX.")))
		memcpy(b->p, "INBOX", 5);
}

/* *disk: the name that is meant, there or not.  1 there, 0, -1 with errno.  One
 * without a key has but its own bytes. */
static int
look_up(const struct box *b, struct span name, struct span key,
    enum names_use use, struct buf *disk)
{
	const char *why;
	int valid = imap_name_valid(key, '.', &why) == 0;

	/* most have one spelling */
	if (valid && span_eq(name, key) && span_find(name, '&') == name.n &&
	    !span_starts(name, SPAN("INBOX."))) {
		buf_addspan(disk, name);
		return 0;
	}
	if (use != NAMES_UNSUBSCRIBE && exists(b, name)) {
		buf_addspan(disk, name);
		return 1;
	}
	if (key.n == 0) {
		buf_addspan(disk, name);
		return use == NAMES_UNSUBSCRIBE;
	}
	return find(b, name, key, use == NAMES_UNSUBSCRIBE ?
	    TREE_SUBSCRIBED : TREE_EXISTS, disk);
}

static int
exists(const struct box *b, struct span name)
{
	char s[FOLDER_NAME];
	int fd;

	if (span_str(name, s, sizeof s) < 0 ||
	    (fd = tree_folder(&b->tree, s)) < 0)
		return 0;
	close(fd);
	return 1;
}

/* Levels that are there, as others may have written them, keep their spelling:
 * a child belongs to what its client sees above it. */
static int
find(const struct box *b, struct span name, struct span key, unsigned bit,
    struct buf *disk)
{
	unsigned above = bit == NODE_EXISTS ? NODE_CHILD :
	    NODE_CHILD_SUBSCRIBED;
	struct names_levels *l = b->levels ? b->levels : levels_take(&b->tree);
	unsigned char room[ROOM];
	struct buf own = { .p = room, .size = ROOM, .max = ROOM };
	const struct node *e = NULL;
	struct span top = key;
	const char *why;
	int found = 0;
	size_t n;

	if (l == NULL)
		return -1;
	(void)imap_name_to_utf7(key, &own, &why);
	/* the whole, then what is above it */
	while (top.n && (e = nearest(l, top, name, top.n == key.n ? bit : 0,
	    bit | above)) == NULL)
		top.n = (n = span_rfind(top, '.')) < top.n ? n : 0;
	if (e) {
		buf_reset(disk);
		buf_adds(disk, e->name);
		found = top.n == key.n && e->bits & bit;
	}
	buf_addspan(disk, span_from(buf_span(&own),
	    levels(buf_span(&own), depth(top)).n));
	if (b->levels == NULL)
		levels_free(l);
	return found;
}

/* NULL with errno. */
static struct names_levels *
levels_take(const struct tree *t)
{
	struct names_levels *l = calloc(1, sizeof *l);
	unsigned char room[ROOM];
	struct buf key = { .p = room, .size = ROOM, .max = ROOM };
	size_t i, at;

	if (l == NULL || nodes_take(&l->nodes, t) < 0) {
		free(l);
		return NULL;
	}
	l->keys.max = l->nodes.n * ROOM;
	l->v = calloc(l->nodes.n + 1, sizeof *l->v);
	for (i = 0; l->v && i < l->nodes.n; i++) {
		buf_reset(&key);
		names_key(l->nodes.v[i].name, &key);
		buf_addspan(&l->keys, buf_span(&key));
		l->v[i].key.n = key.n;
		l->v[i].node = &l->nodes.v[i];
	}
	if (l->v == NULL || !buf_ok(&l->keys)) {
		levels_free(l);
		errno = ENOMEM;
		return NULL;
	}
	for (i = at = 0; i < l->nodes.n; at += l->v[i++].key.n)
		l->v[i].key.p = l->keys.p + at;
	qsort(l->v, l->nodes.n, sizeof *l->v, by_key);
	return l;
}

static void
levels_free(struct names_levels *l)
{
	if (l == NULL)
		return;
	nodes_free(&l->nodes);
	buf_free(&l->keys);
	free(l->v);
	free(l);
}

static int
by_key(const void *a, const void *b)
{
	const struct level *x = a, *y = b;
	int r = span_cmp(x->key, y->key);

	return r ? r : strcmp(x->node->name, y->node->name);
}

/* Of those with that key and one of the bits: one with the best bits if it can
 * be, and then one of the name's own bytes. */
static const struct node *
nearest(const struct names_levels *l, struct span key, struct span name,
    unsigned best, unsigned bits)
{
	const struct node *n, *found = NULL;
	int rank, most = 0;
	size_t i;

	for (i = lowest(l, key); i < l->nodes.n &&
	    span_eq(l->v[i].key, key); i++) {
		n = l->v[i].node;
		if (!(n->bits & bits))
			continue;
		rank = 1 + (n->bits & best ? 2 : 0) +
		    span_eq(span_of(n->name), levels(name, depth(key)));
		if (rank > most) {
			most = rank;
			found = n;
		}
	}
	return found;
}

/* The first that is not below the key. */
static size_t
lowest(const struct names_levels *l, struct span key)
{
	size_t from = 0, to = l->nodes.n, at;

	while (from < to) {
		at = from + (to - from) / 2;
		if (span_cmp(l->v[at].key, key) < 0)
			from = at + 1;
		else
			to = at;
	}
	return from;
}

static size_t
depth(struct span name)
{
	size_t n = name.n ? 1 : 0, i;

	for (i = 0; i < name.n; i++)
		n += name.p[i] == '.';
	return n;
}

/* The first n of a name. */
static struct span
levels(struct span name, size_t n)
{
	size_t i;

	for (i = 0; n > 0 && i < name.n; i++)
		if (name.p[i] == '.' && --n == 0)
			break;
	return span_sub(name, 0, i);
}
