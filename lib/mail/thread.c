/*
 * thread - messages put into threads.
 *
 * A node is a message, or a dummy: an id that only others name, or the parent
 * that messages of one subject get.  Node 0 is the parent of what has none.
 */
#include <stdlib.h>

#include "base/merge.h"
#include "mail/thread.h"
#include "mail/thread_id.h"

struct node {
	int64_t date;
	uint64_t id, subject;		/* hashes; subject 0: empty */
	uint32_t number;		/* 0: a dummy */
	uint32_t ref;			/* where its references begin */
	uint32_t parent;
	uint32_t set;			/* towards one for all that were ever
					 * linked: others are no loop */
	uint32_t child, last, next;
	unsigned char nref, reply;
};

/* Nodes by a hash of theirs. */
struct table {
	uint32_t *slot;			/* 0: empty */
	size_t size, used;		/* size: a power of 2 */
	int by_subject;
};

struct thread {
	unsigned char key[SIPHASH_KEY];
	struct node *node;
	uint32_t n, size;
	uint32_t *mail;			/* nodes of messages, as added; then
					 * by date */
	uint32_t nmail, mail_size;
	uint32_t *ref;			/* nodes */
	uint32_t nref, ref_size;
	struct table ids, subjects;
};

static uint32_t new_node(struct thread *);
static int  grow(uint32_t **, uint32_t *, uint32_t);
static uint32_t own_node(struct thread *, struct span);
static uint32_t node_of(struct thread *, uint64_t);
static int  add_references(struct thread *, uint32_t, struct span);
static uint32_t *find(const struct thread *, struct table *, uint64_t);
static uint64_t key_of(const struct thread *, const struct table *, uint32_t);
static int  room(const struct thread *, struct table *);
static void link_all(struct thread *);
static void link_node(struct thread *, uint32_t, uint32_t, unsigned *);
static int  is_above(const struct thread *, uint32_t, uint32_t, unsigned *);
static uint32_t root_of(struct thread *, uint32_t);
static void prune(struct thread *);
static uint32_t above(struct thread *, uint32_t);
static int  gather(struct thread *);
static uint32_t roots(struct thread *, uint32_t *);
static int  enter_subject(struct thread *, uint32_t);
static int  merge_subject(struct thread *, uint32_t);
static int  sort(struct thread *);
static int  by_date(const void *, uint32_t, uint32_t);
static void lay_out(struct thread *);
static void append(struct thread *, uint32_t, uint32_t);
static void tell_number(uint32_t, void (*)(void *, struct span), void *);

struct thread *
thread_new(const unsigned char key[SIPHASH_KEY])
{
	struct thread *t = calloc(1, sizeof *t);

	if (t == NULL)
		return NULL;
	memcpy(t->key, key, SIPHASH_KEY);
	t->subjects.by_subject = 1;
	t->size = 64;
	t->node = calloc(t->size, sizeof *t->node);
	t->n = 1;
	if (t->node && room(t, &t->ids) == 0)
		return t;
	thread_free(t);
	return NULL;
}

void
thread_free(struct thread *t)
{
	if (t == NULL)
		return;
	free(t->node);
	free(t->mail);
	free(t->ref);
	free(t->ids.slot);
	free(t->subjects.slot);
	free(t);
}

int
thread_add(struct thread *t, const struct thread_mail *m)
{
	struct span first = m->in_reply_to, rest = first;
	uint32_t n = own_node(t, m->id);
	unsigned char text[THREAD_ID];
	struct node *v;

	if (n == 0 || grow(&t->mail, &t->mail_size, t->nmail) < 0)
		return -1;
	t->mail[t->nmail++] = n;
	v = &t->node[n];
	v->number = m->number;
	v->date = m->date;
	v->reply = m->reply != 0;
	if (m->subject.n)
		v->subject = siphash(t->key, m->subject) | 1;
	v->ref = t->nref;
	if (add_references(t, n, m->references) < 0)
		return -1;
	/* 5256 5 (1): without one in References, the first of In-Reply-To */
	(void)thread_next_id(&rest, text);
	first.n -= rest.n;
	return t->node[n].nref ? 0 : add_references(t, n, first);
}

