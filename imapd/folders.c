/* folders - CREATE, DELETE, RENAME, SUBSCRIBE, UNSUBSCRIBE. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "imapd/folders.h"
#include "imapd/names.h"
#include "imapd/notify.h"
#include "imapd/quota.h"
#include "imapd/special.h"

static int  use_of(struct box *, const struct imap_command *, const char **);
static int  has_children(struct box *, const char *);
static enum answer rename_inbox(struct box *, struct span, const char *);
static int  move_all(struct folder *, struct folder *);
static void follow(struct box *, const char *, const char *);

enum answer
folders_create(struct box *b, struct imap_command *c)
{
	struct folder_totals t;
	char name[FOLDER_NAME], code[60];
	const char *use;
	struct folder *f;
	int r;

	if (names_take(b, c->mailbox, NAMES_MAKE, name) < 0 ||
	    use_of(b, c, &use) < 0)
		return ANSWER_NO;
	if (strcmp(name, "INBOX") == 0)
		return box_say(b, ANSWER_NO, "ALREADYEXISTS",
		    "INBOX is always there");
	if (tree_create(&b->tree, name) < 0)
		return box_failed(b, "CREATE");
	if ((r = folder_open(&f, &b->tree, name, FOLDER_READ)) == 0) {
		folder_totals(f, &t);
		folder_close(f);
	}
	/* last: its use is taken from another folder, which must not lose it
	 * to none.  Killed in between, it is there without its use, without
	 * which it must not be there (RFC 6154 3). */
	if (r < 0 || (*use && tree_special(&b->tree, name, use) < 0)) {
		tree_uncreate(&b->tree, name);
		return box_failed(b, "CREATE");
	}
	notify_changed(b, name, NULL);
	if (names_differ(b, c->mailbox, name))
		names_tell(b, "", name, c->mailbox);
	/* RFC 8474 4.1 */
	snprintf(code, sizeof code, "MAILBOXID (%s)", t.id);
	return box_say(b, ANSWER_OK, code, "made");
}

enum answer
folders_delete(struct box *b, struct imap_command *c)
{
	char name[FOLDER_NAME];

	if (names_take(b, c->mailbox, NAMES_USE, name) < 0)
		return ANSWER_NO;
	if (strcmp(name, "INBOX") == 0)
		return box_say(b, ANSWER_NO, "CANNOT",
		    "INBOX stays (RFC 9051 6.3.5)");
	if (tree_delete(&b->tree, name) < 0) {
		if (errno != ENOENT)
			return box_failed(b, "DELETE");
		if (has_children(b, name))
			return box_say(b, ANSWER_NO, "HASCHILDREN",
			    "there are only mailboxes below it");
		return box_say(b, ANSWER_NO, "NONEXISTENT",
		    "no such mailbox");
	}
	if (b->folder && strcmp(b->name, name) == 0) {
		box_unselect(b);
		out_str(&b->out, "* OK [CLOSED] it has gone\r\n");
	}
	quota_forget(b);
	notify_changed(b, name, NULL);
	if (names_differ(b, c->mailbox, name))
		names_tell(b, "\\NonExistent", name, c->mailbox);
	return box_say(b, ANSWER_OK, "", "deleted");
}

enum answer
folders_rename(struct box *b, struct imap_command *c)
{
	char from[FOLDER_NAME], to[FOLDER_NAME];

	if (names_take(b, c->mailbox, NAMES_USE, from) < 0 ||
	    names_take(b, c->target, NAMES_MAKE, to) < 0)
		return ANSWER_NO;
	if (strcmp(to, "INBOX") == 0)
		return box_say(b, ANSWER_NO, "ALREADYEXISTS",
		    "INBOX is always there");
	if (strcmp(from, "INBOX") == 0)
		return rename_inbox(b, c->target, to);
	if (tree_rename(&b->tree, from, to) < 0)
		return box_failed(b, "RENAME");
	follow(b, from, to);
	notify_changed(b, from, to);
	if (names_differ(b, c->mailbox, from) ||
	    names_differ(b, c->target, to))
		names_tell(b, "", to, c->mailbox);
	return box_say(b, ANSWER_OK, "", "renamed");
}

enum answer
folders_subscribe(struct box *b, struct imap_command *c)
{
	char name[FOLDER_NAME];

	if (names_take(b, c->mailbox, c->verb == IMAP_SUBSCRIBE ? NAMES_USE :
	    NAMES_UNSUBSCRIBE, name) < 0)
		return ANSWER_NO;
	if (tree_subscribe(&b->tree, name, c->verb == IMAP_SUBSCRIBE) < 0)
		return box_failed(b, "subscription");
	notify_changed(b, name, NULL);
	return box_say(b, ANSWER_OK, "", "noted");
}

static int
use_of(struct box *b, const struct imap_command *c, const char **use)
{
	*use = "";
	if (c->uses.n == 0)
		return 0;
	if (c->uses.n == 1 && (*use = special_use(c->use)) != NULL)
		return 0;
	box_say(b, ANSWER_NO, "USEATTR", c->uses.n == 1 ?
	    "no such special use here (RFC 6154 3)" :
	    "a mailbox has one special use at most");
	return -1;
}

static int
has_children(struct box *b, const char *name)
{
	struct tree_list l;
	size_t i;
	int has = 0;

	if (tree_list(&b->tree, &l) < 0)
		return 0;
	for (i = 0; i < l.n; i++)
		has |= strcmp(l.v[i].name, name) != 0 &&
		    tree_within(l.v[i].name, name);
	tree_list_free(&l);
	return has;
}

/* RFC 9051 6.3.6: all its messages go, itself stays. */
static enum answer
rename_inbox(struct box *b, struct span given, const char *name)
{
	struct folder *in = NULL, *out = NULL;
	enum answer a;

	if (tree_create(&b->tree, name) < 0)
		return box_failed(b, "RENAME");
	if (folder_open(&in, &b->tree, "INBOX", FOLDER_WRITE) < 0 ||
	    folder_open(&out, &b->tree, name, FOLDER_WRITE) < 0 ||
	    move_all(in, out) < 0) {
		tree_uncreate(&b->tree, name);
		a = box_failed(b, "RENAME");
	} else
		a = box_say(b, ANSWER_OK, "", "its messages were moved");
	if (in)
		folder_close(in);
	if (out)
		folder_close(out);
	notify_changed(b, "INBOX", name);
	if (a == ANSWER_OK && names_differ(b, given, name))
		names_tell(b, "", name, given);
	return a;
}

static int
move_all(struct folder *from, struct folder *to)
{
	uint32_t i, n = folder_count(from);
	uint32_t *v = calloc((size_t)n * 2 + 1, sizeof *v);
	int r = -1;

	for (i = 0; v && i < n; i++)
		v[i] = i + 1;
	if (v)
		r = folder_move(from, v, n, to, v + n);
	free(v);
	return r;
}

/* The selected mailbox has another name now. */
static void
follow(struct box *b, const char *from, const char *to)
{
	char name[2 * FOLDER_NAME];

	if (b->folder == NULL || !tree_within(b->name, from))
		return;
	snprintf(name, sizeof name, "%s%s", to, b->name + strlen(from));
	(void)span_str(span_of(name), b->name, sizeof b->name);
}
