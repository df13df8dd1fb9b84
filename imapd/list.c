/*
 * list - LIST and LSUB: of the folders, and the levels above them, each is
 * asked whether it is wanted.
 */
#include "imapd/list.h"
#include "imapd/names.h"
#include "imapd/nodes.h"
#include "imapd/status.h"
#include "wire/imap_name.h"
#include "wire/imap_reply.h"

static int  matches(const struct box *, const struct imap_list *,
	    const char *, int *);
static int  meant(unsigned, const struct node *);
static void note_below(struct box *, const struct imap_list *,
	    struct nodes *);
static int  wanted(const struct imap_command *, const struct node *, int,
	    unsigned *);
static void tell(struct box *, const struct imap_command *,
	    const struct node *, unsigned);

enum {
	/* of a node: below it is one that is meant, and one that is not told */
	CHILD_MEANT = 0x100, CHILD_HIDDEN = 0x200,
	/* of one that is told */
	TELL_NOT_THERE = 1, TELL_CHILDINFO = 2, TELL_ONLY_CHILDREN = 4
};

enum answer
list_run(struct box *b, struct imap_command *c)
{
	const struct imap_list *l = &c->list;
	struct nodes nodes;
	unsigned how;
	int percent, r = 0;
	size_t i;

	/* RFC 9051 6.3.9: "" asks for the separator */
	if (c->verb == IMAP_LIST && !l->extended && l->patterns.n == 1 &&
	    l->patterns.v[0].text.n == 0) {
		out_str(&b->out, "* LIST (\\Noselect) \".\" \"\"\r\n");
		return box_say(b, ANSWER_OK, "", "that is all");
	}
	if (nodes_take(&nodes, &b->tree) < 0)
		return box_failed(b, "LIST");
	if (l->bits & IMAP_LIST_RECURSIVE)
		note_below(b, l, &nodes);
	for (i = 0; i < nodes.n && r == 0; i++) {
		struct node *n = &nodes.v[i];

		if (!matches(b, l, n->name, &percent) ||
		    !wanted(c, n, percent, &how))
			continue;
		tell(b, c, n, how);
		/* RFC 5819 3: what only has a child that is meant has none */
		if (l->bits & IMAP_RETURN_STATUS && !(how &
		    (TELL_NOT_THERE | TELL_ONLY_CHILDREN)))
			r = status_of(b, n->name, l->status);
		/* RFC 5819 2: one that fails has no STATUS, that is all */
		if (r < 0 && !b->over)
			r = 0;
	}
	nodes_free(&nodes);
	return r < 0 ? ANSWER_NONE :
	    box_say(b, ANSWER_OK, "", "that is all");
}

/* *percent: by a pattern that ends with a %. */
static int
matches(const struct box *b, const struct imap_list *l, const char *name,
    int *percent)
{
	char pattern[2 * IMAP_NAME + 2];
	int match = 0;
	uint32_t i;

	for (*percent = 0, i = 0; i < l->patterns.n; i++) {
		struct span p = l->patterns.v[i].text;

		/* RFC 9051 6.3.9: an empty name asks for nothing */
		if (p.n == 0 || l->reference.n + p.n >= sizeof pattern)
			continue;
		if (l->reference.n)
			memcpy(pattern, l->reference.p, l->reference.n);
		memcpy(pattern + l->reference.n, p.p, p.n);
		if (!names_match(b, span_mem(pattern, l->reference.n + p.n),
		    name))
			continue;
		match = 1;
		*percent |= span_ends(p, SPAN("%"));
	}
	return match;
}

/* Does it meet the selection options? */
static int
meant(unsigned bits, const struct node *n)
{
	return (!(bits & IMAP_LIST_SUBSCRIBED) || n->bits & NODE_SUBSCRIBED) &&
	    (!(bits & IMAP_LIST_SPECIAL) || n->use[0]);
}