int
thread_by_references(struct thread *t)
{
	link_all(t);
	prune(t);
	if (sort(t) < 0 || gather(t) < 0)
		return -1;
	lay_out(t);
	return 0;
}

/* RFC 5256 3, ORDEREDSUBJECT: the first of a subject is the parent of all the
 * others. */
int
thread_by_subject(struct thread *t)
{
	uint32_t i, n, *slot;

	if (sort(t) < 0)
		return -1;
	for (i = 0; i < t->nmail; i++) {
		n = t->mail[i];
		if (room(t, &t->subjects) < 0)
			return -1;
		slot = find(t, &t->subjects, t->node[n].subject);
		if (*slot)
			t->node[n].parent = *slot;
		else {
			*slot = n;
			t->subjects.used++;
		}
	}
	lay_out(t);
	return 0;
}

/*
 * thread-list = "(" (thread-members / thread-nested) ")"
 * thread-members = nz-number *(SP nz-number) [SP thread-nested]
 * thread-nested = 2*thread-list
 */
void
thread_tell(const struct thread *t, void (*put)(void *, struct span),
    void *arg)
{
	const struct node *v = t->node;
	uint32_t n = v[0].child, p;

	if (n)
		put(arg, SPAN("("));
	while (n) {
		if (v[n].number)
			tell_number(v[n].number, put, arg);
		if (v[n].child) {
			if (v[n].number)
				put(arg, SPAN(" "));
			if (v[n].child != v[n].last)
				put(arg, SPAN("("));
			n = v[n].child;
			continue;
		}
		for (; n; n = p) {
			p = v[n].parent;
			if (p == 0 || v[p].child != v[p].last)
				put(arg, SPAN(")"));
			if (v[n].next) {
				put(arg, SPAN("("));
				n = v[n].next;
				break;
			}
		}
	}
}

/* 0: no memory. */
static uint32_t
new_node(struct thread *t)
{
	struct node *v;

	if (t->n == t->size) {
		if (t->size > UINT32_MAX / 2 || (v = reallocarray(t->node,
		    t->size * 2, sizeof *v)) == NULL)
			return 0;
		t->node = v;
		t->size *= 2;
	}
	t->node[t->n] = (struct node){ .set = t->n };
	return t->n++;
}

/* Room for one more than n. */
static int
grow(uint32_t **v, uint32_t *size, uint32_t n)
{
	uint32_t *p, more = *size ? *size * 2 : 64;

	if (n < *size)
		return 0;
	if (*size > UINT32_MAX / 2 ||
	    (p = reallocarray(*v, more, sizeof *p)) == NULL)
		return -1;
	*v = p;
	*size = more;
	return 0;
}

/* The node of a message: that of its id, or one that no id leads to when it
 * has none, or an earlier message has the same (5256 5 (1)). */
static uint32_t
own_node(struct thread *t, struct span id)
{
	unsigned char text[THREAD_ID];
	size_t size = thread_next_id(&id, text);
	uint32_t n;

	if (size == 0)
		return new_node(t);
	n = node_of(t, siphash(t->key, span_mem(text, size)));
	return n && t->node[n].number ? new_node(t) : n;
}

static uint32_t
node_of(struct thread *t, uint64_t id)
{
	uint32_t *slot, n;

	if (room(t, &t->ids) < 0)
		return 0;
	slot = find(t, &t->ids, id);
	if (*slot || (n = new_node(t)) == 0)
		return *slot;
	t->node[n].id = id;
	t->ids.used++;
	return *slot = n;
}

/* The last of them. */
static int
add_references(struct thread *t, uint32_t n, struct span in)
{
	uint64_t last[THREAD_REFERENCES];
	unsigned char text[THREAD_ID];
	size_t size, count = 0, i;
	uint32_t ref;

	for (; (size = thread_next_id(&in, text)) > 0; count++)
		last[count % THREAD_REFERENCES] = siphash(t->key,
		    span_mem(text, size));
	i = count > THREAD_REFERENCES ? count - THREAD_REFERENCES : 0;
	for (; i < count; i++) {
		ref = node_of(t, last[i % THREAD_REFERENCES]);
		if (ref == 0 || grow(&t->ref, &t->ref_size, t->nref) < 0)
			return -1;
		t->ref[t->nref++] = ref;
		t->node[n].nref++;
	}
	return 0;
}

