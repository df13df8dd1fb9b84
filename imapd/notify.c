/*
 * notify - NOTIFY.
 *
 * Several groups may speak of one mailbox: their events add up (RFC 5465 6);
 * a group with NONE takes its mailboxes out.  Of the selected mailbox only
 * SELECTED and SELECTED-DELAYED speak; without either its view stays as it is
 * (3.1, 5), but for what the client's own commands change.  Mail may be
 * delivered to any folder, so that INBOXES is PERSONAL (6.3).
 */
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "imapd/attend.h"
#include "imapd/fetch.h"
#include "imapd/hint.h"
#include "imapd/names.h"
#include "imapd/notify.h"
#include "imapd/update.h"
#include "imapd/watched.h"
#include "sys/clock.h"

enum {
	ALL = IMAP_NOTIFY_NEW | IMAP_NOTIFY_EXPUNGE | IMAP_NOTIFY_FLAGS |
	    IMAP_NOTIFY_NAME | IMAP_NOTIFY_SUBSCRIPTION,
	HINTS = 128			/* mailboxes; others are looked at */
};

struct want {
	enum imap_notify_filter filter;
	unsigned events;		/* 0: NONE */
	char name[FOLDER_NAME];		/* of SUBTREE and MAILBOXES */
};

struct notify {
	struct want *v;
	size_t n;
	struct buf text;		/* of the command: fetch points to it */
	struct imap_command c;
	struct watched_list known;
	struct imap_set put;		/* UIDs of ours, in the selected one */
	int hint;
	uint64_t next_look;		/* ms */
};

static int  parse(struct box *, struct notify *);
static int  group(struct box *, struct notify *,
	    const struct imap_notify_group *);
static unsigned events_of(void *, const struct node *);
static int  concerns(const struct want *, const struct node *);
static const struct want *selected(const struct box *);
static int  others(const struct notify *);
static int  take(struct box *, struct notify *, struct watched_list *);
static int  look(struct box *, const struct own *);
static int  too_many(struct box *);
static void overflow(struct box *, const char *);
static void release(struct notify *);

enum answer
notify_run(struct box *b, struct imap_command *c)
{
	const struct want *w;
	struct notify *n;
	int r;

	if (!c->notify.set) {
		notify_free(b);
		b->deaf = ALL;
		return box_say(b, ANSWER_OK, "", "nothing more");
	}
	if ((n = calloc(1, sizeof *n)) == NULL)
		return box_failed(b, "NOTIFY");
	n->hint = -1;
	if ((r = parse(b, n)) == 0 && others(n) &&
	    (take(b, n, &n->known) < 0 ||
	    watched_start(b, &n->known, c->notify.status) < 0))
		r = errno == E2BIG ? too_many(b) : (int)box_failed(b,
		    "NOTIFY");
	if (r) {
		/* RFC 5465 3.1: what was wanted before stays */
		release(n);
		return (enum answer)r;
	}
	notify_free(b);
	b->notify = n;
	n->next_look = clock_mono_ms() + b->conf->look * 1000;
	w = selected(b);
	/* RFC 5465 3.1: all that has happened so far is told once more */
	b->deaf = 0;
	if (b->folder && update_sync(b, 1) < 0)
		return box_failed(b, "NOTIFY");
	b->deaf = ALL & ~(w ? w->events : 0);
	return box_say(b, ANSWER_OK, "", "you will hear");
}

void
notify_free(struct box *b)
{
	if (b->notify)
		release(b->notify);
	b->notify = NULL;
}

int
notify_attend(struct box *b)
{
	const struct want *w;
	struct attend a;

	attend_begin(&a, b, 0);
	while (!b->over && stream_have(&b->client).n == 0) {
		w = selected(b);
		if (attend_look(&a, w && w->filter ==
		    IMAP_NOTIFY_SELECTED) < 0 && !b->over) {
			(void)box_failed(b, "NOTIFY");
			overflow(b, "not everything can be looked at");
		}
		if (out_flush(&b->out) < 0)
			b->over = "closed by client";
		else if (!b->over && !attend_wait(&a))
			break;
	}
	attend_end(&a);
	return !b->over;
}

