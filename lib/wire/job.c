/* job - what queued asks of a deliverer, and what it answers. */
#include "base/scan.h"
#include "wire/job.h"
#include "wire/record.h"

/* Fields that are numbers, until all have been seen. */
struct numbers {
	struct span size, arrived, utf8, repeat, token, dsn, kept, rcpt, code;
};

static int job_field(struct job *, struct numbers *, const struct field *,
    const char **);
static int job_numbers(struct job *, const struct numbers *);
static int rcpt_begin(struct job *, struct span, const char **);
static int rcpt_field(struct job_rcpt *, const struct field *, const char **);
static int rcpt_add(struct buf *, const struct job_rcpt *);
static int answer_field(struct answer *, struct span [3], struct numbers *,
    const struct field *, const char **);
static int answer_verdict(struct answer *, const struct span [3],
    const struct numbers *, const char **);

#define SLOT(s, f) { #f, offsetof(struct s, f) }
static const struct field_slot job_slot[] = {
	SLOT(job, id), SLOT(job, sender), SLOT(job, body), SLOT(job, ret),
	SLOT(job, envid), SLOT(job, class), SLOT(job, login),
	SLOT(job, secret), { NULL, 0 }
}, job_number[] = {
	SLOT(numbers, size), SLOT(numbers, arrived), SLOT(numbers, utf8),
	SLOT(numbers, repeat), SLOT(numbers, token), { NULL, 0 }
}, rcpt_slot[] = {
	SLOT(job_rcpt, to), SLOT(job_rcpt, orig), SLOT(job_rcpt, notify),
	SLOT(job_rcpt, orcpt), SLOT(job_rcpt, ext), SLOT(job_rcpt, file),
	{ NULL, 0 }
}, answer_slot[] = {
	SLOT(answer, id), SLOT(answer, peer), SLOT(answer, sender),
	SLOT(answer, file), { NULL, 0 }
}, answer_number[] = {
	SLOT(numbers, rcpt), SLOT(numbers, code), SLOT(numbers, dsn),
	SLOT(numbers, kept), { NULL, 0 }
};

enum { KIND, ENHANCED, TEXT };
static const struct field_slot answer_text[] = {
	{ "kind", KIND * sizeof(struct span) },
	{ "enhanced", ENHANCED * sizeof(struct span) },
	{ "text", TEXT * sizeof(struct span) }, { NULL, 0 }
};

int
job_add(struct buf *b, const struct job *j)
{
	struct buf f = { .max = RECORD_MAX };
	size_t i;

	field_add(&f, "id", j->id);
	field_add(&f, "sender", j->sender);
	field_give(&f, job_slot + 2, j);
	if (j->utf8)
		field_adds(&f, "utf8", "1");
	field_addu(&f, "size", j->size);
	field_addu(&f, "arrived", (uint64_t)j->arrived);
	if (j->repeat)
		field_adds(&f, "repeat", "1");
	if (j->token)
		field_adds(&f, "token", "1");
	for (i = 0; i < j->nrcpt; i++)
		rcpt_add(&f, &j->rcpt[i]);
	return record_close(b, &f);
}

int
answer_add(struct buf *b, const struct answer *a)
{
	const struct verdict *v = &a->verdict;
	struct buf f = { .max = RECORD_MAX };
	size_t i;

	if (a->ready) {
		field_adds(&f, "ready", "");
		return record_close(b, &f);
	}
	field_add(&f, "id", a->id);
	field_addu(&f, "rcpt", a->nr);
	field_adds(&f, "kind", verdict_name(v->kind));
	if (v->kind == VERDICT_TO) {
		for (i = 0; i < a->nto; i++)
			field_add(&f, "to", a->to[i]);
		field_add(&f, "sender", a->sender);
		if (a->file.n)
			field_add(&f, "file", a->file);
		if (a->kept)
			field_adds(&f, "kept", "1");
	} else {
		field_addu(&f, "code", v->code);
		field_adds(&f, "enhanced", v->enhanced);
		field_adds(&f, "text", v->text);
		if (a->peer.n)
			field_add(&f, "peer", a->peer);
		if (a->dsn)
			field_adds(&f, "dsn", "1");
	}
	return record_close(b, &f);
}

int
job_parse(struct span in, struct job *j, const char **why)
{
	struct numbers num = { .size = { NULL, 0 } };
	struct field f;
	size_t i;
	int r;

	j->id = j->sender = j->body = j->ret = j->envid = j->class =
	    j->login = j->secret = (struct span){ NULL, 0 };
	j->nrcpt = 0;
	while ((r = field_next(&in, &f, why)) == 1)
		if (job_field(j, &num, &f, why) < 0)
			return -1;
	if (r < 0)
		return -1;
	*why = "job: id, sender, size, arrived, and rcpt with `to`";
	if (j->id.n == 0 || j->sender.p == NULL || j->nrcpt == 0)
		return -1;
	for (i = 0; i < j->nrcpt; i++)
		if (j->rcpt[i].to.n == 0)
			return -1;
	return job_numbers(j, &num);
}

