/*
 * report - writes one report and has it accepted.
 *
 * Its id is made from its parent's and from whom it is about, so that the same
 * report asked for again after a crash meets its own name.
 */
#include <sys/uio.h>
#include <errno.h>
#include <string.h>

#include "base/utf8.h"
#include "mail/dsn.h"
#include "mail/envelope.h"
#include "mail/header.h"
#include "mail/trace.h"
#include "queued/config.h"
#include "queued/reporter.h"
#include "sys/clock.h"
#include "sys/file.h"

enum { HEADER_MAX = 32768, REPORT_MAX = 32 << 20 };

static int  read_original(int, const struct order *, uint64_t, struct buf *,
    struct dsn *);
static struct span header_of(struct span);
static struct span message_id(struct span header);
static void fill(const struct order *, struct dsn *,
    struct dsn_rcpt *);
static int  accept_report(struct reporter *, const struct order *,
    const struct buf *, const char *);

void
report_write(struct reporter *r, const struct order *o, int fd,
    struct verdict *v, char id[QUEUE_ID + 1])
{
	static struct dsn_rcpt rcpt[ORDER_RCPTS];
	const struct config *conf = r->env->conf;
	struct buf original = { .max = 16 << 20 };
	struct buf out = { .max = REPORT_MAX };
	char parent[QUEUE_ID + 1];
	struct trace t = { .class = CLASS_REPORT, .time = clock_s(),
	    .hostname = r->env->site->hostname, .id = id };
	struct dsn d = { .hostname = t.hostname, .id = id, .now = t.time };

	*v = verdict_make(451, "4.3.0", "the report: nonsense was asked for");
	if (fd < 0 || o->nrcpt == 0 || !queue_id_valid(o->id) ||
	    span_str(o->id, parent, sizeof parent) < 0)
		return;
	queue_id_child(parent, o->number, id);
	fill(o, &d, rcpt);
	if (read_original(fd, o, conf->report_size, &original, &d) < 0)
		*v = verdict_make(451, "4.3.0", "the report: reading the "
		    "message: %s", strerror(errno));
	else if (trace_received(&out, &t) < 0 || dsn_compose(&out, &d) < 0)
		*v = verdict_make(451, "4.3.0", "the report: no memory");
	else if (accept_report(r, o, &out, id) < 0 && errno != EEXIST)
		*v = verdict_make(451, "4.3.1", "the report: %s",
		    strerror(errno));
	else
		*v = verdict_make(250, "2.0.0", "reported");
	buf_free(&original);
	buf_free(&out);
}

static void
fill(const struct order *o, struct dsn *d, struct dsn_rcpt *rcpt)
{
	static const char *const action[] = {
		"failed", "delayed", "delivered", "relayed", "expanded"
	};
	size_t i, k;

	d->kind = o->kind == ORDER_FAILURE ? DSN_FAILED :
	    o->kind == ORDER_DELAY ? DSN_DELAYED : DSN_DONE;
	d->to = o->sender;
	d->null = o->null;
	d->envid = o->envid;
	d->arrived = o->arrived;
	d->until = o->until;
	d->utf8 = o->utf8;
	d->nrcpt = o->nrcpt;
	d->rcpt = rcpt;
	for (i = 0; i < o->nrcpt; i++) {
		const struct order_rcpt *p = &o->rcpt[i];

		rcpt[i] = (struct dsn_rcpt){ .to = p->to, .named = p->orig,
		    .orcpt = p->orcpt, .code = p->code,
		    .enhanced = p->enhanced, .text = p->text, .peer = p->peer,
		    .when = p->when, .action = action[0] };
		for (k = 0; k < sizeof action / sizeof *action; k++)
			if (span_eq(p->action, span_of(action[k])))
				rcpt[i].action = action[k];
	}
}

/* The header, or all where it was asked for and is not too large. */
static int
read_original(int fd, const struct order *o, uint64_t most, struct buf *b,
    struct dsn *d)
{
	struct queue_head h;
	struct span all;
	size_t n;
	int r;

	if ((r = queue_read_head(fd, &h)) != 0) {
		if (r != -1)
			errno = EIO;
		return -1;
	}
	d->whole = o->whole && h.body <= most;
	n = d->whole || h.body < HEADER_MAX ? (size_t)h.body : HEADER_MAX;
	if (buf_room(b, n) < 0) {
		errno = ENOMEM;
		return -1;
	}
	if (file_pread(fd, b->p, n, QUEUE_HEAD) < 0)
		return -1;
	b->n = n;
	all = buf_span(b);
	d->original = d->whole ? all : header_of(all);
	d->message_id = message_id(header_of(all));
	return 0;
}

/* Up to the blank line; a longer one is cut at a line's end. */
static struct span
header_of(struct span s)
{
	size_t end = span_search(s, SPAN("\r\n\r\n"));

	if (end < s.n)
		return span_sub(s, 0, end + 2);
	end = span_rfind(s, '\n');
	return end < s.n ? span_sub(s, 0, end + 1) : s;
}

static struct span
message_id(struct span header)
{
	struct header h;

	while (header_next(&header, &h) == 1)
		if (header_is(&h, "Message-ID"))
			return span_trim(h.value);
	return span_of("");
}

static int
accept_report(struct reporter *r, const struct order *o, const struct buf *m,
    const char *id)
{
	struct envelope e = { .class = CLASS_REPORT, .class_arg = o->id,
	    .sender = span_of(""), .utf8 = o->utf8 };
	struct envelope_rcpt to = { .address = o->sender,
	    .notify = SPAN("NEVER") };
	struct buf env = { .max = QUEUE_ENVELOPE_MAX };
	struct iovec v[3];
	struct accept a;
	int rc = -1;

	if (!utf8_is_ascii(buf_span(m)))
		e.body = SPAN("8BITMIME");
	envelope_add_head(&env, &e);
	if (envelope_add_rcpt(&env, &to) < 0)
		errno = ENOMEM;
	else if (accept_open(&a, &r->queue, id) == 0) {
		v[1] = (struct iovec){ m->p, m->n };
		rc = accept_commit(&a, v, 2, buf_span(&env));
	}
	buf_free(&env);
	return rc;
}