int
notify_look(struct box *b)
{
	return b->notify && clock_mono_ms() >= b->notify->next_look ?
	    look(b, NULL) : 0;
}

int
notify_hint(const struct box *b)
{
	return b->notify ? b->notify->hint : -1;
}

void
notify_hinted(struct box *b)
{
	hint_drain(b->notify->hint);
	b->notify->next_look = 0;
}

/* RFC 5465 5.2 */
int
notify_new(struct box *b, uint32_t first)
{
	struct notify *n = b->notify;
	struct imap_set numbers = { 0 };
	struct mail m;

	if (n == NULL || n->c.notify.fetch.n == 0)
		return 0;
	for (; first <= folder_count(b->folder); first++)
		if (folder_mail(b->folder, first, &m) < 0 ||
		    (!imap_set_has(&n->put, m.uid) &&
		    imap_set_add(&numbers, first, first) < 0)) {
			imap_set_free(&numbers);
			return -1;
		}
	imap_set_free(&n->put);
	return fetch_tell(b, &n->c.notify.fetch, &numbers);
}

/* But for flags that it did not want to hear of. */
void
notify_told(struct box *b)
{
	struct watched *v = b->notify ? b->notify->known.v : NULL;
	uint64_t modseq;
	size_t i;

	for (i = 0; v && i < b->notify->known.n; i++) {
		if (strcmp(v[i].node.name, b->name) != 0)
			continue;
		modseq = v[i].t.modseq;
		folder_totals(b->folder, &v[i].t);
		if (b->deaf & IMAP_NOTIFY_FLAGS)
			v[i].t.modseq = modseq;
	}
}

void
notify_put(struct box *b, const char *name, struct imap_set *uids)
{
	struct own own = { { name, NULL }, 0 };
	struct notify *n = b->notify;
	size_t i;

	if (n == NULL)
		return;
	imap_set_resolve(uids, 0);
	own.messages = (uint32_t)imap_set_count(uids);
	imap_set_free(&n->put);
	if (b->folder && strcmp(b->name, name) == 0 &&
	    !(b->deaf & IMAP_NOTIFY_NEW))
		for (i = 0; i < uids->n; i++)
			(void)imap_set_add(&n->put, uids->v[i].first,
			    uids->v[i].last);
	if (look(b, &own) < 0)
		notify_hinted(b);
}

void
notify_changed(struct box *b, const char *one, const char *other)
{
	struct own own = { { one, other }, 0 };

	if (b->notify && look(b, &own) < 0)
		notify_hinted(b);
}

/* The command once more, in a text that stays.  0, or the answer. */
static int
parse(struct box *b, struct notify *n)
{
	const char *why;
	size_t i;
	int r = 0;

	n->text.max = IMAP_TEXT;
	buf_addspan(&n->text, buf_span(&b->reader.text));
	if (!buf_ok(&n->text) || imap_command_parse(&n->c, buf_span(&n->text),
	    0, &why) < 0) {
		errno = ENOMEM;
		return (int)box_failed(b, "NOTIFY");
	}
	for (i = 0; i < n->c.notify.n; i++)
		if (n->c.notify.v[i].events & ~(unsigned)ALL)
			/* RFC 5465 5: all that there are */
			return (int)box_say(b, ANSWER_NO, "BADEVENT "
			    "(MessageNew MessageExpunge FlagChange "
			    "MailboxName SubscriptionChange)",
			    "no such event here");
	if (names_keep(b) < 0)
		return (int)box_failed(b, "NOTIFY");
	for (i = 0; i < n->c.notify.n && r == 0; i++)
		r = group(b, n, &n->c.notify.v[i]);
	names_forget(b);
	return r < 0 ? (int)b->answer : 0;
}

/* A want for each name of it. */
static int
group(struct box *b, struct notify *n, const struct imap_notify_group *g)
{
	size_t i, names = g->mailboxes.n ? g->mailboxes.n : 1;
	struct want *v;

	if (n->n + names > WATCHED_MAX) {
		b->answer = (enum answer)too_many(b);
		return -1;
	}
	if ((v = reallocarray(n->v, n->n + names, sizeof *v)) == NULL) {
		b->answer = box_failed(b, "NOTIFY");
		return -1;
	}
	n->v = v;
	for (i = 0; i < names; i++) {
		v = &n->v[n->n++];
		*v = (struct want){ g->filter, g->events, "" };
		/* RFC 5465 3.1: what does not exist is ignored */
		if (g->mailboxes.n && names_take(b,
		    g->mailboxes.v[i].text, NAMES_USE, v->name) < 0)
			v->name[0] = '\0';
	}
	return 0;
}

