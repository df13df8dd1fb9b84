/*
 * listener - accepts, counts, hands over.
 *
 * The client's socket goes to whoever serves it at once.  It is not read here,
 * but kept for who serves it next, so that nobody who speaks to strangers sends
 * descriptors; and a control channel: when that ends, so does the connection.
 * handover.c has the ways it takes, pool.c the writers.
 */
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "run/listener_parts.h"
#include "sys/clock.h"
#include "sys/log.h"
#include "sys/net.h"

enum {
	ACCEPTS = 64,			/* before others have a turn */
	LOGGED = 10,			/* refusals named in a second */
	EACH = 3, OTHERS = 128		/* descriptors: of a connection */
};

static void start(struct listener *);
static void look_for_room(struct listener *);
static void monitor_notes(struct listener *);
static void open_tables(struct listener *);
static void accept_some(struct listener *, size_t);
static int  admit(struct listener *, int, unsigned, const struct ip *);
static unsigned address_bits(const struct ip *);
static unsigned network_bits(const struct ip *);
static void every_second(struct listener *);
static void pause_accepting(struct listener *, int);

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
				accept_some(&l, (size_t)(v - l.socket));
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
	listener_watch(l, &l->monitor);
	l->auth = (struct event){ SOURCE_AUTH, role_link(l->env, "auth") };
	if (l->auth.fd >= 0)
		listener_watch(l, &l->auth);
	for (i = 0; i < l->env->nlisten; i++) {
		l->socket[i] = (struct event){ SOURCE_SOCKET, l->env->listen[i] };
		listener_watch(l, &l->socket[i]);
	}
}

/* Where the system grants less: with connections in all descriptors none is
 * left for what the monitor sends, and without that nobody goes on. */
