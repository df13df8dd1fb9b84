/*
 * list - LIST and LSUB.
 *
 * The folders of the tree, and every level above them that is no folder
 * itself, become one sorted vector of nodes, each of which knows what is below
 * it; then each is asked whether it is wanted.
 */
#include <stdlib.h>

#include "imapd/list.h"
#include "imapd/names.h"
#include "imapd/status.h"
#include "wire/imap_name.h"
#include "wire/imap_reply.h"

enum node_bits {
	NODE_EXISTS = TREE_EXISTS, NODE_SUBSCRIBED = TREE_SUBSCRIBED,
	NODE_CHILD = 4,			/* a folder is below */
	NODE_CHILD_SUBSCRIBED = 8, NODE_CHILD_SPECIAL = 16
};
struct node {
	char name[FOLDER_NAME];
	char use[16];
	unsigned bits;
};
struct nodes {
	struct node *v;
	size_t n, size;
};

static int  gather(struct box *, struct nodes *);
static int  add(struct nodes *, struct span, unsigned, const char *);
static void merge(struct nodes *);
static int  by_name(const void *, const void *);
static int  matches(const struct box *, const struct imap_list *,
	    const char *, int *);
static int  wanted(const struct imap_command *, const struct node *, int,
	    unsigned *);
static void tell(struct box *, const struct imap_command *,
	    const struct node *, unsigned);

/* Of a node that is told. */
enum { TELL_NOT_THERE = 1, TELL_CHILDINFO = 2 };

enum answer
list_run(struct box *b, struct imap_command *c)
{
	const struct imap_list *l = &c->list;
	struct nodes nodes = { 0 };
	unsigned how;
	int percent, r = 0;
	size_t i;

	/* RFC 9051 6.3.9: "" asks for the separator */
	if (c->verb == IMAP_LIST && !l->extended && l->patterns.n == 1 &&
	    l->patterns.v[0].text.n == 0) {
		out_str(&b->out, "* LIST (\\Noselect) \".\" \"\"\r\n");
		return box_say(b, ANSWER_OK, "", "that is all");
	}
	if (gather(b, &nodes) < 0) {
		free(nodes.v);
		return box_failed(b, "LIST");
	}
	for (i = 0; i < nodes.n && r == 0; i++) {
		struct node *n = &nodes.v[i];

		if (!matches(b, l, n->name, &percent) ||
		    !wanted(c, n, percent, &how))
			continue;
		tell(b, c, n, how);
		if (l->bits & IMAP_RETURN_STATUS && n->bits & NODE_EXISTS)
			r = status_of(b, n->name, l->status);
		/* RFC 5819 2: one that fails has no STATUS, that is all */
		if (r < 0 && !b->over)
			r = 0;
	}
	free(nodes.v);
	return r < 0 ? ANSWER_NONE :
	    box_say(b, ANSWER_OK, "", "that is all");
}

static int
gather(struct box *b, struct nodes *nodes)
{
	struct tree_list l;
	size_t i, j;
	int r = 0;

	if (tree_list(&b->tree, &l) < 0)
		return -1;
	for (i = 0; i < l.n && r == 0; i++) {
		const struct tree_entry *e = &l.v[i];
		struct span name = span_of(e->name);
		unsigned below = 0;

		if (e->bits & TREE_EXISTS)
			below |= NODE_CHILD;
		if (e->bits & TREE_SUBSCRIBED)
			below |= NODE_CHILD_SUBSCRIBED;
		if (e->use[0])
			below |= NODE_CHILD_SPECIAL;
		r = add(nodes, name, e->bits, e->use);
		for (j = name.n; j-- > 0 && r == 0;)
			if (name.p[j] == '.')
				r = add(nodes, span_sub(name, 0, j), below,
				    "");
	}
	tree_list_free(&l);
	if (r == 0)
		merge(nodes);
	return r;
}

static int
add(struct nodes *l, struct span name, unsigned bits, const char *use)
{
	struct node *v;
	size_t size;

	if (l->n == l->size) {
		size = l->size ? l->size * 2 : 16;
		if ((v = reallocarray(l->v, size, sizeof *v)) == NULL)
			return -1;
		l->v = v;
		l->size = size;
	}
	v = &l->v[l->n++];
	v->bits = bits;
	(void)span_str(name, v->name, sizeof v->name);
	(void)span_str(span_of(use), v->use, sizeof v->use);
	return 0;
}

static void
merge(struct nodes *l)
{
	size_t i, n = 0;

	qsort(l->v, l->n, sizeof *l->v, by_name);
	for (i = 0; i < l->n; i++) {
		struct node *last = n ? &l->v[n - 1] : NULL;

		if (last && strcmp(last->name, l->v[i].name) == 0) {
			last->bits |= l->v[i].bits;
			if (l->v[i].use[0])
				memcpy(last->use, l->v[i].use,
				    sizeof last->use);
		} else
			l->v[n++] = l->v[i];
	}
	l->n = n;
}

static int
by_name(const void *a, const void *b)
{
	const struct node *x = a, *y = b;

	return tree_order(x->name, y->name);
}

/* *percent: by a pattern that ends with a %. */
static int
matches(const struct box *b, const struct imap_list *l, const char *name,
    int *percent)
{
	char text[NAMES_TEXT], pattern[2 * IMAP_NAME + 2];
	int match = 0;
	uint32_t i;

	names_text(b, name, text);
	for (*percent = 0, i = 0; i < l->patterns.n; i++) {
		struct span p = l->patterns.v[i].text;

		if (l->reference.n + p.n >= sizeof pattern)
			continue;
		if (l->reference.n)
			memcpy(pattern, l->reference.p, l->reference.n);
		if (p.n)
			memcpy(pattern + l->reference.n, p.p, p.n);
		if (!imap_name_match(span_mem(pattern, l->reference.n + p.n),
		    span_of(text), '.'))
			continue;
		match = 1;
		*percent |= span_ends(p, SPAN("%"));
	}
	return match;
}

/* *how is what to tell of it besides. */
static int
wanted(const struct imap_command *c, const struct node *n, int percent,
    unsigned *how)
{
	unsigned bits = c->list.bits;
	int direct = 1, below = 0;

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
	if (!(bits & (IMAP_LIST_SUBSCRIBED | IMAP_LIST_SPECIAL)))
		return n->bits & (NODE_EXISTS | NODE_CHILD);
	if (bits & IMAP_LIST_SUBSCRIBED) {
		direct &= !!(n->bits & NODE_SUBSCRIBED);
		below |= !!(n->bits & NODE_CHILD_SUBSCRIBED);
	}
	if (bits & IMAP_LIST_SPECIAL) {
		direct &= n->use[0] != '\0';
		below |= !!(n->bits & NODE_CHILD_SPECIAL);
	}
	/* RFC 5258 3.5 */
	if (!(bits & IMAP_LIST_RECURSIVE))
		below = 0;
	if (below)
		*how |= TELL_CHILDINFO;
	return direct || below;
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
		buf_adds(o, c->list.extended || b->rev2 ? "\\NonExistent " :
		    "\\Noselect ");
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
		buf_adds(o, bits & IMAP_LIST_SUBSCRIBED ?
		    " (\"CHILDINFO\" (\"SUBSCRIBED\"))" :
		    " (\"CHILDINFO\" (\"SPECIAL-USE\"))");
	buf_adds(o, "\r\n");
	out_span(&b->out, buf_span(o));
}
