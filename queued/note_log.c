/* note_log - queued's log lines about messages, in one form. */
#include <string.h>

#include "queued/note_log.h"
#include "sys/clock.h"
#include "sys/log.h"

static void begin(struct log *, enum log_level, const char *,
    const struct rcpt *);
static void add_fate(struct log *, const struct rcpt *, int text);
static uint64_t delay_ms(const struct message *);

void
log_outcome(const struct rcpt *r, const char *via, const char *key)
{
	int done = r->state == RCPT_DONE, local = strcmp(via, "local") == 0;
	struct log l;

	begin(&l, LOG_INFO, done ? "delivered" :
	    r->state == RCPT_LATER ? "later" : "failed", r);
	log_str(&l, "via", via);
	if (key)
		log_str(&l, local ? "mailbox" : "hop", key);
	if (r->run)
		log_num(&l, "run", r->run);
	add_fate(&l, r, !(done && local));
	log_num(&l, "delay_ms", delay_ms(r->m));
	log_close(&l);
}

void
log_expanded(const struct rcpt *r)
{
	const struct rcpt *first = r->m->rcpt[r->first - 1];
	struct log l;

	begin(&l, LOG_INFO, "expanded", r);
	log_num(&l, "count", r->count);
	if (first->run)
		log_num(&l, "run", first->run);
	else
		log_addr(&l, "to", first->to);
	if (message_owned(first))
		log_addr(&l, "sender", first->sender);
	log_close(&l);
}

void
log_expired(const struct rcpt *r)
{
	struct log l;

	begin(&l, LOG_INFO, "expired", r);
	log_str(&l, "via", r->fate.via);
	add_fate(&l, r, 1);
	log_num(&l, "delay_ms", delay_ms(r->m));
	log_close(&l);
}

void
log_dropped(const struct rcpt *r)
{
	struct log l;

	begin(&l, LOG_WARN, "dropped", r);
	add_fate(&l, r, 1);
	log_str(&l, "reason", "a report about a report, to postmaster; see "
	    "who postmaster is");
	log_close(&l);
}

void
log_deferred(const struct message *m)
{
	struct log l;
	unsigned i;

	for (i = 0; i < m->n; i++) {
		const struct rcpt *r = m->rcpt[i];

		if (r->state != RCPT_LATER || !r->fresh)
			continue;
		begin(&l, LOG_INFO, "deferred", r);
		log_str(&l, "via", r->fate.via);
		add_fate(&l, r, 1);
		log_num(&l, "attempts", m->name.attempts);
		log_num(&l, "due", (uint64_t)m->name.due);
		log_close(&l);
	}
}

void
log_put_off(int local, const char *key, unsigned count,
    const struct verdict *why)
{
	struct log l;

	log_open(&l, LOG_INFO, "put-off");
	log_str(&l, local ? "mailbox" : "hop", key);
	log_num(&l, "count", count);
	log_verdict(&l, why);
	log_close(&l);
}

void
log_moved(const struct message *m, const char *event)
{
	struct log l;

	log_open(&l, LOG_INFO, event);
	log_id(&l, m->name.id);
	log_str(&l, "reason", "an operator moved or removed its file");
	log_close(&l);
}

void
log_report(const struct errand *e, const struct verdict *v, const char *id)
{
	const struct message *m = e->m;
	struct log l;

	log_open(&l, v->kind == VERDICT_DONE ? LOG_INFO : LOG_WARN, "report");
	log_id(&l, m->name.id);
	log_str(&l, "kind", order_name(e->kind));
	log_addr(&l, "to", m->env.sender.n ?
	    message_hears(m->rcpt[e->from - 1]) : SPAN("postmaster"));
	if (*id)
		log_str(&l, "report", id);
	log_verdict(&l, v);
	log_close(&l);
}

static void
begin(struct log *l, enum log_level level, const char *event,
    const struct rcpt *r)
{
	const struct rcpt *origin = message_origin(r);

	log_open(l, level, event);
	log_id(l, r->m->name.id);
	log_addr(l, "rcpt", r->to);
	if (!span_eq(origin->to, r->to))
		log_addr(l, "orig", origin->to);
}

static void
add_fate(struct log *l, const struct rcpt *r, int text)
{
	struct verdict v = { .code = r->fate.code };

	memcpy(v.enhanced, r->fate.enhanced, sizeof v.enhanced);
	if (text)
		(void)span_str(r->fate.text, v.text, sizeof v.text);
	if (r->fate.peer.n)
		log_text(l, "peer", r->fate.peer);
	log_verdict(l, &v);
}

/* Since its id was made; a report's id tells its parent's time. */
static uint64_t
delay_ms(const struct message *m)
{
	uint64_t now = clock_ns(), ns = m->env.class == CLASS_REPORT ?
	    (uint64_t)m->arrived * 1000000000 : queue_id_ns(m->name.id);

	return now > ns ? (now - ns) / 1000000 : 0;
}
