/* dest - one destination: its queue by senders, its health, its processes. */
#include <stdlib.h>
#include <string.h>

#include "base/crc32c.h"
#include "queued/dest.h"
#include "queued/note_log.h"
#include "queued/secrets.h"
#include "sys/clock.h"

static unsigned slot(enum dest_kind, const char *);
static void forget_away(struct dest *);
static int blames(const struct dest *, const struct verdict *);
static void waits(struct dest *, int);
static enum standing standing_of(const struct deliver *, enum dest_kind,
    const char *);
static void heard(struct dest *, int);
static void stand(struct dest *, int);
static void stay_dead(struct dest *, int64_t);
static struct lane *lane_of(struct dest *, const struct rcpt *);
static struct span sender_of(const struct rcpt *);

struct dest *
dest_get(struct deliver *d, enum dest_kind kind, const char *key)
{
	struct dest **p = &d->table[slot(kind, key)], *t;
	size_t i, n = strlen(key) + 1;
	const char *why;

	for (; (t = *p) != NULL; p = &t->next)
		if (t->kind == kind && strcmp(t->key, key) == 0)
			return t;
	if ((t = calloc(1, sizeof *t + n)) == NULL)
		return NULL;
	memcpy(t->key, key, n);
	/* a key that is none is refused by remoted */
	if (kind == DEST_REMOTE)
		(void)hop_parse(span_mem(t->key, n - 1), &t->hop, &why);
	t->deliver = d;
	t->kind = kind;
	t->standing = standing_of(d, kind, t->key);
	t->window = kind != DEST_REMOTE ? LOCAL_CHILDREN :
	    t->standing == STANDING_GOOD ? REMOTE_KNOWN : 1;
	if (t->hop.connections && t->hop.connections < t->window)
		t->window = t->hop.connections;
	for (i = 0; i < DEST_LANES; i++)
		t->lane[i].tail = &t->lane[i].head;
	return *p = t;
}

const char *
dest_parent(const struct dest *t)
{
	return t->kind == DEST_REMOTE ? "remoted" : "localdeliver";
}

void
dest_push(struct dest *t, struct rcpt *r)
{
	struct lane *l = lane_of(t, r);

	r->next = NULL;
	*l->tail = r;
	l->tail = &r->next;
	waits(t, 1);
}

struct rcpt *
dest_pop(struct dest *t, const struct rcpt *with)
{
	struct lane *l;
	struct rcpt *r;

	if (t->waiting == 0)
		return NULL;
	if (with == NULL)
		do
			t->lane_next = (t->lane_next + 1) % DEST_LANES;
		while (t->lane[t->lane_next].head == NULL);
	l = &t->lane[t->lane_next];
	if ((r = l->head) == NULL || (with && (r->m != with->m ||
	    !span_eq(sender_of(r), sender_of(with)))))
		return NULL;
	if ((l->head = r->next) == NULL)
		l->tail = &l->head;
	waits(t, -1);
	return r;
}

void
dest_unpop(struct dest *t, struct rcpt *r)
{
	struct lane *l = lane_of(t, r);

	if ((r->next = l->head) == NULL)
		l->tail = &r->next;
	l->head = r;
	waits(t, 1);
}

void
dest_job(const struct dest *t, struct rcpt **list, size_t n, struct job *j)
{
	const struct message *m = list[0]->m;
	size_t i, way;

	j->id = span_of(m->name.id);
	j->sender = sender_of(list[0]);
	j->body = m->env.body;
	if (!message_owned(list[0])) {
		j->ret = m->env.ret;
		j->envid = m->env.envid;
	} else
		j->ret = j->envid = span_of("");
	j->class = span_of(m->class);
	j->utf8 = m->env.utf8;
	j->size = m->head.body;
	j->arrived = m->arrived;
	j->repeat = m->repeat;
	j->login = j->secret = (struct span){ NULL, 0 };
	j->token = 0;
	if (t->hop.login.n)
		(void)secrets_login(t->hop.login, &j->login, &j->secret,
		    &j->token);
	j->nrcpt = n;
	for (i = 0; i < n; i++) {
		const struct rcpt *r = list[i];
		struct job_rcpt *o = &j->rcpt[i];

		*o = (struct job_rcpt){ .nr = r->nr, .to = r->to,
		    .orig = message_origin(r)->to, .notify = r->notify,
		    .orcpt = r->orcpt, .run = r->run, .file = r->file };
		if (t->kind != DEST_REMOTE)
			o->ext = r->ext;
		way = message_way(r, o->via);
		o->nvia = way < JOB_VIA ? way : JOB_VIA;
	}
}

