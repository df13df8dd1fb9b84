/* change - STORE, COPY, MOVE, EXPUNGE. */
#include <stdlib.h>

#include "imapd/change.h"
#include "imapd/flags.h"
#include "imapd/names.h"
#include "imapd/notify.h"
#include "imapd/update.h"

struct copied {
	uint32_t from, into;		/* UIDs */
};

static int  some_take(struct box *, const struct store *, const uint32_t *,
	    size_t);
static int  store_tell(struct box *, const struct imap_command *,
	    const uint32_t *, const unsigned char *, size_t);
static enum answer store_answer(struct box *, const struct imap_command *,
	    const uint32_t *, const unsigned char *, size_t);
static enum answer transfer(struct box *, struct imap_command *,
	    struct folder *, const char *, uint32_t *, size_t);
static void copyuid(struct box *, struct folder *, const char *,
	    const uint32_t *, const uint32_t *, size_t);
static int  by_new_uid(const void *, const void *);
static int  deleted(struct box *, const struct imap_set *, uint32_t **,
	    size_t *);
static enum answer read_only(struct box *);

enum answer
change_store(struct box *b, struct imap_command *c)
{
	static const enum store_how how[] = {
		[IMAP_STORE_SET] = STORE_SET, [IMAP_STORE_ADD] = STORE_ADD,
		[IMAP_STORE_REMOVE] = STORE_REMOVE
	};
	struct store s = { .how = how[c->store.how],
	    .unchanged_since = UINT64_MAX };
	unsigned char *result;
	uint32_t *v;
	size_t n;
	enum answer a;

	if (b->read_only)
		return read_only(b);
	if (c->store.unchanged) {
		s.unchanged_since = c->store.unchanged_since;
		update_condstore(b);
	}
	if ((v = box_array(b, c, &n)) == NULL)
		return b->answer;
	/* what is taken away, or not taken, need not be known: there are few
	 * keywords */
	if (flags_take(b, b->folder, &c->store.flags, s.how != STORE_REMOVE &&
	    some_take(b, &s, v, n), &s.flags) < 0) {
		free(v);
		return b->answer;
	}
	update_keywords(b);
	if ((result = calloc(n + 1, 1)) == NULL ||
	    folder_store(b->folder, &s, v, n, result) < 0)
		a = box_failed(b, "STORE");
	else if (store_tell(b, c, v, result, n) < 0)
		a = box_failed(b, "STORE");
	else
		a = store_answer(b, c, v, result, n);
	free(result);
	free(v);
	return a;
}

enum answer
change_copy(struct box *b, struct imap_command *c)
{
	char name[FOLDER_NAME];
	struct folder *to;
	uint32_t *v;
	enum answer a;
	size_t n;

	if (c->verb == IMAP_MOVE && b->read_only)
		return read_only(b);
	if (names_take(b, c->target, NAMES_USE, name) < 0)
		return ANSWER_NO;
	if ((v = box_array(b, c, &n)) == NULL)
		return b->answer;
	if (!c->uid && change_gone(b, v, n))
		/* all or none (RFC 9051 6.4.7); told behind it */
		a = box_say(b, ANSWER_NO, "EXPUNGEISSUED",
		    "some of them are gone");
	else if ((to = box_folder(b, name, 1)) == NULL)
		a = b->over ? ANSWER_NONE : ANSWER_NO;
	else {
		a = n ? transfer(b, c, to, name, v, n) : box_say(b, ANSWER_OK,
		    "", "there are none of them");
		box_release(b, to);
	}
	free(v);
	return a;
}

