/* backlog - what waits in cur/, and which of it is due next. */
#include <stdlib.h>
#include <string.h>

#include "queued/backlog.h"

static void add(struct backlog_list *, const struct queue_name *);
static int  room(struct backlog_list *);
static int  by_due(const void *, const void *);
static void cut(struct backlog_list *, size_t);
static void fill(struct backlog_entry *, const struct queue_name *);
static void sift_up(struct backlog_list *, size_t);
static void sift_down(struct backlog_list *);

void
backlog_add(struct backlog *b, const struct queue_name *name)
{
	add(&b->now, name);
	if (b->pass)
		add(&b->next, name);
}

int64_t
backlog_first(const struct backlog *b)
{
	return b->now.n ? b->now.e[0].due : 0;
}

int
backlog_take(struct backlog *b, int64_t now, struct queue_name *out)
{
	struct backlog_entry *e = b->now.e;

	if (b->now.n == 0 || e[0].due > now)
		return 0;
	memcpy(out->id, e[0].id, QUEUE_ID);
	out->id[QUEUE_ID] = '\0';
	out->attempts = e[0].attempts;
	out->due = e[0].due;
	e[0] = e[--b->now.n];
	sift_down(&b->now);
	return 1;
}

int
backlog_dry(const struct backlog *b)
{
	return b->now.n == 0 && b->now.cut;
}

void
backlog_begin(struct backlog *b)
{
	b->next.n = 0;
	b->next.cut = 0;
	b->pass = 1;
}

void
backlog_see(struct backlog *b, const struct queue_name *name)
{
	add(&b->next, name);
}

/* Sorted is a heap too. */
void
backlog_end(struct backlog *b)
{
	struct backlog_list old = b->now;

	cut(&b->next, BACKLOG_KEEP);
	b->now = b->next;
	b->next = old;
	b->pass = 0;
}

/* What is due behind what was left out waits for the next pass as well: or the
 * window would never run empty, and that would not get its turn. */
static void
add(struct backlog_list *l, const struct queue_name *name)
{
	if (!room(l))
		cut(l, l->size / 2);
	if (l->cut && name->due > l->last)
		return;
	fill(&l->e[l->n++], name);
	sift_up(l, l->n - 1);
}

/* Up to twice what is kept, so that a cut pays for itself. */
static int
room(struct backlog_list *l)
{
	size_t size = l->size ? 2 * l->size : 256;
	struct backlog_entry *e;

	if (l->n < l->size)
		return 1;
	if (l->size == 2 * (size_t)BACKLOG_KEEP ||
	    (e = realloc(l->e, size * sizeof *e)) == NULL)
		return 0;
	l->e = e;
	l->size = size;
	return 1;
}

static int
by_due(const void *a, const void *b)
{
	const struct backlog_entry *x = a, *y = b;

	if (x->due != y->due)
		return x->due < y->due ? -1 : 1;
	return memcmp(x->id, y->id, QUEUE_ID);
}

static void
cut(struct backlog_list *l, size_t keep)
{
	if (l->n)
		qsort(l->e, l->n, sizeof *l->e, by_due);
	if (l->n > keep || keep == 0) {		/* 0: no memory at all */
		l->n = keep;
		l->cut = 1;
		l->last = keep ? l->e[keep - 1].due : INT64_MIN;
	}
}

static void
fill(struct backlog_entry *e, const struct queue_name *name)
{
	e->due = name->due;
	e->attempts = name->attempts;
	memcpy(e->id, name->id, QUEUE_ID);
}

static void
sift_up(struct backlog_list *l, size_t i)
{
	struct backlog_entry x = l->e[i];
	size_t up;

	for (; i > 0; i = up) {
		up = (i - 1) / 2;
		if (l->e[up].due <= x.due)
			break;
		l->e[i] = l->e[up];
	}
	l->e[i] = x;
}

static void
sift_down(struct backlog_list *l)
{
	struct backlog_entry x;
	size_t i = 0, k;

	if (l->n == 0)
		return;
	x = l->e[0];
	while ((k = 2 * i + 1) < l->n) {
		if (k + 1 < l->n && l->e[k + 1].due < l->e[k].due)
			k++;
		if (x.due <= l->e[k].due)
			break;
		l->e[i] = l->e[k];
		i = k;
	}
	l->e[i] = x;
}
