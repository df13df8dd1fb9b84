/*
 * check - the password check.
 *
 * One event loop.  Each login is a channel from a session, whose connection
 * the listener has named (note NOTE_SPAWN with its facts).  A password goes:
 * has this user at this network to wait first (guess.h)? - is it an app
 * password? - a worker hashes it.  SCRAM needs no worker.  Who is right is
 * told to the listener, by the number of the connection, before the session
 * hears `ok`.
 */
#include <sys/epoll.h>
#include <sys/wait.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "auth/check.h"
#include "auth/config.h"
#include "auth/guess.h"
#include "auth/login.h"
#include "auth/secrets.h"
#include "auth/used.h"
#include "auth/worker.h"
#include "sys/chan.h"
#include "sys/clock.h"
#include "sys/log.h"

enum {
	WORKERS = 64,
	FAIL_MS = 250			/* no wrong password is told before */
};
enum source { SOURCE_MONITOR, SOURCE_LISTENER, SOURCE_LOGIN, SOURCE_WORKER };

struct event {
	enum source source;
	int fd;
};

struct worker {
	struct event ev;
	struct pending *busy;		/* whose password it hashes */
};

/* A login and where it stands. */
struct pending {
	struct event ev;		/* fd -1: the session is gone */
	struct pending *next;		/* in the row, or delayed */
	struct login login;
	uint64_t due_ms;
	uint64_t looked_ms;		/* checked since; 0: not yet */
	int failed;			/* which is not told yet */
	int waits;			/* in one of those two */
	int had_turn;			/* has waited as long as it must */
};

struct row {
	struct pending *first, **end;
};

struct check {
	struct role_env *env;
	const struct auth_conf *conf;
	int ep;
	struct guess *guess;
	int state;			/* STATE/auth, or -1 */
	struct event monitor, listener;
	struct worker worker[WORKERS];
	struct row known, strangers;	/* for a worker, in that order */
	uint64_t row_n;			/* in both */
	struct pending *delayed;	/* sorted by due_ms */
	struct pending *ended;		/* an event may still name them */
};

static void start(struct check *);
static void take_file(struct role_env *, const char *, int);
static int  watch(struct check *, struct event *);
static void watch_always(struct check *, struct event *);
static void listener_note(struct check *);
static void session_record(struct check *, struct pending *);
static int  must_wait(struct check *, struct pending *);
static void postpone(struct check *, struct pending *);
static void look(struct check *, struct pending *);
static void to_worker(struct check *, struct pending *);
static struct pending *next_of_row(struct check *);
static void feed_workers(struct check *);
static void give(struct check *, struct worker *, struct pending *);
static void worker_answers(struct check *, struct worker *);
static void worker_ended(const struct worker *) __attribute__((noreturn));
static int  due(struct check *);
static void finish(struct check *, struct pending *, enum login_result,
	    const char *);
static int  tell_listener(struct check *, const struct note *);
static void tell_failed(struct check *, struct pending *);
static void answer(const struct pending *, const struct login_answer *);
static void log_it(const struct pending *, enum login_result, uint32_t,
	    const char *);
static void drop(struct check *, struct pending *);
static void free_ended(struct check *);

static const char damaged[] = "the passwords table is damaged";

int
check_role(struct role_env *env)
{
	static struct check c;
	struct epoll_event e[64];
	struct event *v;
	int i, n, kind;

	c.env = env;
	c.conf = env->conf;
	c.known.end = &c.known.first;
	c.strangers.end = &c.strangers.first;
	start(&c);
	for (;;) {
		n = epoll_wait(c.ep, e, 64, due(&c));
		if (n < 0 && errno != EINTR)
			log_die(LOG_AGAIN, "epoll_wait");
		for (i = 0; i < n; i++) {
			v = e[i].data.ptr;
			switch (v->source) {
			case SOURCE_MONITOR:
				while ((kind = role_note(env, 0)) >= 0)
					if (kind == 0)
						return 0;
				break;
			case SOURCE_LISTENER:
				listener_note(&c);
				break;
			case SOURCE_LOGIN:
				session_record(&c, (struct pending *)v);
				break;
			case SOURCE_WORKER:
				worker_answers(&c, (struct worker *)v);
				break;
			}
		}
		free_ended(&c);
	}
}

