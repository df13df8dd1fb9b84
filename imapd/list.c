/*
 * list - LIST and LSUB: of the folders, and the levels above them, each is
 * asked whether it is wanted.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "imapd/list.h"
#include "imapd/names.h"
#include "imapd/nodes.h"
#include "imapd/status.h"
#include "wire/imap_name.h"
#include "wire/imap_reply.h"

/* A pattern behind the reference, as names_pattern makes it. */
struct pattern {
	struct span text;
	enum names_form form;
	int percent;			/* it ends with one */
};
struct patterns {
	struct pattern *v;
	size_t n;
	struct buf text;
};

static int  patterns_take(struct patterns *, const struct box *,
	    const struct imap_list *);
static void patterns_free(struct patterns *);
static int  matches(const struct patterns *, const char *, int *);
static int  meant(unsigned, const struct node *);
static void note_below(const struct imap_list *, const struct patterns *,
	    struct nodes *);
static int  wanted(const struct imap_command *, const struct node *, int,
	    unsigned *);
static void tell(struct box *, const struct imap_command *,
	    const struct node *, unsigned);

enum { PATTERNS = 16 << 20 };		/* bytes of one command's */
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
	struct patterns patterns;
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
	if (patterns_take(&patterns, b, l) < 0)
		return box_failed(b, "LIST");
	if (nodes_take(&nodes, &b->tree) < 0) {
		patterns_free(&patterns);
		return box_failed(b, "LIST");
	}
	if (l->bits & IMAP_LIST_RECURSIVE)
		note_below(l, &patterns, &nodes);
	for (i = 0; i < nodes.n && r == 0; i++) {
		struct node *n = &nodes.v[i];

		if (!matches(&patterns, n->name, &percent) ||
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
	patterns_free(&patterns);
	return r < 0 ? ANSWER_NONE :
	    box_say(b, ANSWER_OK, "", "that is all");
}

/*
 * Reference and name are put together as they are (RFC 9051 6.3.9 leaves that
 * to the server), as by Dovecot: a reference ends with the separator where one
 * is meant.  0, or -1 with errno and nothing to free.
 */
static int
patterns_take(struct patterns *l, const struct box *b,
    const struct imap_list *list)
{
	unsigned char whole[2 * IMAP_NAME + 2];
	size_t i, at, n = list->reference.n;

	*l = (struct patterns){ .text = { .max = PATTERNS } };
	l->v = calloc((size_t)list->patterns.n + 1, sizeof *l->v);
	for (i = 0; l->v && i < list->patterns.n; i++) {
		struct span p = list->patterns.v[i].text;
		struct pattern *v = &l->v[l->n];

		/* RFC 9051 6.3.9: an empty name asks for nothing */
		if (p.n == 0 || n + p.n >= sizeof whole)
			continue;
		if (n)
			memcpy(whole, list->reference.p, n);
		memcpy(whole + n, p.p, p.n);
		at = l->text.n;
		v->form = names_pattern(b, span_mem(whole, n + p.n), &l->text);
		v->text.n = l->text.n - at;
		v->percent = span_ends(p, SPAN("%"));
		l->n++;
	}
	if (l->v == NULL || !buf_ok(&l->text)) {
		patterns_free(l);
		errno = ENOMEM;
		return -1;
	}
	for (i = at = 0; i < l->n; at += l->v[i++].text.n)
		l->v[i].text.p = l->text.p + at;
	return 0;
}

static void
patterns_free(struct patterns *l)
{
	buf_free(&l->text);
	free(l->v);
}

/* *percent: by a pattern that ends with a %. */
static int
matches(const struct patterns *l, const char *name, int *percent)
{
	unsigned char room[NAMES_ROOM];
	struct buf key = { .p = room, .size = NAMES_ROOM, .max = NAMES_ROOM };
	const struct pattern *v;
	int match = 0;

	names_key(name, &key);
	for (*percent = 0, v = l->v; v < l->v + l->n; v++) {
		if (!imap_name_match(v->text, v->form == NAMES_RAW ?
		    span_of(name) : buf_span(&key), '.'))
			continue;
		match = 1;
		*percent |= v->percent;
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
note_below(const struct imap_list *l, const struct patterns *patterns,
    struct nodes *nodes)
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
			above->bits |= matches(patterns, n->name, &percent) ?
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
	box_put(b);
}