static void
look_for_room(struct listener *l)
{
	struct rlimit r;

	l->most = l->conf->max_connections;
	if (getrlimit(RLIMIT_NOFILE, &r) < 0 ||
	    r.rlim_cur >= EACH * l->most + OTHERS)
		return;
	l->most = r.rlim_cur < EACH + OTHERS ? 1 : (r.rlim_cur - OTHERS) / EACH;
	log_warn("limits", "room for %llu connections in %llu descriptors; "
	    "max_connections wants a higher limit (ulimit -n)",
	    (unsigned long long)l->most, (unsigned long long)r.rlim_cur);
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

void
listener_watch(struct listener *l, struct event *v)
{
	struct epoll_event e = { .events = EPOLLIN, .data.ptr = v };

	if (epoll_ctl(l->ep, EPOLL_CTL_ADD, v->fd, &e) < 0)
		log_die(LOG_AGAIN, "epoll_ctl");
}

/* ------------------------------------------------ connections */

static void
accept_some(struct listener *l, size_t at)
{
	unsigned service = l->env->service[at];
	struct ip client;
	const char *rule;
	int i, fd;

	for (i = 0; i < ACCEPTS && !l->paused; i++) {
		fd = net_accept(l->env->listen[at], &client);
		if (fd < 0) {
			if (errno == EMFILE || errno == ENFILE ||
			    errno == ENOMEM || errno == ENOBUFS) {
				pause_accepting(l, 1);
				log_warn("paused", "accept: %s",
				    strerror(errno));
			}
			return;
		}
		rule = listener_over(l, &client);
		if (rule == NULL && admit(l, fd, service, &client) < 0)
			rule = "memory";
		if (rule) {
			listener_refuse(l, fd, service, &client, rule);
			close(fd);
		}
	}
}

const char *
listener_over(const struct listener *l, const struct ip *ip)
{
	if (l->connections >= l->most)
		return "max_connections";
	if (listener_proxy(l, ip))
		return NULL;		/* its clients are counted instead */
	if (counts_get(&l->counts, ip, address_bits(ip)) >=
	    l->conf->max_per_address)
		return "max_per_address";
	return counts_get(&l->counts, ip, network_bits(ip)) >=
	    l->conf->max_per_network ? "max_per_network" : NULL;
}

int
listener_proxy(const struct listener *l, const struct ip *ip)
{
	size_t i;

	for (i = 0; i < l->conf->proxies.n; i++)
		if (ip_in_net(ip, &l->conf->proxies.net[i]))
			return 1;
	return 0;
}

void
listener_refuse(struct listener *l, int fd, unsigned service,
    const struct ip *client, const char *rule)
{
	const char *text = l->conf->service[service].busy;
	char ip[IP_TEXT];
	struct log g;

	(void)send(fd, text, strlen(text), MSG_DONTWAIT | MSG_NOSIGNAL);
	if (l->logged++ >= LOGGED)
		return;
	ip_format(client, ip);
	log_open(&g, LOG_WARN, "refused");
	log_str(&g, "client", ip);
	log_str(&g, "rule", rule);
	log_num(&g, "connections", l->connections);
	log_close(&g);
}

/* Takes the socket over.  0, or -1: no memory. */
static int
admit(struct listener *l, int fd, unsigned service, const struct ip *client)
{
	struct conn *c = calloc(1, sizeof *c), **slot;
	struct facts *f;

	if (c == NULL)
		return -1;
	c->ev.fd = -1;
	c->client = fd;
	f = &c->facts;
	f->connection = ++l->number;
	f->service = service;
	f->client = *client;
	listener_judge(l, f);
	listener_count(l, client, 1);
	slot = &l->slot[f->connection % 1024];
	c->chain = *slot;
	*slot = c;
	handover_begin(l, c);
	return 0;
}

void
listener_judge(struct listener *l, struct facts *f)
{
	size_t i;

	f->class = l->conf->service[f->service].strangers && l->has_tables &&
	    directory_net(&l->directory, &f->client) == 1 ? CLASS_NET :
	    CLASS_STRANGER;
	f->may_login = 0;
	for (i = 0; i < l->conf->local_networks.n; i++)
		if (ip_in_net(&f->client, &l->conf->local_networks.net[i]))
			f->may_login = 1;
}

struct conn *
listener_conn(struct listener *l, uint32_t number)
{
	struct conn *c = l->slot[number % 1024];

	while (c && c->facts.connection != number)
		c = c->chain;
	return c;
}

void
listener_close(struct listener *l, struct conn *c)
{
	struct conn **at = &l->slot[c->facts.connection % 1024];

	while (*at != c)
		at = &(*at)->chain;
	*at = c->chain;
	pool_forget(l, c);
	/* it is over for one who was taken over and still has it, too */
	(void)shutdown(c->client, SHUT_RDWR);
	chan_close(c->client);
	if (c->ev.fd >= 0)
		close(c->ev.fd);
	listener_count(l, &c->facts.client, 0);
	pause_accepting(l, 0);
	free(c);
}

void
listener_count(struct listener *l, const struct ip *ip, int up)
{
	if (up) {
		l->connections++;
		if (counts_add(&l->counts, ip, address_bits(ip)) < 0 ||
		    counts_add(&l->counts, ip, network_bits(ip)) < 0)
			log_die(LOG_AGAIN, "memory");
		return;
	}
	l->connections--;
	counts_sub(&l->counts, ip, address_bits(ip));
	counts_sub(&l->counts, ip, network_bits(ip));
}

/* One customer of a provider has a /64 of IPv6, one site a /48. */
static unsigned
address_bits(const struct ip *ip)
{
	return ip_is_v4(ip) ? 128 : 64;
}

static unsigned
network_bits(const struct ip *ip)
{
	return ip_is_v4(ip) ? 96 + 24 : 48;
}

static void
every_second(struct listener *l)
{
	l->second = clock_mono_ms() / 1000;
	pause_accepting(l, 0);
	if (l->logged > LOGGED)
		log_warn("refused", "%u more in one second",
		    l->logged - LOGGED);
	l->logged = 0;
	pool_every_second(l);
}

/* Clients wait in the kernel, and must not wake us meanwhile. */
static void
pause_accepting(struct listener *l, int on)
{
	struct epoll_event e = { .events = on ? 0 : EPOLLIN };
	size_t i;

	if (l->paused == on)
		return;
	l->paused = on;
	for (i = 0; i < l->env->nlisten; i++) {
		e.data.ptr = &l->socket[i];
		if (epoll_ctl(l->ep, EPOLL_CTL_MOD, l->socket[i].fd, &e) < 0)
			log_die(LOG_AGAIN, "epoll_ctl");
	}
}
