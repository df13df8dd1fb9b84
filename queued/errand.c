/* errand - orders to reporters, from the loop's side. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/crc32c.h"
#include "queued/errand.h"
#include "queued/schedule.h"
#include "wire/job.h"
#include "wire/record.h"

struct errand_room {
	struct order order;
	struct answer answer;
	struct buf record;
	char postmaster[ADDRESS_MAX];
	unsigned char packet[4096];
};

static int  is_under_way(const struct errand *, const char *name);
static int  add(struct errands *, const struct errand *);
static int  start(struct errands *, struct errand *);
static void compose(struct errands *, const struct errand *);
static void about(const struct rcpt *, enum order_kind, struct order_rcpt *);
static void ready(struct watch *);
static void end(struct errand *, const struct verdict *, const char *);

int
errand_init(struct errands *e)
{
	e->tail = &e->waiting;
	e->room = calloc(1, sizeof *e->room);
	if (e->room == NULL)
		return -1;
	e->room->record.max = 2 * RECORD_MAX;
	return 0;
}

/* As many recipients to a report as its order has room for, and one that hears
 * of them. */
void
errand_report(struct errands *e, struct message *m, enum order_kind kind)
{
	struct verdict v = verdict_make(451, "4.3.0", "no memory");
	struct errand n = { .kind = kind, .m = m };
	struct order_rcpt o;
	size_t bytes = 0, count = 0, size;
	unsigned i;

	for (i = 1; i <= m->n + 1; i++) {
		if (i <= m->n && m->rcpt[i - 1]->told != kind + 1)
			continue;
		size = 0;
		if (i <= m->n) {
			about(m->rcpt[i - 1], kind, &o);
			size = order_size(&o);
		}
		if (count && (i > m->n || count == ORDER_RCPTS ||
		    bytes + size > ORDER_BYTES ||
		    !span_eq(message_hears(m->rcpt[i - 1]),
		    message_hears(m->rcpt[n.from - 1])))) {
			m->reports++;
			if (add(e, &n) < 0)
				e->done(e->arg, &n, &v, "");
			bytes = count = 0;
		}
		if (count++ == 0)
			n.from = i;
		n.to = i;
		bytes += size;
	}
}

int
errand_drop(struct errands *e, const char *name)
{
	struct errand n = { .kind = ORDER_DROP };

	if (is_under_way(e->out, name) || is_under_way(e->waiting, name))
		return 0;
	if (e->drops >= ERRAND_DROPS ||
	    span_str(span_of(name), n.name, sizeof n.name) < 0 ||
	    add(e, &n) < 0)
		return -1;
	e->drops++;
	return 0;
}

void
errand_run(struct errands *e)
{
	struct verdict v;
	struct errand *n;

	while (e->running < ERRANDS && (n = e->waiting) != NULL) {
		if ((e->waiting = n->next) == NULL)
			e->tail = &e->waiting;
		e->running++;
		n->next = e->out;
		e->out = n;
		if (start(e, n) == 0)
			continue;
		v = verdict_make(451, "4.3.0", "no reporter: %s",
		    strerror(errno));
		end(n, &v, "");
	}
}

static int
is_under_way(const struct errand *n, const char *name)
{
	for (; n; n = n->next)
		if (n->kind == ORDER_DROP && strcmp(n->name, name) == 0)
			return 1;
	return 0;
}

static int
add(struct errands *e, const struct errand *n)
{
	struct errand *p = malloc(sizeof *p);

	if (p == NULL)
		return -1;
	*p = *n;
	p->all = e;
	p->w.fd = -1;
	*e->tail = p;
	e->tail = &p->next;
	return 0;
}

static int
start(struct errands *e, struct errand *n)
{
	int link = role_link(e->env, "reporter"), ch[2], fd = -1, bad;

	if (link < 0) {
		errno = ENOTCONN;
		return -1;
	}
	if (n->m && (fd = message_reopen(n->m, e->queue)) < 0)
		return -1;
	if (chan_pair(CHAN_PACKETS, ch) < 0) {
		if (fd >= 0)
			close(fd);
		return -1;
	}
	compose(e, n);
	n->w = (struct watch){ ready, ch[0] };
	bad = chan_send(ch[0], buf_span(&e->room->record), &fd, fd >= 0) < 0 ||
	    note_say(link, NOTE_SPAWN, order_name(n->kind), &ch[1], 1) < 0 ||
	    watch_begin(e->watches, &n->w) < 0;
	if (fd >= 0)
		close(fd);
	close(ch[1]);
	return bad ? -1 : 0;
}

