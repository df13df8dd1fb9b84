/* attempt - one attempt for one message. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/crc32c.h"
#include "queued/attempt.h"
#include "queued/expand.h"
#include "queued/note_log.h"
#include "queued/schedule.h"
#include "queued/settle.h"
#include "sys/clock.h"
#include "sys/log.h"

enum { GREY_S = 90 };			/* first retry after greylisting */

static struct message **slot(const struct queued *, const char *);
static void route_from(struct queued *, struct message *, unsigned);
static void route_one(struct queued *, struct rcpt *);
static void to_mailbox(struct queued *, struct rcpt *, const struct route *);
static void settle(struct queued *, struct message *);
static void finish(struct queued *, struct message *);
static int  set_aside(struct queued *, struct message *);
static int  defer(struct queued *, struct message *);
static int  greylisted(const struct message *);
static void warn_state(const struct message *);
static void forget(struct queued *, struct message *);

int
attempt_runs(const struct queued *q, const char *id)
{
	return *slot(q, id) != NULL;
}

void
attempt_begin(struct queued *q, struct message *m)
{
	*slot(q, m->name.id) = m;	/* the end of its chain */
	expand_copies(q->env->site, m);
	q->recipients += m->n;
	m->left = 1;			/* until all have been sent on */
	m->reports = 0;
	route_from(q, m, 0);
	deliver_run(&q->deliver);
	close(m->fd);			/* what has to wait opens it again */
	m->fd = -1;
	if (--m->left == 0)
		settle(q, m);
}

void
attempt_tick(struct queued *q)
{
	struct message *m, *list = q->stuck;

	q->stuck = NULL;
	while ((m = list) != NULL) {
		list = m->stuck;
		finish(q, m);
	}
}

void
attempt_heard(void *arg, struct rcpt *r, const struct heard *h)
{
	struct queued *q = arg;
	struct message *m = r->m;
	const struct answer *a = h->answer;
	const char *via = h->kind == DEST_REMOTE ? "smtp" : "local";
	struct verdict v;
	unsigned before = m->n;

	/* as if it were on its way still: it is tried when we begin again */
	if (q->ending && h->verdict->kind == VERDICT_LATER)
		return;
	m->tried |= h->tried;
	r->unasked = !h->tried && !h->dead;
	/* wire/job.h: the body fails its checksum; not so said by a peer */
	r->passed = a && a->dsn;
	m->damaged |= a && a->peer.n == 0 &&
	    strcmp(a->verdict.enhanced, "4.6.0") == 0;
	if (!h->tried && (m->retry == 0 || h->retry < m->retry))
		m->retry = h->retry;
	if (h->dead && m->away == NULL) {
		m->away = (const char *)message_keep(m, span_mem(h->key,
		    strlen(h->key) + 1)).p;
		m->away_kind = (int)h->kind;
	}
	if (a && h->verdict->kind == VERDICT_TO) {
		if (expand_forward(r, a, &v) == 0) {
			q->recipients += m->n - before;
			log_expanded(r);
			if (message_record_spread(m, q->queue) < 0)
				warn_state(m);
			route_from(q, m, before);
		} else {
			message_outcome(r, &v, span_of(""), via);
			log_outcome(r, via, h->key);
		}
	} else if (h->tried || r->fate.when == 0) {
		message_outcome(r, h->verdict, a ? a->peer : span_of(""), via);
		if (r->state != RCPT_LATER)
			log_outcome(r, via, h->key);
	} else if (span_starts(r->fate.text, SPAN(DELIVER_NOT_ASKED)))
		r->state = RCPT_LATER;	/* as it stands in its state */
	else {
		message_outcome(r, h->verdict, span_of(""), via);
		r->fresh = 0;		/* it is only counted in the log */
	}
	if (--m->left == 0)
		settle(q, m);
}

/* An operator took the file away: what was not sent yet is not sent. */
void
attempt_gone(void *arg, struct rcpt *r)
{
	r->m->gone = 1;
	if (--r->m->left == 0)
		settle(arg, r->m);
}

