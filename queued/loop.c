/* loop - queued's one process that decides. */
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "queued/attempt.h"
#include "queued/clean.h"
#include "queued/loop.h"
#include "queued/schedule.h"
#include "queued/secrets.h"
#include "queued/take.h"
#include "sys/clock.h"
#include "sys/log.h"
#include "sys/stream.h"

enum {
	TICK_MS = 1000, LONGEST_MS = 60000,
	NAMES = 256,			/* of a scan, in one turn */
	CLEAN_S = 3600, STUCK_S = 30,
	END_MS = 8000,			/* the monitor gives us all 10 s */
	PASS_SHARE = 10			/* passes take a tenth of the time */
};

static void end(struct queued *);
static void control_ready(struct watch *);
static void trigger_ready(struct watch *);
static void take_notes(struct queued *);
static void tables(struct queued *);
static int  open_tables(const struct role_env *, struct directory *);
static void reported(void *, const struct errand *, const struct verdict *,
    const char *);
static void look_around(struct queued *, int64_t);
static void pass(struct queued *, int64_t);
static int  see_new(void *, const char *);
static int  see_cur(void *, const char *);
static void bring_near(struct queued *, const char *, struct queue_name *);
static int  see_drop(void *, const char *);
static int  wait_ms(const struct queued *, int64_t);

int
loop_role(struct role_env *env)
{
	static struct queued q;
	int trigger;

	places_open(env, &q.places);
	trigger = places_trigger(env, &q.places);
	places_group(env, q.places.queue.state);	/* operators read it */
	role_confine(env, &(struct confine){ .may = MAY_READ | MAY_WRITE,
	    .files = 4096, .data_bytes = UINT64_C(1) << 30,
	    .dir = { q.places.queue_path, q.places.drop_path } });
	env->file = secrets_file;
	role_wait(env);
	q.env = env;
	q.conf = env->conf;
	stream_init();
	loop_begin(&q, trigger);
	while (!stream_ended)
		loop_turn(&q, -1);
	end(&q);
	return 0;
}

void
loop_begin(struct queued *q, int trigger)
{
	unsigned n;

	q->queue = &q->places.queue;
	q->doubt = clock_ns();
	q->began = clock_s();
	q->domains = site_domains(q->env->site);
	q->control = (struct watch){ control_ready, q->env->control };
	q->trigger = (struct watch){ trigger_ready, trigger };
	if (watch_open(&q->watches) < 0 ||
	    watch_begin(&q->watches, &q->control) < 0 ||
	    watch_begin(&q->watches, &q->trigger) < 0)
		log_die(LOG_AGAIN, "epoll");
	q->deliver.watches = &q->watches;
	q->deliver.env = q->env;
	q->deliver.conf = q->conf;
	q->deliver.queue = q->queue;
	q->deliver.heard = attempt_heard;
	q->deliver.gone = attempt_gone;
	q->deliver.arg = q;
	q->errands = (struct errands){ .watches = &q->watches, .env = q->env,
	    .conf = q->conf, .queue = q->queue, .done = reported, .arg = q };
	if (deliver_init(&q->deliver) < 0 || errand_init(&q->errands) < 0)
		log_die(LOG_AGAIN, "memory");
	take_notes(q);
	tables(q);
	if ((n = clean_states(&q->places, clock_s())) > 0)
		log_note("cleaned", "%u states without message", n);
}

void
loop_turn(struct queued *q, int most_ms)
{
	int64_t now = clock_s();
	int ms = wait_ms(q, now);

	if (most_ms >= 0 && ms > most_ms)
		ms = most_ms;
	if (watch_round(&q->watches, ms) < 0)
		log_die(LOG_AGAIN, "epoll");
	now = clock_s();
	take_due(q, now);
	look_around(q, now);
	deliver_run(&q->deliver);
	errand_run(&q->errands);
	now = clock_mono_s();
	if (now == q->ticked)
		return;
	q->ticked = now;
	deliver_tick(&q->deliver);
	take_back(q);
	if (q->stuck && now >= q->stuck_until) {
		q->stuck_until = now + STUCK_S;
		attempt_tick(q);
	}
}

