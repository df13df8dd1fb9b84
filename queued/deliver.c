/* deliver - destinations: a queue each, and the processes that empty it. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "queued/deliver.h"
#include "queued/dest.h"
#include "run/jobs.h"
#include "sys/clock.h"
#include "sys/log.h"
#include "wire/record.h"

static struct rcpt *elsewhere(struct dest *,
    int (*)(void *, const struct rcpt *, char [HOP_KEY]));
static int  crowded(const struct dest *, int64_t *wait_s);
static int  step(struct deliver *, struct dest *);
static struct child *child_for(struct deliver *, struct dest *);
static unsigned rank(const struct child *);
static struct child *child_begin(struct deliver *, struct dest *);
static int  policy_channel(struct deliver *, const struct dest *);
static int  send_job(struct deliver *, struct child *);
static size_t gather(struct dest *, struct rcpt *[JOB_RCPTS]);
static size_t compose(struct deliver *, struct dest *, struct rcpt **, size_t);
static void put_back(struct dest *, struct rcpt **, size_t);
static void child_ready(struct watch *);
static int  child_says(struct child *, struct span);
static int  rests(struct child *);
static int  gives_way(const struct child *);
static void look_for_hung(struct deliver *, int64_t);
static void child_hangs(struct child *, int64_t);
static void child_end(struct child *, const char *why);
static void give_back(struct child *, const struct verdict *);
static void tell(struct deliver *, struct dest *, struct rcpt *,
    const struct verdict *, const struct answer *);
static void put_off_dead(struct deliver *, struct dest *, struct rcpt *,
    int64_t);
static void put_off(struct deliver *, struct dest *, struct rcpt *,
    const struct verdict *, int64_t);

int
deliver_init(struct deliver *d)
{
	d->turn_tail = &d->turn;
	share_begin(&d->share, (unsigned)d->conf->children);
	d->room = calloc(1, sizeof *d->room);
	if (d->room == NULL)
		return -1;
	d->room->record.max = 2 * RECORD_MAX;
	return 0;
}

void
deliver_add(struct deliver *d, enum dest_kind kind, const char *key,
    struct rcpt *r)
{
	struct dest *t = dest_get(d, kind, key);
	struct verdict v;
	int64_t wait;

	if (t == NULL) {
		v = verdict_make(451, "4.3.0", "no memory");
		d->heard(d->arg, r, &(struct heard){ .verdict = &v,
		    .kind = kind, .key = key, .retry = clock_s() + 60 });
	} else if ((wait = dest_dead(t, clock_mono_s())) > 0)
		put_off_dead(d, t, r, wait);
	else if (crowded(t, &wait)) {
		v = verdict_make(451, "4.3.2", DELIVER_NOT_ASKED
		    "too much waits for %s here", key);
		put_off(d, t, r, &v, wait);
	} else {
		dest_push(t, r);
		dest_turn(d, t);
	}
}

void
deliver_run(struct deliver *d)
{
	struct dest *t;

	while ((t = share_next(&d->share)) != NULL ||
	    (t = dest_next_turn(d)) != NULL)
		if (step(d, t) && t->waiting)
			dest_turn(d, t);
}

void
deliver_away(struct deliver *d, enum dest_kind kind, const char *key,
    const struct queue_name *name)
{
	struct dest *t = dest_get(d, kind, key);

	if (t)
		dest_away(t, name);
}

int
deliver_back(struct deliver *d, struct queue_name *out)
{
	int64_t now = clock_mono_s();
	struct dest *t;
	size_t i;

	for (i = 0; d->away && i < DELIVER_TABLE; i++) {
		d->away_slot = (d->away_slot + 1) % DELIVER_TABLE;
		for (t = d->table[d->away_slot]; t; t = t->next)
			if (dest_back(t, now, out))
				return 1;
	}
	return 0;
}

void
deliver_reroute(struct deliver *d,
    int (*key)(void *, const struct rcpt *, char [HOP_KEY]))
{
	struct rcpt *r, *next;
	char now[HOP_KEY];
	struct dest *t;
	size_t i;

	for (i = 0; i < DELIVER_TABLE; i++)
		for (t = d->table[i]; t; t = t->next)
			for (r = elsewhere(t, key); r; r = next) {
				next = r->next;
				(void)key(d->arg, r, now);
				deliver_add(d, DEST_REMOTE, now, r);
			}
}

/* Those that do not belong there any more; in their order, like the rest. */
static struct rcpt *
elsewhere(struct dest *t,
    int (*key)(void *, const struct rcpt *, char [HOP_KEY]))
{
	struct rcpt *r, *next, *list[2] = { NULL, NULL };
	struct rcpt **tail[2] = { &list[0], &list[1] };
	char now[HOP_KEY];
	int i;

	while (t->kind == DEST_REMOTE && (r = dest_pop(t, NULL)) != NULL) {
		i = key(t->deliver->arg, r, now) == 0 &&
		    strcmp(now, t->key) != 0;
		*tail[i] = r;
		tail[i] = &r->next;
		r->next = NULL;
	}
	for (r = list[0]; r; r = next) {
		next = r->next;
		dest_push(t, r);
	}
	return list[1];
}

