/*
 * world - what the tests of the loop share: a queue and a drop in a temporary
 * directory, real tables, real reporters, and a deliverer that does what the
 * local part of an address says.  Included by one test program at a time.
 */
#ifndef QUEUED_WORLD_H
#define QUEUED_WORLD_H

#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "queued/attempt.h"
#include "queued/loop.h"
#include "queued/reporter.h"
#include "sys/clock.h"
#include "sys/file.h"
#include "sys/log.h"
#include "wire/record.h"

#define STORY(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

static const uint64_t waits[] = { 300 };
static struct config conf;
static struct site site;
static struct role_env env;
static struct role role = { .name = "loop" };
static struct queued *q;
static struct queued *kept[16];	/* never freed, but not lost either */
static size_t nkept;
static char dir[] = "/tmp/queued-loop-XXXXXX";
static int monitor_end, jobs_fd, trigger_fd;
static pid_t parent[3];

/* ------------------------------------------------ the deliverers */

/* What a test has the local deliverer do for an address: put it off so many
 * times, then refuse it, or keep a copy or none and send it on. */
struct forward {
	const char *from, *to[3];	/* to[0] NULL: it is as without */
	unsigned later;
	int kept, fails;
};

enum { FORWARDS = 8 };
static struct forward *forwards;	/* shared with the deliverers */

static struct forward *
forward_of(struct span to)
{
	size_t i;

	for (i = 0; i < FORWARDS; i++)
		if (forwards[i].from &&
		    span_eq(to, span_of(forwards[i].from)))
			return &forwards[i];
	return NULL;
}

/* 1 with the answer, or 0: as its local part has it. */
static int
forward_answer(struct span to, const struct job *j, struct answer *a)
{
	struct forward *f = forward_of(to);
	size_t i;

	if (f && f->later > 0) {
		f->later--;
		a->verdict = verdict_make(451, "4.2.1", "not yet");
		return 1;
	}
	if (f && f->fails)
		a->verdict = verdict_make(550, "5.2.0", "not here");
	if (f == NULL || f->fails || f->to[0] == NULL)
		return f && f->fails;
	a->verdict.kind = VERDICT_TO;
	a->sender = j->sender;
	a->kept = f->kept;
	for (i = 0; i < 3 && f->to[i]; i++)
		a->to[a->nto++] = span_of(f->to[i]);
	return 1;
}

static void
answer(int ch, const struct job *j, const struct job_rcpt *r)
{
	static unsigned char ones[1025];
	static struct answer a;
	struct buf b = { .max = RECORD_MAX };
	size_t i;

	a = (struct answer){ .id = j->id, .nr = r->nr };
	a.verdict = verdict_make(250, "2.0.0", "delivered");
	for (i = 0; i < r->nvia && !span_eq(r->via[i], r->to); i++)
		;
	if (i < r->nvia)		/* as localdeliver has it */
		a.verdict = verdict_make(554, "5.4.6", "went round");
	else if (!r->run && forward_answer(r->to, j, &a))
		;
	else if (r->run)
		a.verdict = verdict_make(r->run == 1 ? 250 : 550,
		    r->run == 1 ? "2.0.0" : "5.3.0", "program %u of %.*s",
		    r->run, SPAN_ARG(r->file));
	else if (span_starts(r->to, SPAN("late")) && !j->repeat)
		a.verdict = verdict_make(451, "4.2.1", "not at once");
	else if (span_starts(r->to, SPAN("late"))) {
		a.verdict.kind = VERDICT_TO;
		a.sender = j->sender;
		a.to[a.nto++] = SPAN("ok@example.test");
	} else if (span_starts(r->to, SPAN("full")))
		a.verdict = verdict_make(452, "4.2.2", "over its quota");
	else if (span_starts(r->to, SPAN("rotten")))
		a.verdict = verdict_make(451, "4.6.0", "fails its checksum");
	else if (span_starts(r->to, SPAN("turned@"))) {
		a.verdict.kind = VERDICT_TO;
		a.sender = j->sender;
		a.to[a.nto++] = SPAN("ok@example.test");
	} else if (memmem(r->to.p, r->to.n, "@elsewhere", 10))
		a.verdict = verdict_make(451, "4.7.1", "come back later");
	else if (span_starts(r->to, SPAN("gone")))
		a.verdict = verdict_make(550, "5.1.1", "nobody\xc3\xa9");
	else if (span_starts(r->to, SPAN("fwd"))) {
		a.verdict.kind = VERDICT_TO;
		a.sender = j->sender;
		a.file = SPAN(".forward");
		a.to[a.nto++] = SPAN("ok2@example.test");
		a.to[a.nto++] = SPAN("|1");
		if (span_starts(r->to, SPAN("fwdbad")))
			a.to[a.nto++] = SPAN("|2");
		memset(ones, 1, sizeof ones);
		if (span_starts(r->to, SPAN("fwdmost"))) {
			a.to[0] = SPAN("full@example.test");
			a.to[1] = a.sender = span_mem(ones, 1024);
		}
		if (span_starts(r->to, SPAN("fwdlong")))
			a.to[1] = span_mem(ones, 1025);
		if (span_starts(r->to, SPAN("fwdfrom")))
			a.sender = span_mem(ones, 1025);
	}
	(void)answer_add(&b, &a);
	(void)chan_send(ch, buf_span(&b), NULL, 0);
	buf_free(&b);
}

