/* conns - a listener's connections: counted, judged, found again. */
#include <sys/epoll.h>
#include <sys/socket.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "run/listener_parts.h"
#include "sys/chan.h"
#include "sys/log.h"

enum { LOGGED = 10 };			/* refusals named in a second */

static unsigned address_bits(const struct ip *);
static unsigned network_bits(const struct ip *);

int
conns_watch(struct listener *l, struct event *v)
{
	struct epoll_event e = { .events = EPOLLIN, .data.ptr = v };

	return epoll_ctl(l->ep, EPOLL_CTL_ADD, v->fd, &e);
}

void
conns_pause(struct listener *l, int on)
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

const char *
conns_over(const struct listener *l, const struct ip *ip)
{
	if (l->connections >= l->most)
		return l->most < l->conf->max_connections ?
		    "descriptors (ulimit -n)" : "max_connections";
	if (conns_proxy(l, ip))
		return NULL;		/* its clients are counted instead */
	if (counts_get(&l->counts, ip, address_bits(ip)) >=
	    l->conf->max_per_address)
		return "max_per_address";
	return counts_get(&l->counts, ip, network_bits(ip)) >=
	    l->conf->max_per_network ? "max_per_network" : NULL;
}

int
conns_proxy(const struct listener *l, const struct ip *ip)
{
	size_t i;

	for (i = 0; i < l->conf->proxies.n; i++)
		if (ip_in_net(ip, &l->conf->proxies.net[i]))
			return 1;
	return 0;
}

void
conns_refuse(struct listener *l, int fd, unsigned service,
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

struct conn *
conns_new(struct listener *l, int fd, unsigned service, const struct ip *client)
{
	struct conn *c = calloc(1, sizeof *c), **slot;
	struct facts *f;

	if (c == NULL)
		return NULL;
	c->ev.fd = -1;
	c->client = fd;
	f = &c->facts;
	f->connection = ++l->number;
	f->service = service;
	f->client = *client;
	if (conns_count(l, c) < 0) {
		free(c);
		return NULL;
	}
	l->connections++;
	conns_judge(l, f);
	slot = &l->slot[f->connection % 1024];
	c->chain = *slot;
	*slot = c;
	return c;
}

int
conns_count(struct listener *l, struct conn *c)
{
	const struct ip *ip = &c->facts.client;

	if (conns_proxy(l, ip))
		return 0;
	if (counts_add(&l->counts, ip, address_bits(ip)) < 0)
		return -1;
	if (counts_add(&l->counts, ip, network_bits(ip)) < 0) {
		counts_sub(&l->counts, ip, address_bits(ip));
		return -1;
	}
	c->counted = 1;
	return 0;
}

void
conns_judge(struct listener *l, struct facts *f)
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
conns_find(struct listener *l, uint32_t number)
{
	struct conn *c = l->slot[number % 1024];

	while (c && c->facts.connection != number)
		c = c->chain;
	return c;
}

/* It waits for this, and for as long as it takes: who cannot be told hears
 * that all is over, and so do we. */
void
conns_tell(struct conn *c, enum note_kind kind, int fd)
{
	if (note_say(c->ev.fd, kind, NULL, &fd, fd >= 0) < 0)
		(void)shutdown(c->ev.fd, SHUT_RDWR);
}

void
conns_close(struct listener *l, struct conn *c)
{
	struct conn **at = &l->slot[c->facts.connection % 1024];
	const struct ip *ip = &c->facts.client;

	while (*at != c)
		at = &(*at)->chain;
	*at = c->chain;
	/* it is over for one who was taken over and still has it, too */
	(void)shutdown(c->client, SHUT_RDWR);
	chan_close(c->client);
	if (c->ev.fd >= 0)
		close(c->ev.fd);
	l->connections--;
	if (c->counted) {
		counts_sub(&l->counts, ip, address_bits(ip));
		counts_sub(&l->counts, ip, network_bits(ip));
	}
	conns_pause(l, 0);
	free(c);
}

void
conns_every_second(struct listener *l)
{
	conns_pause(l, 0);
	if (l->logged > LOGGED)
		log_warn("refused", "%u more in one second",
		    l->logged - LOGGED);
	l->logged = 0;
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