static void
start(struct check *c)
{
	unsigned char secret[USED_SECRET];
	uint64_t i;

	c->env->file = take_file;
	(void)worker_dummy();
	for (i = 0; i < c->conf->workers; i++) {
		c->worker[i].ev.source = SOURCE_WORKER;
		c->worker[i].ev.fd = worker_start(c->env, c->conf);
		if (c->worker[i].ev.fd < 0)
			log_die(LOG_AGAIN, "worker");
	}
	c->state = used_confine(c->env);
	used_secret(c->state, secret);
	login_secret(secret);
	if ((c->guess = guess_new()) == NULL ||
	    (c->ep = epoll_create1(EPOLL_CLOEXEC)) < 0)
		log_die(LOG_AGAIN, "memory");
	role_wait(c->env);
	c->monitor = (struct event){ SOURCE_MONITOR, c->env->control };
	c->listener = (struct event){ SOURCE_LISTENER,
	    role_link(c->env, "listener") };
	(void)fcntl(c->listener.fd, F_SETFL, O_NONBLOCK);
	watch_always(c, &c->monitor);
	watch_always(c, &c->listener);
	for (i = 0; i < c->conf->workers; i++)
		watch_always(c, &c->worker[i].ev);
}

static void
take_file(struct role_env *env, const char *name, int fd)
{
	(void)env;
	if (secrets_open(fd) < 0)
		log_warn("passwords", "%s: %s; the table before, if any, "
		    "stays in use", name, strerror(errno));
}

static int
watch(struct check *c, struct event *v)
{
	struct epoll_event e = { .events = EPOLLIN, .data.ptr = v };

	return epoll_ctl(c->ep, EPOLL_CTL_ADD, v->fd, &e);
}

static void
watch_always(struct check *c, struct event *v)
{
	if (watch(c, v) < 0)
		log_die(LOG_AGAIN, "epoll_ctl");
}

/* ------------------------------------------------ what comes in */

static void
listener_note(struct check *c)
{
	struct pending *p;
	struct note n;
	int fd[CHAN_FDS], i, r;

	while ((r = note_recv(c->listener.fd, &n, fd, 0)) > 0) {
		p = n.kind == NOTE_SPAWN && fd[0] >= 0 ? calloc(1, sizeof *p) :
		    NULL;
		if (p) {
			p->ev = (struct event){ SOURCE_LOGIN, fd[0] };
			login_begin(&p->login, &n.facts, n.text, n.arg != 0);
			if (watch(c, &p->ev) == 0)
				continue;
			login_end(&p->login);
			free(p);
		}
		for (i = 0; i < CHAN_FDS; i++)
			if (fd[i] >= 0)
				close(fd[i]);
	}
	if (r == 0)
		exit(0);		/* the family ends */
}

static void
session_record(struct check *c, struct pending *p)
{
	unsigned char b[LOGIN_RECORD + 64];
	struct login_answer a = { 0 };
	struct buf out = { .max = SASL_MESSAGE };
	const char *why = "record";
	ssize_t n;

	if (p->ev.fd < 0)
		return;
	n = chan_recv(p->ev.fd, b, sizeof b, NULL, 0);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	/* a second question before the answer is as good as an end */
	if (n <= 0 || p->waits) {
		explicit_bzero(b, sizeof b);
		drop(c, p);
		return;
	}
	switch (login_step(&p->login, span_mem(b, (size_t)n), c->env->site,
	    &out, &why)) {
	case LOGIN_GOES_ON:
		a.result = LOGIN_CHALLENGE;
		a.challenge = buf_span(&out);
		answer(p, &a);
		break;
	case LOGIN_DECIDE:
		if (!must_wait(c, p))
			look(c, p);
		break;
	case LOGIN_MALFORMED:
		finish(c, p, LOGIN_BAD, why);
		break;
	}
	explicit_bzero(b, sizeof b);
	buf_free(&out);
}

/* ------------------------------------------------ a try, and its turn */

/* 1: its turn comes later, or never. */
static int
must_wait(struct check *c, struct pending *p)
{
	uint64_t now = clock_mono_ms();

	p->due_ms = guess_when(c->guess, span_of(p->login.key),
	    &p->login.facts.client, now);
	if (p->due_ms == 0)
		finish(c, p, LOGIN_LATER, "too many tries are waiting");
	else if (p->due_ms > now)
		postpone(c, p);
	else
		return 0;
	return 1;
}

static void
postpone(struct check *c, struct pending *p)
{
	struct pending **at = &c->delayed;

	while (*at && (*at)->due_ms <= p->due_ms)
		at = &(*at)->next;
	p->next = *at;
	*at = p;
	p->waits = p->had_turn = 1;
}