enum answer
change_expunge(struct box *b, struct imap_command *c)
{
	struct imap_set only = { 0 };
	uint32_t *v = NULL;
	size_t n = 0;
	int r;

	if (b->read_only)
		return read_only(b);
	if (c->uid && box_numbers(b, c, &only) < 0)
		return b->answer;
	r = deleted(b, c->uid ? &only : NULL, &v, &n);
	imap_set_free(&only);
	if (r == 0)
		r = folder_expunge(b->folder, v, n);
	free(v);
	if (r < 0)
		return box_failed(b, "EXPUNGE");
	b->expunged += n;
	if (update_tell(b, 1) < 0)
		return box_failed(b, "EXPUNGE");
	box_say(b, ANSWER_OK, "", "%zu expunged", n);
	if (n)
		change_highest(b);
	return ANSWER_OK;
}

int
change_gone(struct box *b, const uint32_t *v, size_t n)
{
	struct mail m;
	size_t i;

	if (folder_sync(b->folder) < 0)
		return 0;		/* the command fails by itself */
	for (i = 0; i < n; i++)
		if (folder_mail(b->folder, v[i], &m) == 0 && m.gone)
			return 1;
	return 0;
}

int
change_expunge_all(struct box *b)
{
	uint32_t *v = NULL;
	size_t n = 0;
	int r = deleted(b, NULL, &v, &n);

	if (r == 0)
		r = folder_expunge(b->folder, v, n);
	free(v);
	b->expunged += r == 0 ? n : 0;
	return r;
}

void
change_highest(struct box *b)
{
	struct folder_totals t;

	/* who does not hear of flags would take those before it for known */
	if (!b->condstore || b->deaf & IMAP_NOTIFY_FLAGS)
		return;
	folder_totals(b->folder, &t);
	buf_addf(&b->code, "HIGHESTMODSEQ %llu", (unsigned long long)t.modseq);
}

/* Might one of them be changed?  What is gone, or has too high a mod-sequence,
 * stays so. */
static int
some_take(struct box *b, const struct store *s, const uint32_t *v, size_t n)
{
	struct mail m;
	size_t i;

	for (i = 0; i < n; i++)
		if (folder_mail(b->folder, v[i], &m) == 0 && !m.gone &&
		    m.modseq <= s->unchanged_since)
			return 1;
	return 0;
}

/* What was changed; RFC 7162 3.1.3: with CONDSTORE the new mod-sequence is
 * told of a silent STORE, too. */
static int
store_tell(struct box *b, const struct imap_command *c, const uint32_t *v,
    const unsigned char *result, size_t n)
{
	struct out *o = &b->out;
	struct mail m;
	size_t i;

	for (i = 0; i < n; i++) {
		if (result[i] != STORED ||
		    (c->store.silent && !b->condstore))
			continue;
		if (folder_mail(b->folder, v[i], &m) < 0)
			return -1;
		if (!c->store.silent) {
			update_flags(b, v[i], &m);
			continue;
		}
		out_str(o, "* ");
		out_number(o, v[i]);
		out_str(o, " FETCH (UID ");
		out_number(o, m.uid);
		out_str(o, " MODSEQ (");
		out_number(o, m.modseq);
		out_str(o, "))\r\n");
	}
	return 0;
}

static enum answer
store_answer(struct box *b, const struct imap_command *c, const uint32_t *v,
    const unsigned char *result, size_t n)
{
	struct imap_set modified = { 0 };
	struct mail m;
	size_t i;
	int gone = 0, r = 0;

	for (i = 0; i < n; i++) {
		gone |= result[i] == STORE_GONE;
		if (result[i] == STORE_MODIFIED && (!c->uid ||
		    folder_mail(b->folder, v[i], &m) == 0))
			r |= imap_set_push(&modified, c->uid ? m.uid : v[i]);
	}
	box_say(b, ANSWER_OK, "", "stored");
	if (modified.n) {
		buf_adds(&b->code, "MODIFIED ");
		r |= imap_set_format(&modified, &b->code);
	} else if (gone && !c->uid)
		/* RFC 2180 4.2, RFC 5530: told at the next chance */
		box_say(b, ANSWER_NO, "EXPUNGEISSUED",
		    "some of them are gone");
	imap_set_free(&modified);
	return r < 0 ? box_failed(b, "STORE") : modified.n || !gone || c->uid ?
	    ANSWER_OK : ANSWER_NO;
}