void
dest_learn(struct dest *t, const struct verdict *v, int *failed)
{
	unsigned most = t->kind == DEST_REMOTE ? REMOTE_MOST : LOCAL_CHILDREN;
	int64_t now = clock_mono_s();
	uint64_t wait;

	if (t->hop.connections && t->hop.connections < most)
		most = t->hop.connections;
	if (!blames(t, v)) {
		heard(t, 1);
		t->failures = t->deaths = 0;
		if (++t->good >= t->window && t->window < most) {
			t->window++;
			t->good = 0;
		}
		return;
	}
	heard(t, 0);
	if (*failed || t->until > now)
		return;
	*failed = 1;
	t->good = 0;
	t->window = t->window > 1 ? t->window / 2 : 1;
	if (++t->failures < DEST_FAILURES)
		return;
	wait = (uint64_t)DEST_DEAD_S << (t->deaths < 6 ? t->deaths : 6);
	t->deaths++;
	t->failures = DEST_FAILURES - 1;	/* one more try each time */
	t->until = now + (int64_t)(wait < DEST_DEAD_MOST_S ? wait :
	    DEST_DEAD_MOST_S);
	t->last = *v;
	forget_away(t);			/* they come due, and get new names */
}

void
dest_hangs(struct dest *t, const struct verdict *v, int64_t now)
{
	t->hung++;
	t->last = *v;
	stay_dead(t, now);
	stand(t, 0);
}

static void
stay_dead(struct dest *t, int64_t now)
{
	if (t->until < now + DEST_DEAD_S)
		t->until = now + DEST_DEAD_S;
}

/* Not all at once, which new mail would feel: each is opened and renamed.
 * After five minutes more, or half as long again, the last is back. */
int64_t
dest_dead(const struct dest *t, int64_t now)
{
	int64_t left = t->until - now, most = left / 2;

	if (left <= 0)
		return 0;
	if (most < DEST_BACK_S)
		most = DEST_BACK_S;
	return left + arc4random_uniform((uint32_t)most);
}

void
dest_away(struct dest *t, const struct queue_name *name)
{
	unsigned size = t->away_size ? 2 * t->away_size : 16;
	struct queue_name *v;

	if (t->deliver->away == DEST_AWAY)
		return;
	if (t->away_n == t->away_size) {
		v = reallocarray(t->away, size, sizeof *v);
		if (v == NULL)
			return;
		t->away = v;
		t->away_size = size;
	}
	t->away[t->away_n++] = *name;
	t->deliver->away++;
}

/* One shows whether it lives. */
int
dest_back(struct dest *t, int64_t now, struct queue_name *out)
{
	if (t->away_n == 0 || t->until > now || (t->failures ?
	    t->waiting || t->children : t->waiting >= DEST_BACK))
		return 0;
	*out = t->away[t->away_at++];
	t->deliver->away--;
	if (t->away_at == t->away_n)
		forget_away(t);
	return 1;
}

static void
forget_away(struct dest *t)
{
	t->deliver->away -= t->away_n - t->away_at;
	free(t->away);
	t->away = NULL;
	t->away_at = t->away_n = t->away_size = 0;
}

int
child_room(const struct child *c)
{
	if (c->hung)
		return 0;
	switch (c->dest->kind) {
	case DEST_LOCAL:
		return c->inflight < CHILD_JOBS;
	case DEST_PROGRAM:
		return c->inflight == 0;
	default:
		return !c->busy;
	}
}

void
dest_turn(struct deliver *d, struct dest *t)
{
	if (t->in_turn)
		return;
	t->in_turn = 1;
	t->next_turn = NULL;
	*d->turn_tail = t;
	d->turn_tail = &t->next_turn;
}

