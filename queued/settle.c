/* settle - what an attempt comes to. */
#include <stdlib.h>
#include <string.h>

#include "queued/note_log.h"
#include "queued/order.h"
#include "queued/schedule.h"
#include "queued/settle.h"
#include "sys/clock.h"

enum { SUCCESS = 4 };			/* the last rank */

/* Of each recipient, by its number; 0: none. */
struct tie {
	unsigned twins, next;		/* the same as it; in that list */
	unsigned todo;			/* in the list of find_end */
	unsigned end;			/* whose outcome is its own */
};

static void share(struct message *);
static void give_up(struct message *, const struct tie *, struct verdict);
static void find_ends(const struct message *, struct tie *);
static int  rank(const struct rcpt *);
static void find_end(const struct message *, struct tie *, unsigned);
static void reach(struct tie *, unsigned, unsigned, unsigned *);
static void share_end(struct rcpt *, const struct rcpt *);
static int  heard_of(const struct rcpt *, const struct rcpt *);
static void expire(const struct config *, struct message *, int64_t);
static unsigned tell(const struct config *, struct message *);
static int  wants(const struct rcpt *, const char *, int);
static int  told_of_failure(const struct rcpt *);
static int  told_of_success(const struct rcpt *);

unsigned
settle_all(const struct config *c, struct message *m)
{
	share(m);
	expire(c, m, clock_s());
	return tell(c, m);
}

int
settle_halfway(struct message *m)
{
	unsigned i, done = 0;

	for (i = 0; i < m->n; i++) {
		struct rcpt *r = m->rcpt[i];

		if (r->state == RCPT_SAME || (r->fresh && told_of_success(r)))
			return 0;
		if (r->state == RCPT_NEVER || r->state == RCPT_LATER)
			r->news = 0;
		done |= r->state == RCPT_DONE && r->news;
	}
	return done != 0;
}

/* Mail from nobody: postmaster is told, but not of what fails at postmaster. */
int
settle_hears(const struct rcpt *r)
{
	const struct message *m = r->m;

	if (m->env.sender.n)
		return wants(r, "FAILURE", 1);
	return !r->copy && (m->env.class != CLASS_REPORT ||
	    !span_case_starts(message_origin(r)->to, SPAN("postmaster@")));
}

/*
 * Who is the same as another has the message when that one has it, or whoever
 * stands for that one.  Each way leads to somebody who was asked, or round in a
 * circle: then nobody has it, and each of these is told so.
 */
static void
share(struct message *m)
{
	struct tie *t;
	unsigned i = 0;

	while (i < m->n && m->rcpt[i]->state != RCPT_SAME)
		i++;
	if (i == m->n)
		return;
	if ((t = calloc(m->n + 1, sizeof *t)) == NULL) {
		give_up(m, NULL, verdict_make(451, "4.3.0", "no memory"));
		return;
	}
	find_ends(m, t);
	give_up(m, t, verdict_make(554, "5.4.6", "its aliases or forwards "
	    "come back to it"));
	find_ends(m, t);		/* with these failures */
	for (; i < m->n; i++)
		if (m->rcpt[i]->state == RCPT_SAME)
			share_end(m->rcpt[i], m->rcpt[t[i + 1].end - 1]);
	free(t);
}

/* Those whose ways lead to nobody; t NULL: all of them. */
static void
give_up(struct message *m, const struct tie *t, struct verdict v)
{
	unsigned i;

	for (i = 0; i < m->n; i++) {
		struct rcpt *r = m->rcpt[i];

		if (r->state != RCPT_SAME || (t && t[r->nr].end))
			continue;
		r->same = NULL;
		message_outcome(r, &v, span_of(""), "queue");
		if (r->state == RCPT_NEVER)
			log_outcome(r, "queue", NULL);
	}
}

/* From where a way ends back to all that lead there, each visited once.  First
 * that of which nobody would hear; a failure goes before what waits, and a
 * success behind all. */
static void
find_ends(const struct message *m, struct tie *t)
{
	unsigned i;
	int k;

	memset(t, 0, (m->n + 1) * sizeof *t);
	for (i = 0; i < m->n; i++) {
		const struct rcpt *r = m->rcpt[i];

		if (r->same) {
			t[r->nr].next = t[r->same->nr].twins;
			t[r->same->nr].twins = r->nr;
		}
	}
	for (k = 0; k <= SUCCESS; k++)
		for (i = 0; i < m->n; i++)
			if (rank(m->rcpt[i]) == k)
				find_end(m, t, i + 1);
}