void
deliver_tick(struct deliver *d)
{
	int64_t now = clock_mono_s();
	struct child *c, *next;
	struct dest *t;

	for (c = d->share.idle; c && c->idle <= now - CHILD_IDLE_S; c = next) {
		next = c->idle_next;
		if (c->dest->waiting == 0)
			child_end(c, NULL);
	}
	while ((t = d->starved) != NULL) {
		d->starved = t->next_turn;
		t->in_turn = 0;
		dest_turn(d, t);
	}
	look_for_hung(d, now);
	dest_sweep(d, now);
	deliver_run(d);
}

void
deliver_forgive(struct deliver *d)
{
	struct dest *t;
	size_t i;

	for (i = 0; i < DELIVER_TABLE; i++)
		for (t = d->table[i]; t; t = t->next)
			if (!t->hung)
				t->until = 0;
}

int
deliver_asked(const struct deliver *d)
{
	const struct child *c;
	const struct dest *t;
	size_t i;

	for (i = 0; i < DELIVER_TABLE; i++)
		for (t = d->table[i]; t; t = t->next)
			for (c = t->child; c; c = c->next)
				if (c->inflight)
					return 1;
	return 0;
}

int
deliver_busy(const struct deliver *d)
{
	return share_all(&d->share) || d->share.apart || d->starved ||
	    d->put_off || d->away;
}

/* The window is for all: what is more waits on disk.  What failed before has
 * less of it, and comes back later, than what nobody knows; what is new needs
 * more than what is due is given (take_room), or it would go round. */
static int
crowded(const struct dest *t, int64_t *wait_s)
{
	const struct deliver *d = t->deliver;
	const unsigned *waiting = d->share.waiting;
	uint64_t all = d->conf->active;

	*wait_s = CROWD_S;
	if (t->waiting > all / 2)
		return 1;
	if (t->standing <= STANDING_SLOW) {
		*wait_s = CROWD_BAD_S;
		return waiting[t->standing] > all /
		    (t->standing == STANDING_BAD ? 2 : 4);
	}
	return t->standing == STANDING_NEW && waiting[STANDING_BAD] +
	    waiting[STANDING_NEW] > all - all / 4;
}

/* One job for one destination; 0: it can send none now. */
static int
step(struct deliver *d, struct dest *t)
{
	int64_t wait, now = clock_mono_s();
	struct child *c;
	struct rcpt *r;

	while ((wait = dest_dead(t, now)) > 0 &&
	    (r = dest_pop(t, NULL)) != NULL)
		put_off_dead(d, t, r, wait);
	if (t->waiting == 0)
		return 0;
	if ((c = child_for(d, t)) == NULL)
		return 0;
	if (!dest_may(t, now)) {
		dest_starve(d, t);
		return 0;
	}
	return send_job(d, c);
}

/* What one has in hand it flushes together: so one has its hands full before
 * the next has anything, and then they share. */
