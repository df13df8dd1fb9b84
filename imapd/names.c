/* names - mailbox names on their way from the client and to it. */
#include <unistd.h>

#include "base/utf8.h"
#include "imapd/names.h"
#include "mail/fold.h"
#include "wire/imap_name.h"
#include "wire/imap_reply.h"

/* A name in whatever form; far more than one that may be. */
enum { ROOM = 4096 };

static int  key_of(struct span, struct buf *, const char **);
static void unify(struct span, struct buf *);
static void capital_inbox(struct buf *);
static int  look_up(const struct box *, struct span, struct span,
	    enum names_use, struct buf *);
static int  exists(const struct box *, struct span);
static int  find(const struct box *, struct span, struct span, unsigned,
	    struct buf *);
static size_t rank(const struct tree_entry *, struct span, struct span);
static size_t same_levels(struct span, struct span);
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
names_match(const struct box *b, struct span pattern, const char *name)
{
	unsigned char room[2][ROOM];
	struct buf want = { .p = room[0], .size = ROOM, .max = ROOM };
	struct buf key = { .p = room[1], .size = ROOM, .max = ROOM };
	const char *why;

	if (b->utf8)
		unify(pattern, &want);
	else if (key_of(pattern, &want, &why) < 0)
		/* a * may stand for a part of the base64, too */
		return imap_name_match(pattern, span_of(name), '.');
	(void)key_of(span_of(name), &key, &why);
	return imap_name_match(buf_span(&want), buf_span(&key), '.');
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

	if (b->utf8 && imap_name_from_utf7(span_of(name), &utf8, &why) == 0)
		out[utf8.n] = '\0';
	else
		(void)span_str(span_of(name), out, NAMES_TEXT);
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
	out_span(&b->out, buf_span(o));
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
	unsigned char room[ROOM];
	struct buf own = { .p = room, .size = ROOM, .max = ROOM };
	struct tree_list l;
	size_t best = 0, r, i;
	const char *why;

	(void)imap_name_to_utf7(key, &own, &why);
	if (tree_list(&b->tree, &l) < 0)
		return -1;
	for (i = 0; i < l.n; i++) {
		if (!(l.v[i].bits & bit) ||
		    (r = rank(&l.v[i], name, key)) <= best)
			continue;
		best = r;
		buf_reset(disk);
		buf_addspan(disk, levels(span_of(l.v[i].name), r / 4));
	}
	tree_list_free(&l);
	buf_addspan(disk, span_from(buf_span(&own),
	    levels(buf_span(&own), best / 4).n));
	return !!(best & 2);
}

/* How near it is: 4 for each level, 2 for the whole name, 1 for its bytes. */
static size_t
rank(const struct tree_entry *e, struct span name, struct span key)
{
	unsigned char room[ROOM];
	struct buf other = { .p = room, .size = ROOM, .max = ROOM };
	const char *why;
	size_t n;

	(void)key_of(span_of(e->name), &other, &why);
	n = same_levels(key, buf_span(&other));
	if (n == 0)
		return 0;
	return 4 * n + (span_eq(key, buf_span(&other)) ? 2 : 0) +
	    (span_eq(levels(name, n), levels(span_of(e->name), n)) ? 1 : 0);
}

static size_t
same_levels(struct span a, struct span b)
{
	struct span x, y;
	size_t n = 0;
	int more;

	do {
		more = span_cut(&a, '.', &x) & span_cut(&b, '.', &y);
		if (!span_eq(x, y))
			break;
		n++;
	} while (more);
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