static void
look(struct check *c, struct pending *p)
{
	struct login *l = &p->login;
	int r;

	p->looked_ms = clock_mono_ms();
	if (l->unreadable) {
		finish(c, p, LOGIN_LATER, damaged);
		return;
	}
	if (l->mech == MECH_SCRAM || l->mech == MECH_SCRAM_PLUS) {
		r = login_scram(l);
		finish(c, p, r == 1 ? LOGIN_OK : LOGIN_BAD,
		    r < 0 ? "not a message of this exchange" : NULL);
		return;
	}
	r = secrets_app(l->key, buf_span(&l->password), l->proto, l->app);
	if (r == 1)
		finish(c, p, LOGIN_OK, NULL);
	else if (r == 2)		/* who knows the secret may know this */
		finish(c, p, LOGIN_BAD,
		    "that app password is for another service");
	else if (r < 0)
		finish(c, p, LOGIN_LATER, damaged);
	else if (c->row_n >= c->conf->waiting)
		finish(c, p, LOGIN_LATER, "auth.waiting");
	else
		to_worker(c, p);
}

static void
to_worker(struct check *c, struct pending *p)
{
	/* who is known here goes before a crowd of strangers */
	struct row *r = guess_known(c->guess, span_of(p->login.key),
	    &p->login.facts.client, clock_mono_ms()) ? &c->known :
	    &c->strangers;

	p->waits = 1;
	p->next = NULL;
	*r->end = p;
	r->end = &p->next;
	c->row_n++;
	feed_workers(c);
}

static struct pending *
next_of_row(struct check *c)
{
	struct row *r = c->known.first ? &c->known : &c->strangers;
	struct pending *p = r->first;

	if ((r->first = p->next) == NULL)
		r->end = &r->first;
	c->row_n--;
	return p;
}

/* Many tries that came at once found no delay: those that were looked at since
 * then may have made one. */
static void
feed_workers(struct check *c)
{
	struct pending *p;
	uint64_t i = 0;

	while (i < c->conf->workers && c->row_n) {
		if (c->worker[i].busy) {
			i++;
			continue;
		}
		p = next_of_row(c);
		p->waits = 0;
		if (p->ev.fd < 0)
			drop(c, p);
		else if (p->had_turn || !must_wait(c, p))
			give(c, &c->worker[i], p);
	}
}

static void
give(struct check *c, struct worker *w, struct pending *p)
{
	struct login *l = &p->login;
	int ours = c->conf->checkpassword[0] == '\0', r;
	struct worker_ask q;

	memset(&q, 0, sizeof q);
	snprintf(q.user, sizeof q.user, "%s", l->key);
	snprintf(q.proto, sizeof q.proto, "%s", l->proto);
	r = secrets_hash(l->key, q.hash, sizeof q.hash);
	if (r < 0 && ours) {
		finish(c, p, LOGIN_LATER, damaged);
		return;
	}
	/* no such user: the same work for the same answer */
	if (r != 1) {
		snprintf(q.hash, sizeof q.hash, "%s", worker_dummy());
		l->unknown = ours;
	}
	if (span_str(buf_span(&l->password), q.password,
	    sizeof q.password) < 0)
		l->unknown = 1;
	w->busy = p;
	p->waits = 1;
	p->looked_ms = clock_mono_ms();	/* who filled the row sees through it */
	if (chan_send(w->ev.fd, span_mem(&q, sizeof q), NULL, 0) < 0)
		log_die(LOG_AGAIN, "worker");
	explicit_bzero(&q, sizeof q);
}

static void
worker_answers(struct check *c, struct worker *w)
{
	struct pending *p = w->busy;
	unsigned char a;
	ssize_t n = chan_recv(w->ev.fd, &a, 1, NULL, 0);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0)
		worker_ended(w);
	errno = 0;
	if (p == NULL)
		log_die(LOG_AGAIN, "a worker of the password check answers "
		    "what it was not asked");
	w->busy = NULL;
	p->waits = 0;
	if (a == WORKER_LATER)
		finish(c, p, LOGIN_LATER, "cannot be checked now");
	else
		finish(c, p, a == WORKER_GOOD && !p->login.unknown ? LOGIN_OK :
		    LOGIN_BAD, NULL);
	feed_workers(c);
}

/* No other ends before all do: whoever is waited for is the one whose channel
 * has ended.  One that lives on is not waited for: all logins would. */
static void
worker_ended(const struct worker *w)
{
	struct log g;
	pid_t pid;
	int st, tries = 0;

	while ((pid = waitpid(-1, &st, WNOHANG)) == 0 && tries++ < 100)
		(void)poll(NULL, 0, 10);
	if (pid > 0) {
		log_open(&g, LOG_WARN, "worker");
		log_num(&g, "pid", (uint64_t)pid);
		if (WIFSIGNALED(st))
			log_num(&g, "signal", (uint64_t)WTERMSIG(st));
		else
			log_num(&g, "status", (uint64_t)WEXITSTATUS(st));
		if (w->busy)
			log_str(&g, "user", w->busy->login.key);
		log_close(&g);
	}
	errno = 0;
	log_die(LOG_AGAIN, "a worker of the password check ended");
}

