/* share - who may have a process, and who of those that wait is next. */
#include <stddef.h>

#include "queued/dest.h"
#include "queued/share.h"

static enum standing full_at(const struct share *, unsigned);
static unsigned part(const struct share *, unsigned);

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
	struct child *c;
	enum standing at = full_at(s, standing);

	if (at == STANDINGS)
		return 1;
	for (c = s->idle; c; c = c->idle_next)
		if (c->dest->standing <= at && c->dest->waiting == 0)
			break;
	*spare = c;
	return 0;
}

int
share_wanted(const struct share *s, enum standing standing)
{
	enum standing at;
	unsigned i;

	for (i = 0; i < STANDINGS; i++)
		if (s->line[i].head && (at = full_at(s, i)) != STANDINGS &&
		    standing <= at)
			return 1;
	return 0;
}

int
share_short(const struct share *s, enum standing standing)
{
	return 2 * share_held(s, standing) >= part(s, standing);
}

unsigned
share_held(const struct share *s, enum standing standing)
{
	unsigned i, n = 0;

	for (i = 0; i <= standing; i++)
		n += s->held[i];
	return n;
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

/* The first limit, of those that concern it, that is reached; or STANDINGS. */
static enum standing
full_at(const struct share *s, unsigned standing)
{
	while (standing < STANDINGS &&
	    share_held(s, standing) < part(s, standing))
		standing++;
	return standing;
}

/* Tenths of all; of a few, each has one at least. */
static unsigned
part(const struct share *s, unsigned standing)
{
	static const unsigned tenths[STANDINGS] = {
		[STANDING_BAD] = 3, [STANDING_NEW] = 8, [STANDING_GOOD] = 9,
		[STANDING_LOCAL] = 10
	};

	return (s->most * tenths[standing] + 9) / 10;
}