/* Where that hash stands, or would. */
static uint32_t *
find(const struct thread *t, struct table *h, uint64_t key)
{
	size_t i = (size_t)(key >> 1) & (h->size - 1);

	while (h->slot[i] && key_of(t, h, h->slot[i]) != key)
		i = (i + 1) & (h->size - 1);
	return &h->slot[i];
}

static uint64_t
key_of(const struct thread *t, const struct table *h, uint32_t n)
{
	return h->by_subject ? t->node[n].subject : t->node[n].id;
}

/* Room for one more, half of it empty. */
static int
room(const struct thread *t, struct table *h)
{
	struct table bigger = *h;
	size_t i;

	if (h->used < h->size / 2)
		return 0;
	bigger.size = h->size ? h->size * 2 : 128;
	bigger.slot = calloc(bigger.size, sizeof *bigger.slot);
	if (bigger.slot == NULL)
		return -1;
	for (i = 0; i < h->size; i++)
		if (h->slot[i])
			*find(t, &bigger, key_of(t, h, h->slot[i])) =
			    h->slot[i];
	free(h->slot);
	*h = bigger;
	return 0;
}

/* 5256 5 (1), a message after the other: (A) each reference is the parent of
 * the next, where that has none; (B) the last is the message's, whatever others
 * said of it before. */
static void
link_all(struct thread *t)
{
	uint32_t i, k, n, parent;
	const struct node *v;
	unsigned steps;

	for (i = 0; i < t->nmail; i++) {
		n = t->mail[i];
		v = &t->node[n];
		steps = THREAD_DEPTH;
		for (k = 1; k < v->nref; k++)
			link_node(t, t->ref[v->ref + k],
			    t->ref[v->ref + k - 1], &steps);
		parent = v->nref ? t->ref[v->ref + v->nref - 1] : 0;
		if (v->parent != parent) {
			t->node[n].parent = 0;
			if (parent)
				link_node(t, n, parent, &steps);
		}
	}
}

/* Unless the child has a parent, or is above it. */
static void
link_node(struct thread *t, uint32_t child, uint32_t parent, unsigned *steps)
{
	uint32_t root = root_of(t, parent);

	if (t->node[child].parent || (root == root_of(t, child) &&
	    is_above(t, child, parent, steps)))
		return;
	t->node[child].parent = parent;
	t->node[root_of(t, child)].set = root;
}

/* Where that takes too long, it is taken to be. */
static int
is_above(const struct thread *t, uint32_t above, uint32_t n, unsigned *steps)
{
	for (; n && n != above && *steps; --*steps)
		n = t->node[n].parent;
	return n != 0;
}

static uint32_t
root_of(struct thread *t, uint32_t n)
{
	uint32_t root = n, next;

	while (t->node[root].set != root)
		root = t->node[root].set;
	for (; n != root; n = next) {
		next = t->node[n].set;
		t->node[n].set = root;
	}
	return root;
}

/* 5256 5 (3): dummies go, their children to who is above; but one without
 * parent stays when it has more than one. */
static void
prune(struct thread *t)
{
	struct node *v;
	uint32_t i;

	for (i = 0; i < t->nmail; i++) {
		v = &t->node[t->mail[i]];
		v->parent = above(t, v->parent);
		if (v->parent && t->node[v->parent].number == 0)
			t->node[v->parent].last++;	/* a count, here */
	}
	for (i = 0; i < t->nmail; i++) {
		v = &t->node[t->mail[i]];
		if (v->parent && t->node[v->parent].number == 0 &&
		    t->node[v->parent].last == 1)
			v->parent = 0;
	}
}

/* From n up to the first message, or the dummy without parent; what was passed
 * points there from now on. */
static uint32_t
above(struct thread *t, uint32_t n)
{
	uint32_t end = n, next;

	while (t->node[end].number == 0 && t->node[end].parent)
		end = t->node[end].parent;
	for (; n != end; n = next) {
		next = t->node[n].parent;
		t->node[n].parent = end;
	}
	return end;
}