/* As remoted says that it may have the next job. */
static void
ready(int ch)
{
	static const struct answer a = { .ready = 1 };
	struct buf b = { .max = RECORD_MAX };

	(void)answer_add(&b, &a);
	(void)chan_send(ch, buf_span(&b), NULL, 0);
	buf_free(&b);
}

/* Reads what is in the queue file, as a real one does. */
static void
deliverer(int ch, int remote)
{
	static unsigned char p[CHAN_PACKET_MAX];
	static struct job j;
	struct queue_head h;
	struct span in, fields;
	const char *why;
	int fd[CHAN_FDS];
	ssize_t n;
	size_t i;

	while ((n = chan_recv(ch, p, sizeof p, fd, 1)) > 0) {
		in = span_mem(p, (size_t)n);
		if (record_next(&in, RECORD_MAX, &fields, &why) != 1 ||
		    job_parse(fields, &j, &why) < 0 ||
		    queue_read_head(fd[0], &h) != 0 || h.body != j.size)
			_exit(9);
		close(fd[0]);
		for (i = 0; i < j.nrcpt; i++) {
			dprintf(jobs_fd, "%.*s to=%.*s run=%u ext=%.*s via=%zu"
			    " from=%.*s repeat=%d notify=%.*s\n", SPAN_ARG(j.id),
			    SPAN_ARG(j.rcpt[i].to), j.rcpt[i].run,
			    SPAN_ARG(j.rcpt[i].ext), j.rcpt[i].nvia,
			    SPAN_ARG(j.sender), j.repeat,
			    SPAN_ARG(j.rcpt[i].notify));
			if (span_starts(j.rcpt[i].to, SPAN("dies")))
				_exit(1);
			if (span_starts(j.sender, SPAN("hangs@")) && !j.repeat)
				continue;
			answer(ch, &j, &j.rcpt[i]);
		}
		if (remote)
			ready(ch);
	}
	_exit(0);
}

/* Forks for each request, as a zygote does, but keeps what it may do. */
static int
start_parent(size_t k, const char *name, int reports)
{
	struct reporter r = { .env = &env };
	struct note n;
	int ch[2], fd[CHAN_FDS];

	assert_int_equal(chan_pair(CHAN_PACKETS, ch), 0);
	if ((parent[k] = fork()) == 0) {
		signal(SIGCHLD, SIG_IGN);
		close(ch[0]);
		r.queue = q->places.queue;
		r.drop_new = q->places.drop_new;
		while (note_recv(ch[1], &n, fd, 1) == 1) {
			if (fork() == 0) {
				close(ch[1]);
				if (reports)
					_exit(reporter_serve(&r, fd[0]));
				deliverer(fd[0], strcmp(name, "remoted") == 0);
			}
			close(fd[0]);
		}
		_exit(0);
	}
	close(ch[1]);
	snprintf(env.link[k].name, sizeof env.link[k].name, "%s", name);
	env.link[k].fd = ch[0];
	return 0;
}

/* ------------------------------------------------ the world */

static int
table(const char *name, const char *const (*row)[2])
{
	struct cdb_make m;
	char path[256];
	int fd;

	snprintf(path, sizeof path, "%s/%s.cdb", dir, name);
	fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	assert_true(fd >= 0);
	cdb_make_start(&m, fd);
	for (; (*row)[0]; row++)
		cdb_make_add(&m, (*row)[0], (unsigned)strlen((*row)[0]),
		    (*row)[1], (unsigned)strlen((*row)[1]));
	cdb_make_finish(&m);
	return fd;
}