/* Those whose time has come; milliseconds to the next, or -1. */
static int
due(struct check *c)
{
	struct pending *p;
	uint64_t now = clock_mono_ms();

	while ((p = c->delayed) != NULL && p->due_ms <= now) {
		c->delayed = p->next;
		p->waits = 0;
		if (p->ev.fd < 0)
			drop(c, p);
		else if (p->failed)
			tell_failed(c, p);
		else
			look(c, p);
	}
	return p ? (int)(p->due_ms - now) : -1;
}

/* ------------------------------------------------ the outcome */

static void
finish(struct check *c, struct pending *p, enum login_result r,
    const char *why)
{
	struct login *l = &p->login;
	struct login_answer a = { .result = r };
	struct note n = { .kind = NOTE_USER };
	uint64_t now = clock_mono_ms();
	uint32_t tag = 0;

	if (r == LOGIN_BAD && l->key[0] && l->password.n)
		tag = guess_wrong(c->guess, span_of(l->key), &l->facts.client,
		    buf_span(&l->password), now);
	if (r == LOGIN_OK) {
		guess_right(c->guess, span_of(l->key), &l->facts.client, now);
		if (l->app[0])
			used_now(c->state, l->key, l->app);
		n.arg = l->facts.connection;
		if (span_str(span_of(l->key), n.text, sizeof n.text) < 0 ||
		    tell_listener(c, &n) < 0)
			a.result = r = LOGIN_LATER;
		else
			a.challenge = buf_span(&l->last);
	}
	log_it(p, r, tag, why);
	/* a cheap hash, from elsewhere, must not tell that there is one */
	if (r == LOGIN_BAD && why == NULL) {
		p->failed = 1;
		p->due_ms = p->looked_ms + FAIL_MS;
		postpone(c, p);
		return;
	}
	a.text = span_of(why ? why : r == LOGIN_OK ? "ok" :
	    "cannot be checked now");
	answer(p, &a);
	drop(c, p);
}

/* In a rush the listener may be waiting until we read: so what it sends is
 * taken while we wait for it to read. */
static int
tell_listener(struct check *c, const struct note *n)
{
	struct pollfd p = { .fd = c->listener.fd, .events = POLLIN | POLLOUT };

	while (note_send(c->listener.fd, n, NULL, 0) < 0) {
		if (errno != EAGAIN)
			return -1;
		(void)poll(&p, 1, -1);
		listener_note(c);
	}
	return 0;
}

static void
tell_failed(struct check *c, struct pending *p)
{
	answer(p, &(struct login_answer){ .result = LOGIN_BAD,
	    .text = SPAN("user name or password is wrong") });
	drop(c, p);
}

static void
answer(const struct pending *p, const struct login_answer *a)
{
	struct buf b = { .max = LOGIN_RECORD + 64 };

	if (p->ev.fd >= 0 && login_add_answer(&b, a) == 0)
		(void)chan_send(p->ev.fd, buf_span(&b), NULL, 0);
	buf_free(&b);
}

static void
log_it(const struct pending *p, enum login_result r, uint32_t tag,
    const char *why)
{
	static const char *const word[] = { [LOGIN_OK] = "ok",
	    [LOGIN_BAD] = "fail", [LOGIN_LATER] = "later" };
	const struct login *l = &p->login;
	char hex[12];
	struct log g;

	log_open(&g, LOG_INFO, "login");
	log_str(&g, "user", l->key[0] ? l->key : l->claimed);
	facts_log_client(&g, &l->facts);
	log_str(&g, "proto", l->proto);
	log_str(&g, "mech", l->mech_name);
	log_str(&g, "result", word[r]);
	if (l->app[0] && r == LOGIN_OK)
		log_str(&g, "app", l->app);
	if (tag) {
		snprintf(hex, sizeof hex, "%04x", tag & 0xffff);
		log_str(&g, "secret", hex);
	}
	if (why)
		log_str(&g, "reason", why);
	/* behind what the fail2ban filter looks for */
	facts_log_rest(&g, &l->facts);
	log_close(&g);
}

/* One that waits is let go when its turn comes.  The listener may still hold
 * the end that it sent here: close() alone would leave it in the set. */
static void
drop(struct check *c, struct pending *p)
{
	if (p->ev.fd >= 0) {
		epoll_ctl(c->ep, EPOLL_CTL_DEL, p->ev.fd, NULL);
		close(p->ev.fd);
	}
	p->ev.fd = -1;
	if (p->waits)
		return;
	login_end(&p->login);
	p->next = c->ended;
	c->ended = p;
}

static void
free_ended(struct check *c)
{
	struct pending *p;

	while ((p = c->ended) != NULL) {
		c->ended = p->next;
		free(p);
	}
}