static enum answer
transfer(struct box *b, struct imap_command *c, struct folder *to,
    const char *name, uint32_t *v, size_t n)
{
	uint32_t *uid = calloc(n, sizeof *uid), came = 0;
	size_t i;
	int move = c->verb == IMAP_MOVE, r = -1;
	enum answer a;

	if (uid)
		r = move ? folder_move(b->folder, v, n, to, uid) :
		    folder_copy(b->folder, v, n, to, uid);
	if (r < 0) {
		a = box_failed(b, move ? "MOVE" : "COPY");
		free(uid);
		return a;
	}
	for (i = 0; i < n; i++)
		came += uid[i] != 0;
	a = box_say(b, ANSWER_OK, "", move ? "moved" : "copied");
	copyuid(b, to, name, v, uid, n);
	free(uid);
	if (!move)
		return a;
	/* RFC 6851 4.3: COPYUID before the first EXPUNGE */
	if (box_code(b).n)
		out_tagged(&b->out, SPAN("*"), "OK", box_code(b), "moved");
	if (update_tell(b, 1) < 0)
		return box_failed(b, "MOVE");
	box_say(b, a, "", "moved");
	if (came)
		change_highest(b);
	return a;
}

/* RFC 4315 3: two sets side by side, in the order in which UIDs were given.
 * Another session may have come upon some before all were there. */
static void
copyuid(struct box *b, struct folder *to, const char *name,
    const uint32_t *v, const uint32_t *uid, size_t n)
{
	struct imap_set from = { 0 }, into = { 0 };
	struct copied *c = calloc(n, sizeof *c);
	struct folder_totals t;
	struct mail m;
	size_t i, came = 0;
	int r = c ? 0 : -1;

	for (i = 0; i < n && r == 0; i++)
		if (uid[i] && folder_mail(b->folder, v[i], &m) == 0)
			c[came++] = (struct copied){ m.uid, uid[i] };
	if (came)
		qsort(c, came, sizeof *c, by_new_uid);
	for (i = 0; i < came && r == 0; i++)
		r = imap_set_push(&from, c[i].from) |
		    imap_set_push(&into, c[i].into);
	free(c);
	folder_totals(to, &t);
	if (r == 0 && from.n) {
		buf_addf(&b->code, "COPYUID %u ", t.uidvalidity);
		(void)imap_set_format(&from, &b->code);
		buf_addc(&b->code, ' ');
		(void)imap_set_format(&into, &b->code);
	}
	notify_put(b, name, &into);
	imap_set_free(&from);
	imap_set_free(&into);
}

static int
by_new_uid(const void *a, const void *b)
{
	const struct copied *x = a, *y = b;

	return (x->into > y->into) - (x->into < y->into);
}

/* Those of the set (NULL: of all) that are \Deleted, and that nobody has
 * rescued meanwhile. */
static int
deleted(struct box *b, const struct imap_set *only, uint32_t **v, size_t *n)
{
	uint32_t i, count = folder_count(b->folder);
	struct folder_totals t;
	struct mail m;

	*n = 0;
	*v = NULL;
	if (folder_sync(b->folder) < 0)
		return -1;
	folder_totals(b->folder, &t);
	*v = calloc((size_t)t.deleted + 1, sizeof **v);
	if (*v == NULL)
		return -1;
	for (i = 1; i <= count && *n < t.deleted; i++) {
		if (only && !imap_set_has(only, i))
			continue;
		if (folder_mail(b->folder, i, &m) < 0)
			return -1;
		if (m.flags & FLAG_DELETED && !m.gone)
			(*v)[(*n)++] = i;
	}
	return 0;
}

static enum answer
read_only(struct box *b)
{
	return box_say(b, ANSWER_NO, "READ-ONLY",
	    "the mailbox is selected read-only");
}
