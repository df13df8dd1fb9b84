/* share - who may have a process, and who of those that wait is next. */
#include <stddef.h>

#include "queued/dest.h"
#include "queued/share.h"

/* Of those from one standing to another, so many tenths of all. */
struct limit {
	enum standing from, to;
	unsigned tenths;
};

static const struct limit limits[] = {
	[STANDING_BAD] = { STANDING_BAD, STANDING_BAD, 3 },
	[STANDING_SLOW] = { STANDING_BAD, STANDING_SLOW, 5 },
	[STANDING_NEW] = { STANDING_BAD, STANDING_NEW, 8 },
	[STANDING_GOOD] = { STANDING_BAD, STANDING_GOOD, 9 },
	[STANDING_LOCAL] = { STANDING_LOCAL, STANDING_LOCAL, 9 },
	{ STANDING_BAD, STANDING_LOCAL, 10 }
};

static const struct limit *reached(const struct share *, enum standing);
static int  within(const struct limit *, enum standing);
static unsigned held(const struct share *, const struct limit *);
static unsigned part(const struct share *, const struct limit *);

void
share_begin(struct share *s, unsigned most)
{
	unsigned i;

	*s = (struct share){ .most = most, .idle_tail = &s->idle };
	for (i = 0; i < STANDINGS; i++)
		s->line[i].tail = &s->line[i].head;
}

int
share_room(const struct share *s, enum standing standing, struct child **spare)
{
	const struct limit *l = reached(s, standing);
	struct child *c;

	if (l == NULL)
		return 1;
	for (c = s->idle; c; c = c->idle_next)
		if (within(l, c->dest->standing) && c->dest->waiting == 0)
			break;
	*spare = c;
	return 0;
}

int
share_wanted(const struct share *s, enum standing standing)
{
	const struct limit *l;
	unsigned i;

	for (i = 0; i < STANDINGS; i++)
		if (s->line[i].head && (l = reached(s, i)) != NULL &&
		    within(l, standing))
			return 1;
	return 0;
}

int
share_short(const struct share *s, enum standing standing)
{
	const struct limit *l = &limits[standing];

	return 2 * held(s, l) >= part(s, l);
}

unsigned
share_all(const struct share *s)
{
	return held(s, &limits[STANDINGS]);
}

void
share_move(struct share *s, struct dest *t, enum standing to)
{
	s->held[t->standing] -= t->children;
	s->held[to] += t->children;
	s->waiting[t->standing] -= t->waiting;
	s->waiting[to] += t->waiting;
	t->standing = to;
}

void
share_wait(struct share *s, struct dest *t)
{
	struct share_line *l = &s->line[t->standing];

	if (t->in_turn)
		return;
	t->in_turn = 1;
	t->next_turn = NULL;
	*l->tail = t;
	l->tail = &t->next_turn;
}

struct dest *
share_next(struct share *s)
{
	struct share_line *l;
	struct child *spare;
	struct dest *t;
	unsigned i = STANDINGS;

	while (i-- > 0) {
		l = &s->line[i];
		if ((t = l->head) == NULL)
			continue;
		if (!share_room(s, i, &spare) && spare == NULL)
			continue;
		if ((l->head = t->next_turn) == NULL)
			l->tail = &l->head;
		t->in_turn = 0;
		return t;
	}
	return NULL;
}

void
share_idle(struct share *s, struct child *c, int64_t now)
{
	share_busy(s, c);
	c->idle = now;
	c->idle_next = NULL;
	c->idle_at = s->idle_tail;
	*s->idle_tail = c;
	s->idle_tail = &c->idle_next;
}

void
share_busy(struct share *s, struct child *c)
{
	if (c->idle_at == NULL)
		return;
	if (c->idle_next)
		c->idle_next->idle_at = c->idle_at;
	else
		s->idle_tail = c->idle_at;
	*c->idle_at = c->idle_next;
	c->idle_at = NULL;
}

/* The first limit, of those that concern it, that is reached; or NULL. */
static const struct limit *
reached(const struct share *s, enum standing standing)
{
	const struct limit *l;

	for (l = limits; l <= &limits[STANDINGS]; l++)
		if (within(l, standing) && held(s, l) >= part(s, l))
			return l;
	return NULL;
}

static int
within(const struct limit *l, enum standing standing)
{
	return l->from <= standing && standing <= l->to;
}

static unsigned
held(const struct share *s, const struct limit *l)
{
	unsigned i, n = 0;

	for (i = l->from; i <= l->to; i++)
		n += s->held[i];
	return n;
}

/* Of a few, each has one at least. */
static unsigned
part(const struct share *s, const struct limit *l)
{
	return (s->most * l->tenths + 9) / 10;
}