/* From the last to the first: what is below comes behind. */
static void
note_below(struct box *b, const struct imap_list *l, struct nodes *nodes)
{
	struct node *n, *above;
	int percent;
	size_t i;

	for (i = nodes->n; i-- > 0;) {
		n = &nodes->v[i];
		above = nodes_parent(nodes->v, nodes->n, sizeof *n, n->name);
		if (above == NULL)
			continue;
		above->bits |= n->bits & (CHILD_MEANT | CHILD_HIDDEN);
		if (meant(l->bits, n))
			above->bits |= matches(b, l, n->name, &percent) ?
			    CHILD_MEANT : CHILD_MEANT | CHILD_HIDDEN;
	}
}

/* *how is what to tell of it besides. */
static int
wanted(const struct imap_command *c, const struct node *n, int percent,
    unsigned *how)
{
	unsigned bits = c->list.bits;

	*how = n->bits & NODE_EXISTS ? 0 : TELL_NOT_THERE;
	if (c->verb == IMAP_LSUB) {
		if (n->bits & NODE_SUBSCRIBED) {
			/* RFC 3501 6.3.9: it need not be there */
			*how = 0;
			return 1;
		}
		/* and with % what is above of one that is subscribed to */
		*how = TELL_NOT_THERE;
		return percent && n->bits & NODE_CHILD_SUBSCRIBED;
	}
	/* Levels that are no mailbox are told whatever the pattern ends with,
	 * as by Dovecot: RFC 3501 6.3.8 wants it for %, RFC 9051 6.3.9.3
	 * would do without where a child of theirs is told, but has clients
	 * handle both (6.3.9.8, example 10); a client that shows a tree from
	 * one LIST * need not invent its branches. */
	if (!(bits & (IMAP_LIST_SUBSCRIBED | IMAP_LIST_SPECIAL)))
		return n->bits & (NODE_EXISTS | NODE_CHILD);
	if (n->bits & CHILD_MEANT)
		*how |= TELL_CHILDINFO;
	if (meant(bits, n))
		return 1;
	/* RFC 5258 3.3: for one that would not be told else */
	*how |= TELL_ONLY_CHILDREN;
	return n->bits & CHILD_HIDDEN;
}

static void
tell(struct box *b, const struct imap_command *c, const struct node *n,
    unsigned how)
{
	struct buf *o = &b->scratch;
	unsigned bits = c->list.bits;
	int lsub = c->verb == IMAP_LSUB;

	buf_reset(o);
	buf_adds(o, lsub ? "* LSUB (" : "* LIST (");
	if (how & TELL_NOT_THERE)
		/* RFC 3501 6.3.9 knows only the older word */
		buf_adds(o, !lsub && (c->list.extended || b->rev2) ?
		    "\\NonExistent " : "\\Noselect ");
	if (!lsub) {
		buf_adds(o, n->bits & NODE_CHILD ? "\\HasChildren" :
		    "\\HasNoChildren");
		if (n->use[0])
			buf_addf(o, " %s", n->use);
		if (n->bits & NODE_SUBSCRIBED && bits &
		    (IMAP_LIST_SUBSCRIBED | IMAP_RETURN_SUBSCRIBED))
			buf_adds(o, " \\Subscribed");
	} else if (how)
		o->n--;			/* the space */
	buf_adds(o, ") \".\" ");
	names_add(b, o, n->name);
	if (how & TELL_CHILDINFO)
		buf_addf(o, " (\"CHILDINFO\" (%s%s%s))",
		    bits & IMAP_LIST_SUBSCRIBED ? "\"SUBSCRIBED\"" : "",
		    bits & IMAP_LIST_SUBSCRIBED && bits & IMAP_LIST_SPECIAL ?
		    " " : "",
		    bits & IMAP_LIST_SPECIAL ? "\"SPECIAL-USE\"" : "");
	buf_adds(o, "\r\n");
	out_span(&b->out, buf_span(o));
}