static unsigned
events_of(void *arg, const struct node *e)
{
	const struct notify *n = arg;
	unsigned events = 0;
	size_t i;

	for (i = 0; i < n->n; i++) {
		if (!concerns(&n->v[i], e))
			continue;
		if (n->v[i].events == 0)
			return 0;
		events |= n->v[i].events;
	}
	return events;
}

static int
concerns(const struct want *w, const struct node *e)
{
	switch (w->filter) {
	case IMAP_NOTIFY_SELECTED:
	case IMAP_NOTIFY_SELECTED_DELAYED:
		return 0;
	case IMAP_NOTIFY_INBOXES:
	case IMAP_NOTIFY_PERSONAL:
		return 1;
	case IMAP_NOTIFY_SUBSCRIBED:
		return (e->bits & NODE_SUBSCRIBED) != 0;
	case IMAP_NOTIFY_SUBTREE:
		return tree_within(e->name, w->name);
	case IMAP_NOTIFY_MAILBOXES:
		return strcmp(e->name, w->name) == 0;
	}
	return 0;
}

/* What is wanted of the selected mailbox, whichever that is; or NULL. */
static const struct want *
selected(const struct box *b)
{
	size_t i;

	for (i = 0; b->notify && i < b->notify->n; i++)
		if (b->notify->v[i].filter <= IMAP_NOTIFY_SELECTED_DELAYED)
			return &b->notify->v[i];
	return NULL;
}

/* Is any mailbox but the selected one spoken of? */
static int
others(const struct notify *n)
{
	size_t i;

	for (i = 0; i < n->n; i++)
		if (n->v[i].filter > IMAP_NOTIFY_SELECTED_DELAYED)
			return 1;
	return 0;
}

/* Hints come before the look, so that what happens while it lasts is told by
 * the next one; those that are asked for again stay as they are. */
static int
take(struct box *b, struct notify *n, struct watched_list *l)
{
	const struct watched *w;
	size_t i;

	if (n->hint < 0 && (n->hint = hint_open()) >= 0)
		(void)hint_tree(n->hint, b);
	if (watched_take(b, events_of, n, l) < 0)
		return -1;
	for (i = 0; n->hint >= 0 && i < l->n && i < HINTS; i++) {
		w = &l->v[i];
		if (w->node.bits & NODE_EXISTS && w->events & IMAP_NOTIFY_NEW)
			(void)hint_mailbox(n->hint, b, w->node.name);
	}
	return 0;
}

/* 0, or -1 with errno. */
static int
look(struct box *b, const struct own *own)
{
	struct notify *n = b->notify;
	struct watched_list now;

	n->next_look = clock_mono_ms() + b->conf->look * 1000;
	if (n->known.n == 0)
		return 0;
	if (take(b, n, &now) < 0) {
		if (errno != E2BIG)
			return -1;
		overflow(b, "there are too many mailboxes now");
		return 0;
	}
	if (watched_tell(b, &n->known, &now, own) < 0) {
		watched_free(&now);
		return -1;
	}
	watched_free(&n->known);
	n->known = now;
	return 0;
}

static int
too_many(struct box *b)
{
	return (int)box_say(b, ANSWER_NO, "NOTIFICATIONOVERFLOW",
	    "at most %d mailboxes are watched", WATCHED_MAX);
}

/* RFC 5465 5.8: from here on as after NOTIFY NONE. */
static void
overflow(struct box *b, const char *why)
{
	out_line(&b->out, "* OK [NOTIFICATIONOVERFLOW] %s", why);
	notify_free(b);
	b->deaf = ALL;
}

static void
release(struct notify *n)
{
	if (n->hint >= 0)
		close(n->hint);
	watched_free(&n->known);
	imap_set_free(&n->put);
	imap_command_free(&n->c);
	buf_free(&n->text);
	free(n->v);
	free(n);
}
