/* imap_args - arguments of NOTIFY (RFC 5465 8). */
#include <stdlib.h>

#include "wire/imap_args.h"

static int group(struct imap_notify *, struct imap_cursor *);
static int filter(struct imap_notify_group *, struct imap_cursor *);
static int events(struct imap_notify *, struct imap_notify_group *,
	    struct imap_cursor *);
static int consistent(const struct imap_notify_group *, const char **);

static const char bad_notify[] =
    "NOTIFY wants NONE or SET [STATUS] (filter events) ... (RFC 5465 8)";

/* notify = "NOTIFY" SP ("NONE" / "SET" [SP "STATUS"] event-groups) */
int
imap_args_notify(struct imap_command *c, struct imap_cursor *in)
{
	struct imap_notify *n = &c->notify;
	struct imap_notify_group *v;
	struct imap_cursor list;
	uint32_t at;
	int selected = 0;

	*in->why = bad_notify;
	if (imap_take_word(in, "NONE"))
		return 0;
	if (!imap_take_word(in, "SET"))
		return -1;
	n->set = 1;
	n->status = imap_take_word(in, "STATUS");
	for (at = 0; in->at < in->end; at++) {
		if (at == IMAP_NOTIFY_GROUPS)
			return imap_bad(in->why,
			    "more than 100 groups in a NOTIFY");
		v = reallocarray(n->v, at + 1, sizeof *v);
		if (v == NULL)
			return imap_bad(in->why, "no memory");
		n->v = v;
		v[at] = (struct imap_notify_group){ 0 };
		n->n = at + 1;
		if (imap_take_list(in, &list, bad_notify) < 0 ||
		    group(n, &list) < 0)
			return -1;
		selected += v[at].filter <= IMAP_NOTIFY_SELECTED_DELAYED;
	}
	*in->why = "SELECTED or SELECTED-DELAYED, once (RFC 5465 6.1)";
	if (selected > 1)
		return -1;
	*in->why = bad_notify;
	return n->n ? 0 : -1;
}

/* event-group = "(" filter-mailboxes SP events ")" */
static int
group(struct imap_notify *n, struct imap_cursor *in)
{
	struct imap_notify_group *g = &n->v[n->n - 1];
	struct imap_cursor list;

	if (filter(g, in) < 0)
		return -1;
	if (!imap_take_word(in, "NONE") &&
	    (imap_take_list(in, &list, bad_notify) < 0 ||
	    events(n, g, &list) < 0))
		return -1;
	return imap_take_end(in) < 0 ? -1 : consistent(g, in->why);
}

static int
filter(struct imap_notify_group *g, struct imap_cursor *in)
{
	static const char *const name[] = {
		"SELECTED", "SELECTED-DELAYED", "INBOXES", "PERSONAL",
		"SUBSCRIBED", "SUBTREE", "MAILBOXES"
	};
	const struct imap_token *t;
	struct imap_cursor list;
	struct span mailbox;
	unsigned i;

	i = imap_args_one(in, name, sizeof name / sizeof *name);
	if (i == sizeof name / sizeof *name)
		return imap_bad(in->why, bad_notify);
	g->filter = i;
	if (i < IMAP_NOTIFY_SUBTREE)
		return 0;
	/* one-or-more-mailbox = mailbox / "(" mailbox *(SP mailbox) ")" */
	if ((t = imap_peek(in)) != NULL && t->kind == IMAP_PARENS) {
		if (imap_take_list(in, &list, bad_notify) < 0)
			return -1;
	} else {
		list = *in;
		list.end = t ? t->next : list.at;
		in->at = list.end;
	}
	g->mailboxes.v = imap_peek(&list);
	do {
		if (imap_take_astring(&list, &mailbox, bad_notify) < 0)
			return -1;
		g->mailboxes.n++;
	} while (list.at < list.end);
	return 0;
}

/* events = "(" event *(SP event) ")"; message-event MessageNew may have a list
 * of what to fetch. */
static int
events(struct imap_notify *n, struct imap_notify_group *g,
    struct imap_cursor *in)
{
	static const char *const name[] = {
		"MessageNew", "MessageExpunge", "FlagChange",
		"AnnotationChange", "MailboxName", "SubscriptionChange",
		"MailboxMetadataChange", "ServerMetadataChange"
	};
	const struct imap_token *t;
	struct imap_cursor list;
	struct span other;
	unsigned i;

	do {
		*in->why = bad_notify;
		i = imap_args_one(in, name, sizeof name / sizeof *name);
		/* event-ext = atom: the last bit */
		if (i == sizeof name / sizeof *name &&
		    imap_take_atom(in, &other, bad_notify) < 0)
			return -1;
		g->events |= 1u << i;
		if (i > 0 || (t = imap_peek(in)) == NULL ||
		    t->kind != IMAP_PARENS)
			continue;
		*in->why = "only SELECTED may fetch, once (RFC 5465 5.2)";
		if (g->filter > IMAP_NOTIFY_SELECTED_DELAYED || n->fetch.n ||
		    imap_take_list(in, &list, bad_notify) < 0 ||
		    imap_args_items(&n->fetch, &list) < 0)
			return -1;
	} while (in->at < in->end);
	return 0;
}

/* RFC 5465 5: MessageNew and MessageExpunge come together, FlagChange and
 * AnnotationChange with them; SELECTED has events of messages only. */
static int
consistent(const struct imap_notify_group *g, const char **why)
{
	int both = (g->events & IMAP_NOTIFY_NEW) &&
	    (g->events & IMAP_NOTIFY_EXPUNGE);
	int one = (g->events & IMAP_NOTIFY_NEW) ||
	    (g->events & IMAP_NOTIFY_EXPUNGE);

	*why = "MessageNew and MessageExpunge go together, FlagChange with "
	    "them (RFC 5465 5)";
	if (both != one || (!both && (g->events & (IMAP_NOTIFY_FLAGS |
	    IMAP_NOTIFY_ANNOTATION))))
		return -1;
	*why = "SELECTED has events of messages only (RFC 5465 5)";
	return g->filter <= IMAP_NOTIFY_SELECTED_DELAYED &&
	    (g->events & 0xf0) ? -1 : 0;
}
