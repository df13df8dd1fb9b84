/* message_state - the outcomes of a message in state/ID. */
#include <sys/stat.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/encode.h"
#include "base/scan.h"
#include "queued/message_state.h"
#include "mail/outcome.h"
#include "sys/clock.h"
#include "sys/file.h"
#include "sys/log.h"

static int  record(struct message *, const struct queue *, int);
static int  apply(struct message *, const struct outcome *, const char **);
static struct rcpt *same_as(const struct message *, const struct outcome *);
static int  apply_to(struct message *, const struct outcome *, const char **);
static void keep_fates(struct message *);
static void add_spread(struct buf *, struct message *, struct rcpt *);
static void add_result(struct buf *, const struct rcpt *);
static void add_copies(struct buf *, struct message *);
static int  append(struct message *, const struct queue *, struct span);

int
message_read_state(struct message *m, const struct queue *q)
{
	struct buf b = { .max = STATE_MAX };
	struct span in, line;
	struct outcome o;
	const char *why;
	int whole;

	if (file_read_at(q->state, m->name.id, &b) < 0) {
		buf_free(&b);
		return errno == ENOENT ? 0 : -1;
	}
	m->known = b.n > 0;
	m->state_bytes = b.n;
	for (in = buf_span(&b); in.n;) {
		whole = span_cut(&in, '\n', &line);
		if (!whole)		/* torn: a full disk, or power lost */
			m->torn = 1;
		else if (line.n && (outcome_parse(line, &o, &why) < 0 ||
		    apply(m, &o, &why) < 0))
			log_warn("state", "queue/state/%s: a line is passed "
			    "over: %s", m->name.id, why);
	}
	keep_fates(m);
	buf_free(&b);
	return 0;
}

int
message_record(struct message *m, const struct queue *q)
{
	return record(m, q, 1);
}

int
message_record_spread(struct message *m, const struct queue *q)
{
	return record(m, q, 0);
}

int
message_owes(const struct message *m)
{
	unsigned i;

	for (i = 0; i < m->n; i++)
		if (m->rcpt[i]->news && m->rcpt[i]->state != RCPT_OPEN &&
		    m->rcpt[i]->state != RCPT_LATER)
			return 1;
	return 0;
}

int
message_record_report(struct message *m, const struct queue *q,
    const char *kind, const char *id)
{
	struct outcome o = { .when = clock_s(), .kind = OUTCOME_REPORT,
	    .report = span_of(kind), .id = span_of(id) };
	struct buf b = { .max = 256 };
	int r;

	outcome_add(&b, &o);
	r = append(m, q, buf_span(&b));
	buf_free(&b);
	return r;
}

/* In the order of numbers: who stands for whom, then (all) the outcomes. */
static int
record(struct message *m, const struct queue *q, int all)
{
	struct buf b = { .max = STATE_MAX };
	unsigned i;
	int r = 0;

	add_copies(&b, m);
	for (i = 0; i < m->n; i++) {
		struct rcpt *p = m->rcpt[i]->parent;

		if (p && p->news && p->first == i + 1)
			add_spread(&b, m, p);
	}
	for (i = 0; all && i < m->n; i++)
		add_result(&b, m->rcpt[i]);
	/* the file is there for all that leave new/: store/queue.h */
	if (!buf_ok(&b)) {
		errno = ENOMEM;
		r = -1;
	} else if (b.n || (all && !m->known))
		r = append(m, q, buf_span(&b));
	m->counted |= r == 0 && b.n;
	for (i = 0; r == 0 && i < m->n; i++)
		if (all || m->rcpt[i]->state == RCPT_SPREAD)
			m->rcpt[i]->news = 0;
	buf_free(&b);
	return r;
}

static int
apply(struct message *m, const struct outcome *o, const char **why)
{
	struct rcpt *r;
	struct fate *f;

	if (o->kind == OUTCOME_REPORT) {
		m->warned |= span_eq(o->report, SPAN("delay"));
		return 0;
	}
	m->counted = 1;
	if (o->kind == OUTCOME_TO)
		return apply_to(m, o, why);
	if (o->nr == 0 || o->nr > m->n) {
		*why = "no such recipient";
		return -1;
	}
	r = m->rcpt[o->nr - 1];
	r->state = o->kind == OUTCOME_DONE ? RCPT_DONE :
	    o->kind == OUTCOME_NEVER ? RCPT_NEVER : RCPT_OPEN;
	f = &r->fate;
	f->when = o->when;
	f->code = o->code;
	if (span_str(o->enhanced, f->enhanced, sizeof f->enhanced) < 0)
		f->enhanced[0] = '\0';
	f->via = span_eq(o->via, SPAN("smtp")) ? "smtp" :
	    span_eq(o->via, SPAN("local")) ? "local" : "queue";
	r->same = same_as(m, o);
	f->peer = o->peer;
	f->text = o->text;
	return 0;
}

static struct rcpt *
same_as(const struct message *m, const struct outcome *o)
{
	unsigned nr;

	if (o->kind != OUTCOME_DONE || !span_eq(o->via, SPAN("queue")) ||
	    !span_starts(o->text, SPAN(MESSAGE_SAME)) ||
	    scan_uint(span_from(o->text, sizeof MESSAGE_SAME - 1), m->n,
	    &nr) < 0 || nr == 0)
		return NULL;
	return m->rcpt[nr - 1];
}