/* Nothing more is begun.  Who was asked finishes the step at hand, and is
 * heard: what another server has taken by then is not sent to it again. */
static void
end(struct queued *q)
{
	uint64_t now, until = clock_mono_ms() + END_MS;

	q->ending = 1;
	watch_end(&q->watches, &q->trigger);
	while (deliver_asked(&q->deliver) &&
	    (now = clock_mono_ms()) < until &&
	    watch_round(&q->watches, (int)(until - now)) == 0)
		;
	attempt_leave(q);
}

static void
control_ready(struct watch *w)
{
	struct queued *q = (struct queued *)(void *)((char *)w -
	    offsetof(struct queued, control));

	take_notes(q);
}

static void
take_notes(struct queued *q)
{
	size_t i;
	int kind;

	while ((kind = role_note(q->env, 0)) >= 0) {
		if (kind == 0)
			exit(0);	/* the monitor is gone */
		if (kind == NOTE_GO)
			tables(q);
	}
	for (i = 0; i < ROLE_LINKS; i++)
		if (q->env->link[i].fd >= 0)
			(void)fcntl(q->env->link[i].fd, F_SETFL, O_NONBLOCK);
}

/* What cannot be read is not to be taken for an empty table, by which all mail
 * would be returned. */
static void
tables(struct queued *q)
{
	struct directory now = { .hostname = q->env->site->hostname,
	    .domains = q->domains,
	    .delimiter = q->env->site->delimiter[0] };

	if (open_tables(q->env, &now) < 0) {
		if (!q->has_directory)
			log_die(LOG_AGAIN, "the address tables; the cure: "
			    "correo tables");
		log_warn("tables", "cannot be read: %s; those of before stay; "
		    "the cure: correo tables", strerror(errno));
		return;
	}
	if (q->has_directory)
		directory_close(&q->directory);
	q->directory = now;
	q->has_directory = 1;
	deliver_reroute(&q->deliver, attempt_key);
}

/* 0, or -1 with errno. */
static int
open_tables(const struct role_env *env, struct directory *d)
{
	int fd[TABLE_COUNT], i;

	for (i = 0; i < TABLE_COUNT; i++)
		if ((fd[i] = env->table[i]) >= 0 &&
		    (fd[i] = fcntl(fd[i], F_DUPFD_CLOEXEC, 3)) < 0)
			break;
	if (i == TABLE_COUNT)
		return directory_open(d, fd);
	while (i-- > 0)
		if (fd[i] >= 0)
			close(fd[i]);
	return -1;
}

static void
trigger_ready(struct watch *w)
{
	struct queued *q = (struct queued *)(void *)((char *)w -
	    offsetof(struct queued, trigger));

	take_hints(q);
}

static void
reported(void *arg, const struct errand *e, const struct verdict *v,
    const char *id)
{
	struct queued *q = arg;

	if (v->kind != VERDICT_DONE)	/* it may be there all the same */
		q->doubt = clock_ns();
	if (e->kind == ORDER_DROP)
		take_drop_heard(q, e, v);
	else
		attempt_reported(q, e, v, id);
	if (*id && !q->ending)
		take_new(q, id, 1);
}