static struct child *
child_for(struct deliver *d, struct dest *t)
{
	struct child *c, *best = NULL;

	for (c = t->child; c; c = c->next)
		if (child_room(c) && (!best || rank(c) < rank(best)))
			best = c;
	if ((best && best->inflight < CHILD_SHARE) ||
	    t->children >= t->window)
		return best;
	while (!share_room(&d->share, t->standing, &c)) {
		if (c == NULL) {
			if (t->children == 0)
				share_wait(&d->share, t);
			return best;
		}
		child_end(c, NULL);
	}
	c = child_begin(d, t);
	return c ? c : best;
}

static unsigned
rank(const struct child *c)
{
	return c->inflight < CHILD_SHARE ? CHILD_SHARE - c->inflight :
	    c->inflight + 1;
}

static struct child *
child_begin(struct deliver *d, struct dest *t)
{
	struct note n = { .kind = NOTE_SPAWN,
	    .arg = t->kind == DEST_PROGRAM ? SPAWN_PROGRAM : 0 };
	struct child *c = NULL;
	int end[2] = { -1, -1 }, give[2] = { -1, -1 };
	int link = role_link(d->env, dest_parent(t));

	if (link < 0)			/* it is being replaced */
		goto later;
	if (t->standing == STANDING_NEW && share_short(&d->share, t->standing))
		n.arg = SPAWN_BRIEF;
	(void)span_str(span_of(t->key), n.text, sizeof n.text);
	if (chan_pair(CHAN_PACKETS, end) < 0 ||
	    fcntl(end[0], F_SETFL, O_NONBLOCK) < 0 ||
	    (c = calloc(1, sizeof *c)) == NULL)
		goto later;
	c->w = (struct watch){ child_ready, end[0] };
	c->deliver = d;
	c->dest = t;
	give[0] = end[1];
	give[1] = policy_channel(d, t);
	if (watch_begin(d->watches, &c->w) < 0 ||
	    note_send(link, &n, give, give[1] < 0 ? 1 : 2) < 0)
		goto later;
	close(end[1]);
	if (give[1] >= 0)
		close(give[1]);
	c->next = t->child;
	t->child = c;
	t->children++;
	d->share.held[t->standing]++;
	share_idle(&d->share, c, clock_mono_s());
	return c;
later:
	if (end[0] >= 0) {
		close(end[0]);		/* and out of the epoll set */
		close(end[1]);
	}
	if (give[1] >= 0)
		close(give[1]);
	free(c);
	if (t->children == 0)
		dest_starve(d, t);
	return NULL;
}

/* To a child of the role sts, for one of remoted; -1: it needs none, or
 * mta_sts is no. */
static int
policy_channel(struct deliver *d, const struct dest *t)
{
	struct note n = { .kind = NOTE_SPAWN };
	int link = role_link(d->env, "sts"), end[2];

	if (link < 0 || t->kind != DEST_REMOTE || hop_is_lmtp(&t->hop) ||
	    t->hop.tls == HOP_TLS_NONE || chan_pair(CHAN_PACKETS, end) < 0)
		return -1;
	/* if that fails remoted hears of it, as of a process that is gone */
	(void)note_send(link, &n, &end[1], 1);
	close(end[1]);
	return end[0];
}

/* 1: sent, or had no file any more; 0: the channel is full or at its end. */
static int
send_job(struct deliver *d, struct child *c)
{
	struct rcpt *r[JOB_RCPTS];
	struct message *m;
	size_t i, n = gather(c->dest, r);
	struct verdict v;
	int fd, sent, e;

	m = r[0]->m;
	n = compose(d, c->dest, r, n);
	fd = m->fd >= 0 ? m->fd : message_reopen(m, d->queue);
	if (fd < 0 && errno != ENOENT) {
		v = verdict_make(451, "4.3.0", "the queue file: %s",
		    strerror(errno));
		for (i = 0; i < n; i++)
			put_off(d, c->dest, r[i], &v, PUT_OFF_S);
		return 1;
	}
	if (fd < 0) {
		for (i = 0; i < n; i++)
			d->gone(d->arg, r[i]);
		return 1;
	}
	sent = chan_send(c->w.fd, buf_span(&d->room->record), &fd, 1);
	e = errno;
	if (fd != m->fd)
		close(fd);
	if (sent < 0) {
		put_back(c->dest, r, n);
		if (e != EAGAIN && e != ETOOMANYREFS && e != ENOBUFS &&
		    e != ENOMEM)
			child_end(c, strerror(e));
		else if (c->inflight == 0)
			dest_starve(d, c->dest);
		return 0;
	}
	m->tried = 1;
	if (c->inflight == 0)
		c->since = clock_mono_s();
	for (i = 0; i < n; i++) {
		r[i]->next = c->flight;
		c->flight = r[i];
		c->inflight++;
	}
	c->busy = c->dest->kind == DEST_REMOTE;
	c->jobs++;
	c->failed = 0;
	share_busy(&d->share, c);
	return 1;
}