/* A line that was written again after a full disk says nothing new. */
static int
apply_to(struct message *m, const struct outcome *o, const char **why)
{
	struct buf word = { .max = MESSAGE_WORD };
	struct rcpt *p = o->nr && o->nr <= m->n ? m->rcpt[o->nr - 1] : NULL;
	struct span list = o->to;
	unsigned before = m->n;
	int got;

	*why = "no such recipient, or no such target";
	if (o->nr > m->n)
		return -1;
	if (p ? p->state == RCPT_SPREAD : m->n > m->env.nrcpt)
		return 0;
	if (p && o->has_sender) {
		if (outcome_decode(o->sender, &word) < 0)
			goto bad;
		p->sender = message_keep(m, buf_span(&word));
		p->has_sender = 1;
		buf_reset(&word);
	}
	while ((got = outcome_next_target(&list, &word)) == 1) {
		if (message_add(m, p, buf_span(&word)) == NULL)
			goto bad;
		buf_reset(&word);
	}
	if (got < 0)
		goto bad;
	if (p) {
		message_spread(p, before);
		p->kept = o->kept != 0;
	}
	buf_free(&word);
	return 0;
bad:
	m->n = before;
	buf_free(&word);
	return -1;
}

/* The text of the file goes; what is still open keeps its last words. */
static void
keep_fates(struct message *m)
{
	unsigned i;

	for (i = 0; i < m->n; i++) {
		struct fate *f = &m->rcpt[i]->fate;
		int open = m->rcpt[i]->state == RCPT_OPEN;

		f->peer = open ? message_keep(m, f->peer) : span_of("");
		f->text = open ? message_keep(m, f->text) : span_of("");
	}
}

static void
add_spread(struct buf *b, struct message *m, struct rcpt *p)
{
	struct buf list = { .max = STATE_MAX };
	struct buf target = { .max = MESSAGE_WORD };
	struct buf sender = { .max = 4 * MESSAGE_WORD };	/* \xHH each */
	struct outcome o = { .when = p->fate.when, .nr = p->nr,
	    .kind = OUTCOME_TO, .nto = p->count, .kept = p->kept };
	unsigned i;

	for (i = p->first; i < p->first + p->count; i++) {
		struct rcpt *r = m->rcpt[i - 1];

		buf_reset(&target);
		if (r->run)
			buf_addf(&target, "|%u:", r->run);
		else if (r->user)
			buf_addc(&target, '\\');
		buf_addspan(&target, r->run ? r->file : r->to);
		outcome_add_target(&list, buf_span(&target));
	}
	o.to = buf_span(&list);
	if (p->has_sender) {
		encode_log(&sender, p->sender, 0);
		o.has_sender = 1;
		o.sender = buf_span(&sender);
	}
	outcome_add(b, &o);
	buf_free(&list);
	buf_free(&target);
	buf_free(&sender);
}

static void
add_result(struct buf *b, const struct rcpt *r)
{
	const struct fate *f = &r->fate;
	struct outcome o = { .when = f->when, .nr = r->nr, .code = f->code,
	    .enhanced = span_of(f->enhanced), .via = span_of(f->via),
	    .peer = f->peer, .text = f->text };

	if (!r->news || r->state == RCPT_OPEN || r->state == RCPT_SPREAD ||
	    (r->state == RCPT_LATER && r->m->state_bytes > STATE_LATER))
		return;
	o.kind = r->state == RCPT_DONE ? OUTCOME_DONE :
	    r->state == RCPT_LATER ? OUTCOME_LATER : OUTCOME_NEVER;
	outcome_add(b, &o);
}

/* They stand behind those of the envelope, in one piece. */
static void
add_copies(struct buf *b, struct message *m)
{
	struct buf list = { .max = STATE_MAX };
	struct outcome o = { .when = clock_s(), .kind = OUTCOME_TO };
	unsigned i;

	if (m->counted)
		return;
	for (i = (unsigned)m->env.nrcpt; i < m->n && m->rcpt[i]->copy; i++) {
		outcome_add_target(&list, m->rcpt[i]->to);
		o.nto++;
	}
	o.to = buf_span(&list);
	if (o.nto)
		outcome_add(b, &o);
	buf_free(&list);
}

/* One write: a reader sees all of it or nothing. */
static int
append(struct message *m, const struct queue *q, struct span s)
{
	int fd, r, e;

	fd = openat(q->state, m->name.id, O_WRONLY | O_APPEND | O_CREAT |
	    O_NOFOLLOW | O_CLOEXEC, 0640);
	if (fd < 0)
		return -1;
	r = m->known ? 0 : fchmod(fd, 0640);	/* whatever the umask is */
	if (r == 0 && m->torn)
		r = file_write(fd, SPAN(OUTCOME_TORN));
	if (r == 0)
		r = file_write(fd, s);
	e = errno;
	close(fd);
	errno = e;
	m->known |= r == 0;
	m->state_bytes += r == 0 ? s.n : 0;
	m->torn = r < 0;
	return r;
}