void
attempt_reported(struct queued *q, const struct errand *e,
    const struct verdict *v, const char *id)
{
	struct message *m = e->m;
	unsigned i;

	log_report(e, v, id);
	if (v->kind == VERDICT_DONE && e->kind == ORDER_DELAY) {
		m->warned = 1;
		if (message_record_report(m, q->queue, order_name(e->kind),
		    id) < 0)
			warn_state(m);
	}
	for (i = e->from; i <= e->to; i++) {
		struct rcpt *r = m->rcpt[i - 1];

		if (r->told != e->kind + 1)
			continue;
		r->told = 0;
		/* nothing is given up unsaid: it is tried again instead */
		if (v->kind != VERDICT_DONE && e->kind == ORDER_FAILURE)
			message_outcome(r, v, span_of(""), "queue");
	}
	if (--m->reports == 0)
		finish(q, m);
}

void
attempt_leave(struct queued *q)
{
	struct message *m;
	size_t i;

	for (i = 0; i < ACTIVE_TABLE; i++)
		for (m = q->active[i]; m; m = m->next)
			if (!m->gone && settle_halfway(m) &&
			    message_record(m, q->queue) < 0)
				warn_state(m);
}

/* Where the pointer to it stands, or the end of that chain. */
static struct message **
slot(const struct queued *q, const char *id)
{
	uint32_t h = crc32c(0, span_mem(id, QUEUE_ID)) % ACTIVE_TABLE;
	struct message *const *p = &q->active[h];

	while (*p && memcmp((*p)->name.id, id, QUEUE_ID) != 0)
		p = &(*p)->next;
	return (struct message **)(size_t)p;
}

/* Those that aliases add stand behind, and get their turn.  Of two who are the
 * same the first is sent: so those come last of whose failure nobody hears. */
static void
route_from(struct queued *q, struct message *m, unsigned first)
{
	unsigned i, end;

	for (i = first; i < m->n; i++)
		if (m->rcpt[i]->state == RCPT_OPEN && settle_hears(m->rcpt[i]))
			route_one(q, m->rcpt[i]);
	for (end = i, i = first; i < m->n; i++)
		if (m->rcpt[i]->state == RCPT_OPEN && (i >= end ||
		    !settle_hears(m->rcpt[i])))
			route_one(q, m->rcpt[i]);
}

static void
route_one(struct queued *q, struct rcpt *r)
{
	struct message *m = r->m;
	unsigned before = m->n;
	struct route to;
	int circle = expand_circle(r, &to.verdict);

	if (circle > 0)
		return;
	if (circle == 0) {
		route_find(&q->directory, m->env.class,
		    r->parent == NULL && !r->copy, r->user, r->to, &to);
		if (to.kind == ROUTE_LOCAL) {
			to_mailbox(q, r, &to);
			return;
		}
		if (to.kind == ROUTE_REMOTE) {
			if (expand_twice(r, span_of(to.normal)))
				return;
			if (q->conf->srs)
				expand_sender(&q->directory, r);
			route_hop(&q->directory, r->has_sender ? r->sender :
			    m->env.sender, &to);
			if (to.kind == ROUTE_REFUSED)
				goto over;
			m->left++;
			deliver_add(&q->deliver, DEST_REMOTE, to.key, r);
			return;
		}
		if (to.kind == ROUTE_ALIAS &&
		    expand_alias(&q->directory, r, &to, &to.verdict) == 0) {
			q->recipients += m->n - before;
			log_expanded(r);
			return;
		}
	}
over:
	m->tried = 1;
	message_outcome(r, &to.verdict, span_of(""), "queue");
	if (r->state != RCPT_LATER)
		log_outcome(r, "queue", NULL);
}

int
attempt_key(void *arg, const struct rcpt *r, char key[HOP_KEY])
{
	struct queued *q = arg;
	struct message *m = r->m;
	struct route to;

	route_find(&q->directory, m->env.class, r->parent == NULL && !r->copy,
	    r->user, r->to, &to);
	if (to.kind == ROUTE_REMOTE)
		route_hop(&q->directory, r->has_sender ? r->sender :
		    m->env.sender, &to);
	if (to.kind != ROUTE_REMOTE)
		return -1;
	memcpy(key, to.key, HOP_KEY);
	return 0;
}