/* Recipients of one message, which go in one job. */
static size_t
gather(struct dest *t, struct rcpt *r[JOB_RCPTS])
{
	size_t n = 1, most = t->kind == DEST_REMOTE ? JOB_RCPTS : 1;

	r[0] = dest_pop(t, NULL);
	while (n < most && (r[n] = dest_pop(t, r[0])) != NULL)
		n++;
	return n;
}

/* The record, with as many of them as it may hold; the rest goes back. */
static size_t
compose(struct deliver *d, struct dest *t, struct rcpt **r, size_t n)
{
	struct deliver_room *room = d->room;
	size_t fit = n;

	for (;; fit /= 2) {
		dest_job(t, r, fit, &room->job);
		buf_reset(&room->record);
		if (job_add(&room->record, &room->job) == 0 || fit == 1)
			break;
	}
	put_back(t, r + fit, n - fit);
	return fit;
}

static void
put_back(struct dest *t, struct rcpt **r, size_t n)
{
	while (n > 0)
		dest_unpop(t, r[--n]);
}

static void
child_ready(struct watch *w)
{
	struct child *c = (struct child *)(void *)w;
	struct deliver *d = c->deliver;
	struct span in, fields;
	const char *why;
	ssize_t n;
	int r;

	n = chan_recv(w->fd, d->room->packet, sizeof d->room->packet, NULL, 0);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		child_end(c, n < 0 ? strerror(errno) : NULL);
		return;
	}
	in = span_mem(d->room->packet, (size_t)n);
	while ((r = record_next(&in, RECORD_MAX, &fields, &why)) == 1)
		if (child_says(c, fields) < 0)
			return;
	if (in.n) {
		child_end(c, r < 0 ? why : "a short record");
		return;
	}
	if (c->dest->waiting)
		dest_turn(d, c->dest);
}

/* 0, or -1: it has broken the rules and is gone. */
static int
child_says(struct child *c, struct span fields)
{
	struct answer *a = &c->deliver->room->answer;
	struct rcpt **p, *r;
	const char *why;

	if (answer_parse(fields, a, &why) < 0) {
		child_end(c, why);
		return -1;
	}
	if (a->ready) {
		c->busy = 0;
		return rests(c);
	}
	for (p = &c->flight; (r = *p) != NULL; p = &r->next)
		if (r->nr == a->nr &&
		    span_eq(a->id, span_of(r->m->name.id)))
			break;
	if (r == NULL) {		/* or was, and is put off by now */
		child_end(c, c->hung ? NULL :
		    "an answer for what it was not asked");
		return -1;
	}
	if (a->verdict.kind == VERDICT_TO && c->dest->kind != DEST_LOCAL) {
		child_end(c, "a forward, which only a mailbox's owner makes");
		return -1;
	}
	*p = r->next;
	c->inflight--;
	c->since = clock_mono_s();
	dest_learn(c->dest, &a->verdict, &c->failed);
	tell(c->deliver, c->dest, r, &a->verdict, a);
	return c->inflight == 0 && !c->busy ? rests(c) : 0;
}

/* As child_says. */
static int
rests(struct child *c)
{
	share_idle(&c->deliver->share, c, clock_mono_s());
	if (!gives_way(c))
		return 0;
	child_end(c, NULL);
	return -1;
}