int
answer_parse(struct span in, struct answer *a, const char **why)
{
	struct numbers num = { .size = { NULL, 0 } };
	struct span text[3] = { { NULL, 0 } };
	struct field f;
	int r;

	a->ready = a->dsn = a->kept = 0;
	a->nr = 0;
	a->nto = 0;
	a->id = a->peer = a->sender = a->file = (struct span){ NULL, 0 };
	while ((r = field_next(&in, &f, why)) == 1) {
		if (field_is(&f, "ready"))
			a->ready = 1;
		else if (answer_field(a, text, &num, &f, why) < 0)
			return -1;
	}
	if (r < 0)
		return -1;
	if (a->ready && (num.rcpt.p || text[KIND].p)) {
		*why = "answer: ready stands alone";
		return -1;
	}
	return a->ready ? 0 : answer_verdict(a, text, &num, why);
}

static int
job_field(struct job *j, struct numbers *num, const struct field *f,
    const char **why)
{
	int r;

	if (field_is(f, "rcpt"))
		return rcpt_begin(j, f->value, why);
	if (j->nrcpt)
		return rcpt_field(&j->rcpt[j->nrcpt - 1], f, why);
	if ((r = field_store(f, job_slot, j, why)) == 0)
		r = field_store(f, job_number, num, why);
	return r;
}

static int
job_numbers(struct job *j, const struct numbers *num)
{
	uint64_t arrived;

	if (scan_u64(num->size, UINT64_MAX, &j->size) < 0 ||
	    scan_u64(num->arrived, INT64_MAX, &arrived) < 0)
		return -1;
	j->arrived = (int64_t)arrived;
	j->utf8 = span_eq(num->utf8, SPAN("1"));
	j->repeat = span_eq(num->repeat, SPAN("1"));
	j->token = span_eq(num->token, SPAN("1"));
	return 0;
}

static int
rcpt_begin(struct job *j, struct span number, const char **why)
{
	struct job_rcpt *r = &j->rcpt[j->nrcpt];

	if (j->nrcpt == JOB_RCPTS) {
		*why = "job: more than 100 recipients";
		return -1;
	}
	if (scan_uint(number, UINT32_MAX, &r->nr) < 0 || r->nr == 0) {
		*why = "job: rcpt is a number from 1";
		return -1;
	}
	r->to = r->orig = r->notify = r->orcpt = r->ext = r->file =
	    (struct span){ NULL, 0 };
	r->nvia = 0;
	r->run = 0;
	j->nrcpt++;
	return 1;
}

static int
rcpt_field(struct job_rcpt *r, const struct field *f, const char **why)
{
	if (field_is(f, "via")) {
		if (r->nvia == JOB_VIA) {
			*why = "job: more than 10 times via";
			return -1;
		}
		if (f->value.n)
			r->via[r->nvia++] = f->value;
		return 1;
	}
	if (field_is(f, "run")) {
		if (r->run || scan_uint(f->value, UINT32_MAX, &r->run) < 0 ||
		    r->run == 0) {
			*why = "job: run is one number from 1";
			return -1;
		}
		return 1;
	}
	return field_store(f, rcpt_slot, r, why);
}

static int
rcpt_add(struct buf *f, const struct job_rcpt *r)
{
	size_t i;

	field_addu(f, "rcpt", r->nr);
	field_give(f, rcpt_slot, r);
	for (i = 0; i < r->nvia; i++)
		field_add(f, "via", r->via[i]);
	if (r->run)
		field_addu(f, "run", r->run);
	return buf_ok(f) ? 0 : -1;
}

static int
answer_field(struct answer *a, struct span text[3], struct numbers *num,
    const struct field *f, const char **why)
{
	int r;

	if (field_is(f, "to")) {
		if (a->nto == JOB_TO) {
			*why = "answer: more than 1000 times to";
			return -1;
		}
		if (f->value.n == 0) {
			*why = "answer: an empty to";
			return -1;
		}
		a->to[a->nto++] = f->value;
		return 1;
	}
	if ((r = field_store(f, answer_text, text, why)) == 0 &&
	    (r = field_store(f, answer_number, num, why)) == 0)
		r = field_store(f, answer_slot, a, why);
	return r;
}

/* A deliverer that was taken over may say anything: what is kept is a kind
 * that goes with its fields, a code in range, and clean text. */
static int
answer_verdict(struct answer *a, const struct span text[3],
    const struct numbers *num, const char **why)
{
	enum verdict_kind kind;
	unsigned code = 0;

	if (a->id.n == 0 ||
	    scan_uint(num->rcpt, UINT32_MAX, &a->nr) < 0 || a->nr == 0) {
		*why = "answer: id of the job; rcpt is a number from 1";
		return -1;
	}
	if (verdict_parse(text[KIND], &kind) < 0 || kind == VERDICT_RUN ||
	    (kind == VERDICT_TO) != (a->nto > 0)) {
		*why = "answer: kind is done, later, never, or to with targets";
		return -1;
	}
	if (num->code.p && (scan_uint(num->code, 599, &code) < 0 ||
	    (code && code < 200))) {
		*why = "answer: code is 0 or 200 to 599";
		return -1;
	}
	if (a->peer.n > JOB_PEER) {	/* a report must hold it */
		*why = "answer: a peer of more than 512 bytes";
		return -1;
	}
	a->verdict = verdict_words(code, text[ENHANCED], text[TEXT]);
	a->verdict.kind = kind;
	a->dsn = span_eq(num->dsn, SPAN("1"));
	a->kept = span_eq(num->kept, SPAN("1"));
	return 0;
}
