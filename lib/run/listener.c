/*
 * listener - accepts, counts, hands over.
 *
 * The client's socket goes to whoever serves it at once.  It is not read here,
 * but kept for who serves it next, so that nobody who speaks to strangers sends
 * descriptors; and a control channel: when that ends, so does the connection.
 * handover.c has the ways it takes, pool.c the writers, conns.c who is there.
 */
#include <sys/epoll.h>
#include <sys/resource.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "run/listener_parts.h"
#include "sys/clock.h"
#include "sys/log.h"
#include "sys/net.h"

enum { EACH = 3, OTHERS = 128 };	/* descriptors: of a connection */

static void start(struct listener *);
static void watch(struct listener *, struct event *);
static void look_for_room(struct listener *);
static void monitor_notes(struct listener *);
static void open_tables(struct listener *);
static void accept_one(struct listener *, size_t);
static void every_second(struct listener *);

int
listener_run(struct role_env *env, const struct listener_conf *conf)
{
	static struct listener l;
	struct epoll_event e[64];
	struct event *v;
	int i, n;

	l.env = env;
	l.conf = conf;
	l.last = &l.first;
	l.rates.max_messages = conf->user_messages;
	l.rates.max_recipients = conf->user_recipients;
	start(&l);
	for (;;) {
		n = epoll_wait(l.ep, e, 64, 1000);
		if (n < 0 && errno != EINTR)
			log_die(LOG_AGAIN, "epoll_wait");
		for (i = 0; i < n; i++) {
			v = e[i].data.ptr;
			switch (v->source) {
			case SOURCE_MONITOR:
				monitor_notes(&l);
				break;
			case SOURCE_SOCKET:
				accept_one(&l, (size_t)(v - l.socket));
				break;
			case SOURCE_CONN:
				handover_note(&l, (struct conn *)v);
				break;
			case SOURCE_WRITER:
				pool_note(&l, (struct writer *)v);
				break;
			case SOURCE_AUTH:
				handover_auth(&l);
				break;
			}
		}
		if (clock_mono_ms() / 1000 != l.second)
			every_second(&l);
	}
}

static void
start(struct listener *l)
{
	size_t i;

	role_confine(l->env, &(struct confine){
	    .files = EACH * l->conf->max_connections + OTHERS });
	look_for_room(l);
	if (counts_init(&l->counts, l->conf->max_connections) < 0 ||
	    (l->ep = epoll_create1(EPOLL_CLOEXEC)) < 0)
		log_die(LOG_AGAIN, "listener");
	role_wait(l->env);
	open_tables(l);
	l->monitor = (struct event){ SOURCE_MONITOR, l->env->control };
	watch(l, &l->monitor);
	l->auth = (struct event){ SOURCE_AUTH, role_link(l->env, "auth") };
	if (l->auth.fd >= 0)
		watch(l, &l->auth);
	for (i = 0; i < l->env->nlisten; i++) {
		l->socket[i] = (struct event){ SOURCE_SOCKET,
		    l->env->listen[i] };
		watch(l, &l->socket[i]);
	}
}

static void
watch(struct listener *l, struct event *v)
{
	if (conns_watch(l, v) < 0)
		log_die(LOG_AGAIN, "epoll_ctl");
}

/* Where the system grants less: with connections in all descriptors none is
 * left for what the monitor sends, and without that nobody goes on.  Said only
 * to who finds no room: conns_over. */
static void
look_for_room(struct listener *l)
{
	struct rlimit r;

	l->most = l->conf->max_connections;
	if (getrlimit(RLIMIT_NOFILE, &r) < 0 ||
	    r.rlim_cur >= EACH * l->most + OTHERS)
		return;
	l->most = r.rlim_cur < EACH + OTHERS ? 1 : (r.rlim_cur - OTHERS) / EACH;
}

static void
monitor_notes(struct listener *l)
{
	int kind;

	while ((kind = role_note(l->env, 0)) > 0)
		if (kind == NOTE_GO)
			open_tables(l);
	if (kind == 0)
		exit(0);
}

static void
open_tables(struct listener *l)
{
	int i;

	if (l->has_tables)
		directory_close(&l->directory);
	l->has_tables = directory_open(&l->directory, l->env->table) == 0;
	if (!l->has_tables)
		log_warn("tables", "relay networks: %s", strerror(errno));
	for (i = 0; i < TABLE_COUNT; i++)
		l->env->table[i] = -1;
}

/* The next one is told again: to ask for one that is not there costs more than
 * to wait for it. */
static void
accept_one(struct listener *l, size_t at)
{
	unsigned service = l->env->service[at];
	struct ip client;
	uint16_t port;
	const char *rule;
	struct conn *c;
	int fd;

	if (l->paused)
		return;
	fd = net_accept(l->env->listen[at], &client, &port);
	if (fd < 0) {
		if (errno == EMFILE || errno == ENFILE || errno == ENOMEM ||
		    errno == ENOBUFS) {
			conns_pause(l, 1);
			log_warn("paused", "accept: %s", strerror(errno));
		}
		return;
	}
	rule = conns_over(l, &client);
	c = rule ? NULL : conns_new(l, fd, service, &client);
	if (c) {
		c->facts.port = port;
		handover_begin(l, c);
	} else {
		conns_refuse(l, fd, service, &client, rule ? rule : "memory");
		close(fd);
	}
}

static void
every_second(struct listener *l)
{
	l->second = clock_mono_ms() / 1000;
	conns_every_second(l);
	pool_every_second(l);
}
