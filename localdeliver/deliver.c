/* deliver - a confined child's work. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "localdeliver/batch.h"
#include "localdeliver/deliver.h"
#include "localdeliver/plan.h"
#include "run/jobs.h"
#include "sys/chan.h"
#include "sys/clock.h"
#include "sys/log.h"
#include "wire/record.h"

/* When jobs came; clock_mono_ms. */
struct pace {
	uint64_t first, last;		/* of the batch; of all */
	int close;			/* the last two to each other */
};

static int  patience_ms(const struct batch *, const struct pace *);
static int  deliver_job(struct batch *, const struct job *, int, int);
static int  read_head(int, struct queue_head *, struct verdict *);
static int  went_round(const struct job_rcpt *);
static void deliver_rcpt(struct batch *, const struct batch_source *,
    const struct job_rcpt *);
static int  prepare_to(struct batch_rcpt *, const struct plan *,
    const struct job *);

int
deliver_serve(struct owner *o, int ch)
{
	static struct batch b;
	static struct job j;
	struct pace p = { 0 };
	uint64_t now;
	int fd, r;

	batch_init(&b, o);
	while ((r = jobs_take(ch, &j, &fd, patience_ms(&b, &p))) != 0) {
		if (r == 1) {
			now = clock_mono_ms();
			if (b.nrcpt == 0) {
				(void)alarm(JOBS_KILLED_S);
				p.first = now;
			}
			p.close = now - p.last < DELIVER_CLOSE_MS;
			p.last = now;
			r = deliver_job(&b, &j, fd, ch);
			close(fd);
			if (r < 0)
				return LOG_AGAIN;
			if (clock_mono_ms() - p.first < DELIVER_HOLD_MS)
				continue;
		} else if (b.placed < b.nfile) {
			batch_place(&b);
			continue;
		}
		if (batch_flush(&b, ch) < 0)
			return LOG_AGAIN;
		(void)alarm(0);
	}
	return batch_flush(&b, ch) < 0 ? LOG_AGAIN : 0;
}

/*
 * How long the next job may be waited for.  What is in new/ already waits for
 * others, to be flushed with them.  Where jobs come close together, their
 * files wait as well: the commit that the next message's acceptance makes has
 * them with it, where a flush of theirs would let that acceptance wait for two.
 */
static int
patience_ms(const struct batch *b, const struct pace *p)
{
	uint64_t now, end = 0;

	if (b->nrcpt == 0)
		return -1;
	if (b->nfile == 0 || b->nrcpt >= DELIVER_HELD)
		return 0;
	now = clock_mono_ms();
	if (b->placed == b->nfile)
		end = p->first + DELIVER_WAIT_MS;
	else if (p->close)
		end = p->last + DELIVER_CLOSE_MS;
	return end > now ? (int)(end - now) : 0;
}

int
deliver_refuse(int ch, const struct verdict *v)
{
	static struct job j;
	size_t i;
	int fd, wait_ms = -1;

	(void)alarm(0);
	while (jobs_take(ch, &j, &fd, wait_ms) == 1) {
		close(fd);
		for (i = 0; i < j.nrcpt; i++)
			if (deliver_answer(ch, j.id, j.rcpt[i].nr, v) < 0)
				return LOG_AGAIN;
		/* who comes later may find it mended; but what is sent on as
		 * others are answered must not meet an end */
		wait_ms = DELIVER_LULL_MS;
	}
	return 0;
}

int
deliver_answer(int ch, struct span id, unsigned nr, const struct verdict *v)
{
	struct buf b = { .max = RECORD_MAX };
	int r;

	batch_record(&b, id, nr, v);
	r = chan_send(ch, buf_span(&b), NULL, 0);
	buf_free(&b);
	return r;
}

/* 0, or -1: this process must end. */
static int
deliver_job(struct batch *b, const struct job *j, int fd, int ch)
{
	struct verdict v = verdict_make(250, "2.0.0", "delivered");
	struct queue_head head;
	struct batch_source s = { .fd = fd, .head = &head, .job = j };
	int ok = read_head(fd, &head, &v);
	size_t i;

	for (i = 0; i < j->nrcpt; i++) {
		if (batch_full(b) && batch_flush(b, ch) < 0)
			return -1;
		(void)batch_rcpt(b, j->id, j->rcpt[i].nr, &v);
		if (ok)
			deliver_rcpt(b, &s, &j->rcpt[i]);
	}
	return 0;
}

static int
read_head(int fd, struct queue_head *h, struct verdict *v)
{
	int r = queue_read_head(fd, h);

	if (r == 0)
		return 1;
	*v = verdict_make(451, r == QUEUE_DAMAGED ? "4.6.0" : "4.3.0",
	    "the message in the queue: %s",
	    r == QUEUE_DAMAGED ? "its first line is damaged" :
	    r == QUEUE_VERSION ? "a format of a later version" :
	    strerror(errno));
	return 0;
}

static void
deliver_rcpt(struct batch *b, const struct batch_source *s,
    const struct job_rcpt *r)
{
	static struct plan p = { .text.max = FORWARD_MAX,
	    .addresses.max = PLAN_ADDRESSES };
	struct batch_rcpt *out = &b->rcpt[b->nrcpt - 1];
	size_t i;

	if (r->run) {
		out->verdict = verdict_make(451, "4.3.0",
		    "this child runs no programs");
		return;
	}
	if (went_round(r)) {
		out->verdict = verdict_make(554, "5.4.6",
		    "mail loop: forwarded back to where it came from");
		return;
	}
	if (plan_read(&p, b->owner, r, &out->verdict) < 0)
		return;
	if (p.nto && prepare_to(out, &p, s->job) < 0) {
		out->verdict = verdict_make(451, "4.3.5",
		    "%s: more addresses than a record holds", p.file);
		return;
	}
	if (!p.keep && p.nfolder == 0)
		batch_look(b, s, r);
	if (p.keep)
		batch_copy(b, s, r, NULL);
	for (i = 0; i < p.nfolder; i++)
		batch_copy(b, s, r, p.folder[i]);
}

static int
went_round(const struct job_rcpt *r)
{
	size_t i;

	for (i = 0; i < r->nvia; i++)
		if (span_eq(r->via[i], r->to))
			return 1;
	return 0;
}

static int
prepare_to(struct batch_rcpt *r, const struct plan *p, const struct job *j)
{
	static struct answer a;
	size_t i;

	a.id = j->id;
	a.nr = r->nr;
	a.verdict.kind = VERDICT_TO;
	a.sender = j->sender;
	a.file = (struct span){ NULL, 0 };
	a.nto = p->nto;
	a.kept = p->keep || p->nfolder;
	for (i = 0; i < p->nto; i++) {
		a.to[i] = p->to[i];
		if (a.to[i].p[0] == '|')
			a.file = span_of(p->file);
	}
	return answer_add(&r->to, &a);
}