static const char *const domains[][2] = {
	{ "example.test", "local" }, { NULL, NULL }
};
static char large[ALIAS_TARGETS * 10];
static const char *const aliases[][2] = {
	{ "team@example.test", "ok, full, gone@example.test" },
	{ "one@example.test", "ok" },
	{ "solo@example.test", "ok" },
	{ "owner-solo@example.test", "full" },
	{ "self@example.test", "self, out@elsewhere.test" },
	{ "fwdself@example.test", "fwdself, full" },
	{ "circle@example.test", "round" },
	{ "round@example.test", "circle" },
	{ "program@example.test", "|/bin/false" },
	{ "twice@example.test", "ok, one, ok" },
	{ "large@example.test", large },
	{ "lost@example.test", "gone" },
	{ "owned@example.test", "gone" },
	{ "owner-owned@example.test", "ok2" },
	{ "tops@example.test", "tops, turn, far@remote.test" },
	{ "turn@example.test", "turn, tops" },
	{ "game@example.test", "ping" },
	{ "a0@example.test", "u0, a1" },
	{ "a1@example.test", "u1, a0" },
	{ "a2@example.test", "a2, u2" },
	{ "a3@example.test", "u3" },
	{ "back@example.test", "\\self" },
	{ NULL, NULL }
};
static const char *const users[][2] = {
	{ "ok@example.test", "2001:2001:/h/ok" },
	{ "ok2@example.test", "2002:2002:/h/ok2" },
	{ "full@example.test", "2003:2003:/h/full" },
	{ "gone@example.test", "2004:2004:/h/gone" },
	{ "fwd@example.test", "2005:2005:/h/fwd" },
	{ "fwdself@example.test", "2005:2005:/h/fwd" },
	{ "fwdbad@example.test", "2005:2005:/h/fwd" },
	{ "fwdmost@example.test", "2005:2005:/h/fwd" },
	{ "fwdlong@example.test", "2005:2005:/h/fwd" },
	{ "fwdfrom@example.test", "2005:2005:/h/fwd" },
	{ "dies@example.test", "2006:2006:/h/dies" },
	{ "self@example.test", "2007:2007:/h/self" },
	{ "ping@example.test", "2012:2012:/h/ping" },
	{ "pong@example.test", "2013:2013:/h/pong" },
	{ "pang@example.test", "2014:2014:/h/pang" },
	{ "tops@example.test", "2015:2015:/h/tops" },
	{ "turn@example.test", "2016:2016:/h/turn" },
	{ "u0@example.test", "2020:2020:/h/u0" },
	{ "u1@example.test", "2021:2021:/h/u1" },
	{ "u2@example.test", "2022:2022:/h/u2" },
	{ "u3@example.test", "2023:2023:/h/u3" },
	{ "u4@example.test", "2024:2024:/h/u4" },
	{ "a2@example.test", "2025:2025:/h/a2" },
	{ "root@example.test", "0:0:/root" },
	{ "late@example.test", "2011:2011:/h/late" },
	{ "rotten@example.test", "2010:2010:/h/rotten" },
	{ "postmaster", "2008:2008:/h/postmaster" },
	{ "sender@example.test", "2009:2009:/h/sender" },
	{ NULL, NULL }
};

static int
set_up(void **state)
{
	static const char *const sub[] = { "queue", "queue/tmp", "queue/new",
	    "queue/cur", "queue/hold", "queue/bad", "queue/state", "drop",
	    "drop/tmp", "drop/new" };
	char path[256], *end = large;
	int control[2];
	size_t i;

	(void)state;
	for (i = 0; i < ALIAS_TARGETS; i++)
		end += snprintf(end, 10, "ok+%zu ", i);
	if (forwards == NULL && (forwards = mmap(NULL,
	    FORWARDS * sizeof *forwards, PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0)) == MAP_FAILED)
		return -1;
	memset(forwards, 0, FORWARDS * sizeof *forwards);
	strcpy(dir + strlen(dir) - 6, "XXXXXX");
	if (mkdtemp(dir) == NULL)
		return -1;
	for (i = 0; i < sizeof sub / sizeof *sub; i++) {
		snprintf(path, sizeof path, "%s/%s", dir, sub[i]);
		if (mkdir(path, 0750) < 0)
			return -1;
	}
	conf = (struct config){ .retry = { 1, waits }, .lifetime = 432000,
	    .bounce_lifetime = 172800, .warn = 14400, .active = 1000,
	    .children = 10, .rescan = 300, .report_size = 4096,
	    .drop_size = 1 << 20 };
	site = (struct site){ .hostname = "mx.example.test",
	    .state_dir = dir, .delimiter = "+" };
	env = (struct role_env){ .role = &role, .site = &site, .conf = &conf,
	    .uid = geteuid() };
	for (i = 0; i < ROLE_LINKS; i++)
		env.link[i].fd = -1;
	for (i = 0; i < TABLE_COUNT; i++)
		env.table[i] = -1;
	env.table[TABLE_DOMAINS] = table("domains", domains);
	env.table[TABLE_ALIASES] = table("aliases", aliases);
	env.table[TABLE_USERS] = table("users", users);
	if (chan_pair(CHAN_PACKETS, control) < 0)
		return -1;
	env.control = control[0];
	monitor_end = control[1];
	snprintf(path, sizeof path, "%s/jobs", dir);
	jobs_fd = open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	q = kept[nkept++] = calloc(1, sizeof *q);
	q->env = &env;
	q->conf = &conf;
	places_open(&env, &q->places);
	trigger_fd = places_trigger(&env, &q->places);
	start_parent(0, "localdeliver", 0);
	start_parent(1, "reporter", 1);
	start_parent(2, "remoted", 0);
	return 0;
}