static void
compose(struct errands *e, const struct errand *n)
{
	struct errand_room *room = e->room;
	struct order *o = &room->order;
	const struct message *m = n->m;
	/* not the seed: with the kind there it met other recipients' numbers */
	uint32_t sum = crc32c(0, span_mem(&n->kind, sizeof n->kind));
	unsigned i;

	*o = (struct order){ .kind = n->kind, .id = span_of(n->name) };
	if (m) {
		o->id = span_of(m->name.id);
		o->null = m->env.sender.n == 0;
		(void)snprintf(room->postmaster, sizeof room->postmaster,
		    "postmaster@%s", e->env->site->hostname);
		o->sender = o->null ? span_of(room->postmaster) :
		    message_hears(m->rcpt[n->from - 1]);
		if (!message_owned(m->rcpt[n->from - 1]))
			o->envid = m->env.envid;
		o->utf8 = m->env.utf8;
		/* RFC 3461 6.2: all of it only about a failure */
		o->whole = n->kind == ORDER_FAILURE &&
		    span_case_eq(m->env.ret, SPAN("FULL"));
		o->arrived = m->arrived;
		o->until = schedule_end(e->conf, m->arrived, o->null);
		for (i = n->from; i <= n->to; i++)
			if (m->rcpt[i - 1]->told == n->kind + 1) {
				about(m->rcpt[i - 1], n->kind,
				    &o->rcpt[o->nrcpt++]);
				sum = crc32c(sum, span_mem(&i, sizeof i));
			}
		o->number = sum;
	}
	buf_reset(&room->record);
	(void)order_add(&room->record, o);
}

static void
about(const struct rcpt *r, enum order_kind kind, struct order_rcpt *o)
{
	*o = (struct order_rcpt){ .to = r->to, .orig = message_origin(r)->to,
	    .orcpt = r->orcpt, .code = r->fate.code,
	    .enhanced = span_of(r->fate.enhanced), .text = r->fate.text,
	    .peer = r->fate.peer, .when = r->fate.when };
	if (kind == ORDER_FAILURE)
		o->action = SPAN("failed");
	else if (kind == ORDER_DELAY)
		o->action = SPAN("delayed");
	else if (r->state == RCPT_SPREAD)
		o->action = SPAN("expanded");
	else if (strcmp(r->fate.via, "local") == 0)
		o->action = SPAN("delivered");
	else
		o->action = SPAN("relayed");
}

static void
ready(struct watch *w)
{
	struct errand *n = (struct errand *)(void *)w;
	struct errand_room *room = n->all->room;
	struct span in, fields;
	struct verdict v;
	const char *why;
	char id[QUEUE_ID + 1] = "";
	ssize_t size;

	size = chan_recv(w->fd, room->packet, sizeof room->packet, NULL, 0);
	if (size < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	in = span_mem(room->packet, size > 0 ? (size_t)size : 0);
	if (record_next(&in, RECORD_MAX, &fields, &why) == 1 &&
	    answer_parse(fields, &room->answer, &why) == 0) {
		v = room->answer.verdict;
		if (queue_id_valid(room->answer.id))
			(void)span_str(room->answer.id, id, sizeof id);
	} else
		v = verdict_make(451, "4.3.0",
		    "the reporter ended before its verdict");
	end(n, &v, id);
}

static void
end(struct errand *n, const struct verdict *v, const char *id)
{
	struct errands *e = n->all;
	struct errand **p;

	for (p = &e->out; *p != n; p = &(*p)->next)
		;
	*p = n->next;
	if (n->w.fd >= 0)
		watch_end(e->watches, &n->w);
	e->running--;
	e->drops -= n->kind == ORDER_DROP;
	e->done(e->arg, n, v, id);
	free(n);
}
