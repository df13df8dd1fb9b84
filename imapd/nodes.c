/* nodes - folders, and the levels above them. */
#include <stdlib.h>
#include <string.h>

#include "imapd/nodes.h"
#include "wire/imap_name.h"

static int  add(struct nodes *, struct span, unsigned, const char *);
static void level(struct span, char [FOLDER_NAME]);
static void merge(struct nodes *);

int
nodes_take(struct nodes *nodes, const struct tree *tree)
{
	struct tree_list l;
	size_t i, j;
	int r = 0;

	*nodes = (struct nodes){ 0 };
	if (tree_list(tree, &l) < 0)
		return -1;
	for (i = 0; i < l.n && r == 0; i++) {
		const struct tree_entry *e = &l.v[i];
		struct span name = span_of(e->name);
		unsigned below = 0;

		if (e->bits & TREE_EXISTS)
			below |= NODE_CHILD;
		if (e->bits & TREE_SUBSCRIBED)
			below |= NODE_CHILD_SUBSCRIBED;
		r = add(nodes, name, e->bits, e->use);
		for (j = name.n; j-- > 0 && r == 0;)
			if (name.p[j] == '.')
				r = add(nodes, span_sub(name, 0, j), below,
				    "");
	}
	tree_list_free(&l);
	if (r == 0)
		merge(nodes);
	else
		nodes_free(nodes);
	return r;
}

void
nodes_free(struct nodes *l)
{
	free(l->v);
	*l = (struct nodes){ 0 };
}

int
nodes_order(const void *a, const void *b)
{
	const struct node *x = a, *y = b;

	return tree_order(x->name, y->name);
}

void *
nodes_parent(void *v, size_t n, size_t size, const char *name)
{
	const char *dot = strrchr(name, '.');
	struct node key;

	if (dot == NULL)
		return NULL;
	level(span_mem(name, (size_t)(dot - name)), key.name);
	return bsearch(&key, v, n, size, nodes_order);
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
	level(name, v->name);
	(void)span_str(span_of(use), v->use, sizeof v->use);
	return 0;
}

/* Above what others have called inbox.x is INBOX. */
static void
level(struct span name, char out[FOLDER_NAME])
{
	(void)span_str(imap_name_inbox(name) ? SPAN("INBOX") : name, out,
	    FOLDER_NAME);
}

static void
merge(struct nodes *l)
{
	size_t i, n = 0;

	qsort(l->v, l->n, sizeof *l->v, nodes_order);
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