/* 5256 5 (4) and (5): threads of one subject become one. */
static int
gather(struct thread *t)
{
	uint32_t *root = calloc((size_t)t->nmail + 1, sizeof *root), i, n;
	int r = root == NULL ? -1 : 0;

	n = r == 0 ? roots(t, root) : 0;
	for (i = 0; i < n && r == 0; i++)
		r = enter_subject(t, root[i]);
	for (i = 0; i < n && r == 0; i++)
		r = merge_subject(t, root[i]);
	free(root);
	return r;
}

/* By date; a dummy has the subject and the place of its first child. */
static uint32_t
roots(struct thread *t, uint32_t *root)
{
	const struct node *v;
	struct node *p;
	uint32_t i, n = 0;

	for (i = 0; i < t->nmail; i++) {
		v = &t->node[t->mail[i]];
		p = &t->node[v->parent];
		if (v->parent == 0)
			root[n++] = t->mail[i];
		else if (p->number == 0 && p->child == 0) {
			p->child = t->mail[i];
			p->subject = v->subject;
			root[n++] = v->parent;
		}
	}
	return n;
}

/* 5256 5 (5) B: who stands for a subject is rather a dummy than a message, and
 * rather no reply. */
static int
enter_subject(struct thread *t, uint32_t n)
{
	const struct node *v = &t->node[n], *has;
	uint32_t *slot;

	if (v->subject == 0)
		return 0;
	if (room(t, &t->subjects) < 0)
		return -1;
	slot = find(t, &t->subjects, v->subject);
	has = &t->node[*slot];
	if (*slot == 0)
		t->subjects.used++;
	else if (has->number == 0 ||
	    (v->number && !(has->reply && !v->reply)))
		return 0;
	*slot = n;
	return 0;
}

/* 5256 5 (5) C */
static int
merge_subject(struct thread *t, uint32_t n)
{
	const struct node *v = &t->node[n], *has;
	uint32_t *slot, dummy;

	if (v->subject == 0)
		return 0;
	slot = find(t, &t->subjects, v->subject);
	has = &t->node[*slot];
	if (*slot == n)
		return 0;
	/* a dummy below a dummy: lay_out gives its children to that */
	if (has->number == 0 || (v->reply && !has->reply)) {
		t->node[n].parent = *slot;
		return 0;
	}
	if ((dummy = new_node(t)) == 0)
		return -1;
	t->node[dummy].subject = t->node[n].subject;
	t->node[n].parent = t->node[*slot].parent = dummy;
	*slot = dummy;
	return 0;
}

/* Of the same date, as they were added (RFC 5256 2.2). */
static int
sort(struct thread *t)
{
	return merge_sort(t->mail, t->nmail, by_date, t);
}

static int
by_date(const void *arg, uint32_t a, uint32_t b)
{
	const struct node *v = ((const struct thread *)arg)->node;

	return (v[a].date > v[b].date) - (v[a].date < v[b].date);
}

/* 5256 5 (6): messages come by date, so that all siblings are sorted when each
 * is put behind those that are there; a dummy comes with its first child. */
static void
lay_out(struct thread *t)
{
	uint32_t i, n, p;

	for (n = 0; n < t->n; n++)
		t->node[n].child = t->node[n].last = t->node[n].next = 0;
	for (i = 0; i < t->nmail; i++) {
		n = t->mail[i];
		p = t->node[n].parent;
		if (p && t->node[p].number == 0) {
			if (t->node[p].parent)
				p = t->node[p].parent;
			if (t->node[p].child == 0)
				append(t, 0, p);
		}
		append(t, p, n);
	}
}

static void
append(struct thread *t, uint32_t parent, uint32_t n)
{
	struct node *p = &t->node[parent];

	t->node[n].parent = parent;
	if (p->child)
		t->node[p->last].next = n;
	else
		p->child = n;
	p->last = n;
}

static void
tell_number(uint32_t v, void (*put)(void *, struct span), void *arg)
{
	unsigned char b[10];
	size_t n = sizeof b;

	do
		b[--n] = (unsigned char)('0' + v % 10);
	while (v /= 10);
	put(arg, span_mem(b + n, sizeof b - n));
}