/* Others wait for a process: whoever has several, or had its turn. */
static int
gives_way(const struct child *c)
{
	return (c->dest->children > 1 || c->jobs >= CHILD_TURN) &&
	    share_wanted(&c->deliver->share, c->dest->standing);
}

/* Of the local deliverers; what is slow elsewhere, remoted has limits for, and
 * what is slow of programs, their children. */
static void
look_for_hung(struct deliver *d, int64_t now)
{
	struct child *c;
	struct dest *t;
	size_t i;

	for (i = 0; i < DELIVER_TABLE; i++)
		for (t = d->table[i]; t; t = t->next)
			for (c = t->kind == DEST_LOCAL ? t->child : NULL; c;
			    c = c->next)
				if (c->inflight &&
				    now - c->since >= JOBS_SILENT_S)
					child_hangs(c, now);
}

/* It may be where not even a signal reaches it.  Until it has ended it counts
 * no more, unless half as many again as there may be are like it. */
static void
child_hangs(struct child *c, int64_t now)
{
	struct deliver *d = c->deliver;
	struct dest *t = c->dest;
	struct verdict v = verdict_make(451, "4.3.2", "the delivering process "
	    "has not answered for %d seconds", JOBS_SILENT_S);

	log_warn("hangs", "deliverer of %s: no answer for %d seconds; does its "
	    "file system?", t->key, JOBS_SILENT_S);
	c->hung = 1;
	if (d->share.apart < (d->share.most + 1) / 2) {
		c->apart = 1;
		d->share.apart++;
		d->share.held[t->standing]--;
		t->children--;
	}
	dest_hangs(t, &v, now);
	give_back(c, &v);
	if (t->waiting)
		dest_turn(d, t);
}

/* What has no verdict is later; why NULL: an ordinary end of channel. */
static void
child_end(struct child *c, const char *why)
{
	struct deliver *d = c->deliver;
	struct dest *t = c->dest;
	struct child **p;
	struct verdict v;

	if (why)
		log_warn("channel", "deliverer of %s: %s", t->key, why);
	for (p = &t->child; *p != c; p = &(*p)->next)
		;
	*p = c->next;
	t->hung -= (unsigned)c->hung;
	if (c->apart)
		d->share.apart--;
	else {
		t->children--;
		d->share.held[t->standing]--;
	}
	share_busy(&d->share, c);
	watch_end(d->watches, &c->w);
	v = verdict_make(451, "4.3.0",
	    "the delivering process ended before its verdict");
	give_back(c, &v);
	free(c);
	if (t->waiting)
		dest_turn(d, t);
}

static void
give_back(struct child *c, const struct verdict *v)
{
	struct rcpt *r;

	if (c->flight)
		dest_learn(c->dest, v, &c->failed);
	while ((r = c->flight) != NULL) {
		c->flight = r->next;
		c->inflight--;
		tell(c->deliver, c->dest, r, v, NULL);
	}
}

static void
tell(struct deliver *d, struct dest *t, struct rcpt *r,
    const struct verdict *v, const struct answer *a)
{
	d->heard(d->arg, r, &(struct heard){ .verdict = v, .answer = a,
	    .kind = t->kind, .key = t->key, .tried = 1 });
}

static void
put_off_dead(struct deliver *d, struct dest *t, struct rcpt *r, int64_t wait_s)
{
	struct verdict v = verdict_make(t->last.code, t->last.enhanced,
	    DELIVER_NOT_ASKED "%s fails, last with: %s", t->key,
	    t->last.text);

	put_off(d, t, r, &v, wait_s);
}

/* It was not asked for: what was told of before is only counted. */
static void
put_off(struct deliver *d, struct dest *t, struct rcpt *r,
    const struct verdict *v, int64_t wait_s)
{
	if (r->fate.when) {
		t->put_off++;
		t->why = *v;
		d->put_off = 1;
	}
	d->heard(d->arg, r, &(struct heard){ .verdict = v, .kind = t->kind,
	    .key = t->key, .retry = clock_s() + wait_s,
	    .dead = t->until > clock_mono_s() });
}