int
dest_may(struct dest *t, int64_t now)
{
	if (t->hop.rate == 0)
		return 1;
	if (now - t->minute >= 60) {
		t->minute = now;
		t->sent = 0;
	}
	if (t->sent >= t->hop.rate)
		return 0;
	t->sent++;
	return 1;
}

/* Not before the next tick, or an event of its own. */
void
dest_starve(struct deliver *d, struct dest *t)
{
	if (t->in_turn)
		return;
	t->in_turn = 1;
	t->next_turn = d->starved;
	d->starved = t;
}

struct dest *
dest_next_turn(struct deliver *d)
{
	struct dest *t = d->turn;

	if (t == NULL)
		return NULL;
	if ((d->turn = t->next_turn) == NULL)
		d->turn_tail = &d->turn;
	t->in_turn = 0;
	return t;
}

/* What has nothing to do and is not dead is forgotten; one that was dead not
 * before it had the time to be tried again, one with a rate not within the
 * minute that is counted. */
void
dest_sweep(struct deliver *d, int64_t now)
{
	struct dest **p, *t;
	size_t i;

	d->put_off = 0;
	for (i = 0; i < DELIVER_TABLE; i++)
		for (p = &d->table[i]; (t = *p) != NULL;) {
			if (t->put_off) {
				log_put_off(t->kind != DEST_REMOTE, t->key,
				    t->put_off, &t->why);
				t->put_off = 0;
			}
			if (t->hung)
				stay_dead(t, now);
			if (t->waiting || t->child || t->in_turn ||
			    t->away ||
			    (t->hop.rate && now - t->minute < 60) ||
			    (t->until && t->until + DEST_DEAD_MOST_S > now))
				p = &t->next;
			else {
				*p = t->next;
				free(t);
			}
		}
}

static unsigned
slot(enum dest_kind kind, const char *key)
{
	return (crc32c(0, span_of(key)) + (unsigned)kind) % DELIVER_TABLE;
}

/*
 * The destination itself: no way to it, or out of order (RFC 3463: 4.3.x,
 * 4.4.x), or it closed (421).  A verdict about a recipient is a sign of life,
 * and so is that a mailbox has a bad forwarding file (4.3.5): other addresses
 * of the mailbox have other files.  What a program says (4.3.0) is of its line:
 * others of the mailbox are run; one that could not be started, or was killed
 * when its time was over (4.3.2), has held a process.
 */
static int
blames(const struct dest *t, const struct verdict *v)
{
	if (v->kind != VERDICT_LATER || (t->kind != DEST_REMOTE &&
	    strcmp(v->enhanced, "4.3.5") == 0) || (t->kind == DEST_PROGRAM &&
	    strcmp(v->enhanced, "4.3.0") == 0))
		return 0;
	return v->code == 421 || strncmp(v->enhanced, "4.3.", 4) == 0 ||
	    strncmp(v->enhanced, "4.4.", 4) == 0;
}

static void
waits(struct dest *t, int more)
{
	t->waiting += (unsigned)more;
	t->deliver->share.waiting[t->standing] += (unsigned)more;
}

static enum standing
standing_of(const struct deliver *d, enum dest_kind kind, const char *key)
{
	enum standing s = standing_get(&d->standings, key);

	if (kind == DEST_REMOTE)
		return s;
	return kind == DEST_PROGRAM || s == STANDING_BAD ? STANDING_SLOW :
	    STANDING_LOCAL;
}

/* What fails at once holds no process: of a mailbox only that it hung is
 * remembered, and that it does no more. */
static void
heard(struct dest *t, int success)
{
	if (t->kind == DEST_REMOTE || (t->kind == DEST_LOCAL && success &&
	    t->standing == STANDING_SLOW))
		stand(t, success);
}

static void
stand(struct dest *t, int success)
{
	struct deliver *d = t->deliver;

	(void)standing_hear(&d->standings, t->key, success);
	share_move(&d->share, t, standing_of(d, t->kind, t->key));
}

static struct lane *
lane_of(struct dest *t, const struct rcpt *r)
{
	return &t->lane[crc32c(0, sender_of(r)) % DEST_LANES];
}

static struct span
sender_of(const struct rcpt *r)
{
	return r->has_sender ? r->sender : r->m->env.sender;
}