/* Scans that are due begin, those that run go on a step. */
static void
look_around(struct queued *q, int64_t now)
{
	int64_t mono = clock_mono_s();
	int sts = role_link(q->env, "sts");

	if (mono >= q->next_look) {
		places_stay(&q->places);
		q->next_look = mono + (int64_t)q->conf->rescan;
		q->want_new = q->want_cur = q->want_drop = 1;
	}
	if (mono >= q->next_clean) {
		q->next_clean = mono + CLEAN_S;
		(void)clean_tmp(&q->places, now);
		q->nrefused = 0;	/* what is old by now goes */
		if (sts >= 0)		/* policies are refreshed */
			(void)note_say(sts, NOTE_SPAWN, "", NULL, 0);
	}
	if (q->want_new && q->new.d == NULL &&
	    q->recipients < q->conf->active / 2 + 1 &&
	    scan_begin(&q->new, q->queue->new) == 0)
		q->want_new = 0;
	(void)scan_step(&q->new, NAMES, see_new, q);
	if (q->want_drop && q->drop.d == NULL && q->errands.waiting == NULL &&
	    scan_begin(&q->drop, q->places.drop_new) == 0)
		q->want_drop = 0;
	(void)scan_step(&q->drop, NAMES, see_drop, q);
	pass(q, now);
}

/* Of cur/; a large one is not read again at once. */
static void
pass(struct queued *q, int64_t now)
{
	uint64_t ms = clock_mono_ms();
	int64_t mono = (int64_t)(ms / 1000);

	if (backlog_dry(&q->backlog))
		q->want_cur = 1;
	if (q->cur.d == NULL && q->want_cur && mono != q->cur_ended &&
	    ms >= q->cur_not_before_ms &&
	    scan_begin(&q->cur, q->queue->cur) == 0) {
		q->want_cur = 0;
		q->cur_began_ms = ms;
		q->farthest = schedule_farthest(q->conf, now);
		backlog_begin(&q->backlog);
	}
	if (q->cur.d && scan_step(&q->cur, NAMES, see_cur, q) == 0) {
		backlog_end(&q->backlog);
		if (!q->want_cur)
			q->nasked = 0;
		q->cur_ended = mono;
		q->cur_not_before_ms = ms + PASS_SHARE *
		    (ms - q->cur_began_ms);
	}
}

static int
see_new(void *arg, const char *name)
{
	struct queued *q = arg;

	if (q->recipients >= q->conf->active) {
		q->want_new = 1;	/* from the start, when there is room */
		return 1;
	}
	if (queue_id_valid(span_of(name)))
		take_new(q, name, 0);
	return 0;
}

static int
see_cur(void *arg, const char *name)
{
	struct queued *q = arg;
	struct queue_name n;

	if (queue_name_parse(span_of(name), &n) == 0 && n.due != 0 &&
	    !attempt_runs(q, n.id)) {
		if (n.due > q->farthest)
			bring_near(q, name, &n);
		backlog_see(&q->backlog, &n);
		if (q->nasked)
			take_asked(q, n.id);
	}
	return 0;
}

/* Its due time was told by a clock that has been set back since. */
static void
bring_near(struct queued *q, const char *name, struct queue_name *n)
{
	char to[QUEUE_NAME];

	n->due = clock_s();
	queue_name_format(n, to);
	if (renameat(q->queue->cur, name, q->queue->cur, to) < 0)
		log_warn("clock", "queue/cur/%s: its time is too far ahead: "
		    "%s", name, strerror(errno));
}

static int
see_drop(void *arg, const char *name)
{
	take_drop(arg, name);
	return 0;
}

/* Until something is due; 0 while a scan runs that has room to go on. */
static int
wait_ms(const struct queued *q, int64_t now)
{
	int64_t due = backlog_first(&q->backlog), ms = LONGEST_MS;
	int64_t look = q->next_look - clock_mono_s();
	int room = q->recipients < q->conf->active;

	if (q->cur.d || q->drop.d || (q->new.d && room) ||
	    (due && due <= now && take_room(q)))
		return 0;
	if (deliver_busy(&q->deliver) || q->want_new || q->want_cur ||
	    q->want_drop || q->stuck || q->errands.running ||
	    q->errands.waiting || backlog_dry(&q->backlog))
		return TICK_MS;
	if (due && (due - now) * 1000 < ms)
		ms = due > now ? (due - now) * 1000 : TICK_MS;
	if (look * 1000 < ms)
		ms = look > 0 ? look * 1000 : 0;
	return (int)ms;
}