static void
to_mailbox(struct queued *q, struct rcpt *r, const struct route *to)
{
	r->ext = message_keep(r->m, span_of(to->ext));
	if (!r->run && expand_twice(r, span_of(to->normal)))
		return;
	r->m->left++;
	deliver_add(&q->deliver, r->run ? DEST_PROGRAM : DEST_LOCAL, to->key,
	    r);
}

/* All that can be known in this attempt is known: who is to be told? */
static void
settle(struct queued *q, struct message *m)
{
	m->reports = 1;			/* until all are asked for */
	if (settle_all(q->conf, m)) {
		errand_report(&q->errands, m, ORDER_FAILURE);
		errand_report(&q->errands, m, ORDER_DELAY);
		errand_report(&q->errands, m, ORDER_SUCCESS);
		errand_run(&q->errands);
	}
	if (--m->reports == 0)
		finish(q, m);
}

static void
finish(struct queued *q, struct message *m)
{
	unsigned i, undone = 0;

	for (i = 0; i < m->n; i++)
		undone |= m->rcpt[i]->state == RCPT_LATER ||
		    m->rcpt[i]->state == RCPT_OPEN;
	if ((!undone ? message_remove(m, q->queue) :
	    m->damaged ? set_aside(q, m) : defer(q, m)) == 0) {
		forget(q, m);
		return;
	}
	/* kept in memory, so that nothing is sent twice; tried again */
	log_warn("stuck", "queue file %s cannot be %s: %s; the cure: look at "
	    "its directory and the disk", m->name.id,
	    undone ? "renamed" : "removed", strerror(errno));
	m->stuck = q->stuck;
	q->stuck = m;
}

static int
set_aside(struct queued *q, struct message *m)
{
	if (message_record(m, q->queue) < 0 ||
	    message_set_aside(m, q->queue) < 0)
		return errno == ENOENT ? 0 : -1;
	log_warn("damaged", "%s is in queue/bad: its message fails its "
	    "checksum; look at the disk, and what can be saved", m->name.id);
	return 0;
}

static int
defer(struct queued *q, struct message *m)
{
	int64_t now = clock_s(), due;
	int64_t end = schedule_end(q->conf, m->arrived,
	    m->env.sender.n == 0);
	unsigned made = m->name.attempts + (m->tried != 0);
	int r, held;

	if (message_record(m, q->queue) < 0) {
		if (message_owes(m))
			return -1;
		warn_state(m);
	}
	due = m->tried || m->retry <= now ?
	    schedule_next(q->conf, made, now, end, arc4random()) :
	    schedule_put_off(m->retry, now, end, arc4random());
	if (made == 1 && due - now > GREY_S && greylisted(m))
		due = now + GREY_S + (int64_t)arc4random_uniform(GREY_S / 4);
	r = message_defer(m, q->queue, made, due, &held);
	if (r == 0) {
		log_deferred(m);
		backlog_add(&q->backlog, &m->name);
		if (m->away)
			deliver_away(&q->deliver, (enum dest_kind)m->away_kind,
			    m->away, &m->name);
	} else if (r == 1)
		log_moved(m, held ? "held" : "moved");
	return r < 0 ? -1 : 0;
}

/* Said by another server: come back in a moment, if you are a real one. */
static int
greylisted(const struct message *m)
{
	static const char *const word[] = { "greylist", "graylist",
	    "grey list", "gray list" };
	unsigned i;
	size_t k, at;

	for (i = 0; i < m->n; i++) {
		const struct fate *f = &m->rcpt[i]->fate;

		if (m->rcpt[i]->state != RCPT_LATER || f->peer.n == 0 ||
		    (f->code != 450 && f->code != 451))
			continue;
		if (strcmp(f->enhanced, "4.7.1") == 0)
			return 1;
		for (at = 0; at < f->text.n; at++)
			for (k = 0; k < 4; k++)
				if (span_case_starts(span_from(f->text, at),
				    span_of(word[k])))
					return 1;
	}
	return 0;
}

static void
warn_state(const struct message *m)
{
	log_warn("state", "queue/state/%s: %s", m->name.id, strerror(errno));
}

static void
forget(struct queued *q, struct message *m)
{
	struct message **p = slot(q, m->name.id);

	*p = m->next;
	q->recipients -= m->n;
	message_free(m);
}