static int
remove_one(void *arg, const char *name)
{
	(void)unlinkat(*(int *)arg, name, 0);
	return 0;
}

static void
empty(const char *name)
{
	char path[256];
	int fd;

	snprintf(path, sizeof path, "%s/%s", dir, name);
	if ((fd = open(path, O_RDONLY | O_DIRECTORY)) >= 0) {
		(void)file_each(fd, remove_one, &fd);
		close(fd);
		rmdir(path);
	}
}

static int
tear_down(void **state)
{
	static const char *const sub[] = { "queue/tmp", "queue/new",
	    "queue/cur", "queue/hold", "queue/bad", "queue/state", "queue",
	    "drop/tmp", "drop/new", "drop", "." };
	size_t i;
	int fd;

	(void)state;
	for (i = 0; i < 3; i++) {
		kill(parent[i], SIGKILL);
		waitpid(parent[i], NULL, 0);
	}
	for (i = 0; i < sizeof sub / sizeof *sub; i++)
		empty(sub[i]);
	rmdir(dir);
	for (fd = 3; fd < 200; fd++)
		close(fd);
	return 0;
}

/* ------------------------------------------------ what tests say */

static const char message[] = "From: a\r\nMessage-ID: <m@x>\r\n"
    "Subject: s\r\n\r\nbody\r\n";

struct mail {
	enum mail_class class;
	const char *arg, *sender, *ret, *envid;
	const char *rcpt[6], *notify, *orcpt;
	unsigned never;			/* 1 << i: NOTIFY=NEVER of rcpt[i] */
};

static void
put(const struct mail *m, const char *id, char out[QUEUE_ID + 1])
{
	struct envelope e = { .class = m->class,
	    .class_arg = span_of(m->arg ? m->arg : ""),
	    .sender = span_of(m->sender),
	    .ret = span_of(m->ret ? m->ret : ""),
	    .envid = span_of(m->envid ? m->envid : "") };
	struct buf b = { .max = 1 << 20 };
	struct iovec v[3];
	struct accept a;
	size_t i;

	if (m->class <= CLASS_USER)
		e.client = SPAN("192.0.2.7");
	envelope_add_head(&b, &e);
	for (i = 0; i < 6 && m->rcpt[i]; i++)
		envelope_add_rcpt(&b, &(struct envelope_rcpt){
		    span_of(m->rcpt[i]),
		    m->never >> i & 1 ? SPAN("NEVER") :
		    span_of(m->notify ? m->notify : ""),
		    span_of(m->orcpt ? m->orcpt : "") });
	assert_int_equal(accept_open(&a, &q->places.queue, id), 0);
	v[1] = (struct iovec){ (void *)(size_t)message, sizeof message - 1 };
	assert_int_equal(accept_commit(&a, v, 2, buf_span(&b)), 0);
	memcpy(out, a.id, QUEUE_ID + 1);
	buf_free(&b);
}

static void
hint_for(const char *id)
{
	char line[QUEUE_ID + 2];
	int n = snprintf(line, sizeof line, "%s\n", id);

	assert_int_equal(write(trigger_fd, line, (size_t)n), n);
}

/* Until nothing is in memory any more. */
static void
run(void)
{
	uint64_t end = clock_mono_ms() + 60000;
	int calm = 0;

	while (calm < 5) {
		loop_turn(q, 20);
		calm = q->recipients == 0 && q->errands.running == 0 &&
		    q->errands.waiting == NULL ? calm + 1 : 0;
		assert_true(clock_mono_ms() < end);
	}
}

static int
count_one(void *arg, const char *name)
{
	(void)name;
	++*(int *)arg;
	return 0;
}

static int
count(int fd)
{
	int n = 0;

	(void)file_each(fd, count_one, &n);
	return n;
}

static char *
text(int fd, const char *name)
{
	static struct buf b = { .max = 16 << 20 };

	buf_reset(&b);
	if (name ? file_read_at(fd, name, &b) < 0 : file_read(fd, &b) < 0)
		return NULL;
	buf_addc(&b, 0);
	return (char *)b.p;
}

static void
has(const char *where, const char *what)
{
	if (where == NULL || strstr(where, what) == NULL)
		fail_msg("no \"%s\" in:\n%s", what, where ? where : "nothing");
}

static int
times(const char *where, const char *what)
{
	int n = 0;

	while (where && (where = strstr(where, what)) != NULL) {
		where++;
		n++;
	}
	return n;
}

static int
last_name(void *arg, const char *name)
{
	snprintf(arg, 64, "%s", name);
	return 0;
}

#endif