/* -1: no way ends here. */
static int
rank(const struct rcpt *r)
{
	if (r->same || (r->state == RCPT_SPREAD && !r->kept))
		return -1;
	if (r->state == RCPT_NEVER)
		return settle_hears(r) ? 2 : 0;
	if (r->state == RCPT_LATER || r->state == RCPT_OPEN)
		return settle_hears(r) ? 3 : 1;
	return SUCCESS;
}

static void
find_end(const struct message *m, struct tie *t, unsigned end)
{
	unsigned todo = 0, nr;

	reach(t, end, end, &todo);
	while ((nr = todo) != 0) {
		const struct rcpt *r = m->rcpt[nr - 1];

		todo = t[nr].todo;
		if (r->parent)
			reach(t, r->parent->nr, end, &todo);
		for (nr = t[nr].twins; nr; nr = t[nr].next)
			reach(t, nr, end, &todo);
	}
}

static void
reach(struct tie *t, unsigned nr, unsigned end, unsigned *todo)
{
	if (t[nr].end == 0) {
		t[nr].end = end;
		t[nr].todo = *todo;
		*todo = nr;
	}
}

static void
share_end(struct rcpt *r, const struct rcpt *end)
{
	struct verdict v;

	if (rank(end) == SUCCESS || heard_of(r, end)) {
		v = verdict_make(250, "2.0.0", MESSAGE_SAME "%u", r->same->nr);
		message_outcome(r, &v, span_of(""), "queue");
	} else {
		r->state = end->state;
		r->fate = end->fate;
		r->unasked = end->unasked;
		r->fresh = end->fresh || r->state == RCPT_NEVER;
		r->news = 1;
	}
	if (r->state == RCPT_DONE || r->state == RCPT_NEVER)
		log_outcome(r, r->fate.via, NULL);
}

/* Whoever is to hear of r's failure hears of this one's. */
static int
heard_of(const struct rcpt *r, const struct rcpt *end)
{
	return !settle_hears(r) || (settle_hears(end) &&
	    span_eq(message_hears(r), message_hears(end)));
}

/* Who was not asked for want of room has twice the time, and not for ever: more
 * may come for a destination than its route lets go. */
static void
expire(const struct config *c, struct message *m, int64_t now)
{
	int64_t end = schedule_end(c, m->arrived, m->env.sender.n == 0);
	struct verdict v;
	unsigned i;

	if (m->gone || m->damaged || now < end)
		return;
	for (i = 0; i < m->n; i++) {
		struct rcpt *r = m->rcpt[i];

		if (r->state != RCPT_LATER ||
		    (r->unasked && now - end < end - m->arrived))
			continue;
		v = schedule_last(r->fate.code, r->fate.enhanced,
		    r->fate.text, r->fate.peer);
		message_outcome(r, &v, span_of(""), r->fate.via);
		log_expired(r);
	}
}

/* Marks each recipient with what its sender is to be told; how many. */
static unsigned
tell(const struct config *c, struct message *m)
{
	int late = c->warn && !m->warned && m->env.sender.n &&
	    clock_s() - m->arrived >= (int64_t)c->warn;
	unsigned i, n = 0;

	for (i = 0; i < m->n; i++) {
		struct rcpt *r = m->rcpt[i];

		r->told = 0;
		if (r->fresh && r->state == RCPT_NEVER && told_of_failure(r))
			r->told = ORDER_FAILURE + 1;
		else if (r->fresh && told_of_success(r))
			r->told = ORDER_SUCCESS + 1;
		else if (late && r->state == RCPT_LATER &&
		    wants(r, "DELAY", 1))
			r->told = ORDER_DELAY + 1;
		n += r->told != 0;
	}
	return n;
}

/* RFC 3461 4.1: a list of words; absent means what an MTA always did. */
static int
wants(const struct rcpt *r, const char *word, int by_default)
{
	struct span list = r->notify, head;

	if (list.n == 0)
		return by_default;
	while (list.n) {
		span_cut(&list, ',', &head);
		if (span_case_eq(head, span_of(word)))
			return 1;
	}
	return 0;
}

static int
told_of_failure(const struct rcpt *r)
{
	if (settle_hears(r))
		return 1;
	if (r->m->env.sender.n == 0)
		log_dropped(r);
	return 0;
}

/* RFC 3461 5.2.7: a list of several, or with an owner, is told of as expanded:
 * of what becomes of it then, its sender hears no more. */
static int
told_of_success(const struct rcpt *r)
{
	return r->m->env.sender.n && !r->passed && !r->same &&
	    wants(r, "SUCCESS", 0) &&
	    (r->state == RCPT_DONE ||
	    (r->state == RCPT_SPREAD && (r->count > 1 || r->has_sender)));
}
