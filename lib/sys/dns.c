/*
 * dns - one question to the resolver, by c-ares.
 *
 * ares_send, as ares_query hides the AD bit; ARES_FLAG_NOCHECKRESP, as the
 * rcode is ours to judge.
 */
#include <sys/select.h>
#include <netinet/in.h>
#include <ares.h>
#include <errno.h>
#include <string.h>

#include "base/ip.h"
#include "sys/clock.h"
#include "sys/dns.h"

enum { TIMEOUT_MS = 4000, TRIES = 2 };

struct asked {
	struct buf *answer;
	int done, ok, timeouts;
};

static int  all_loopback(ares_channel);
static void heard(void *, int, int, unsigned char *, int);

int
dns_open(struct dns *d, const char *resolver)
{
	struct ares_options o = {
		.flags = ARES_FLAG_NOCHECKRESP | ARES_FLAG_NOALIASES |
		    ARES_FLAG_NOSEARCH,
		.timeout = TIMEOUT_MS, .tries = TRIES
	};
	ares_channel ch;

	if (ares_library_init(ARES_LIB_INIT_ALL) != ARES_SUCCESS ||
	    ares_init_options(&ch, &o, ARES_OPT_FLAGS | ARES_OPT_TIMEOUTMS |
	    ARES_OPT_TRIES) != ARES_SUCCESS)
		return -1;
	if (*resolver &&
	    ares_set_servers_ports_csv(ch, resolver) != ARES_SUCCESS)
		return -1;
	d->channel = ch;
	d->trusted = all_loopback(ch);
	d->budget = DNS_PACKETS;
	return 0;
}

int
dns_ask(struct dns *d, struct span question, struct buf *answer)
{
	struct asked a = { .answer = answer };
	ares_channel ch = d->channel;
	struct timeval most = { .tv_sec = 1 }, tv, *wait;
	fd_set r, w;
	unsigned used;
	int n;

	if (d->budget < TRIES)
		return DNS_SPENT;
	buf_reset(answer);
	ares_send(ch, question.p, (int)question.n, heard, &a);
	while (!a.done && (d->end_ms == 0 || clock_mono_ms() < d->end_ms)) {
		FD_ZERO(&r);
		FD_ZERO(&w);
		if ((n = ares_fds(ch, &r, &w)) == 0)
			break;
		wait = ares_timeout(ch, &most, &tv);
		n = select(n, &r, &w, NULL, wait);
		if (n < 0 && errno != EINTR)
			break;
		if (n <= 0) {
			FD_ZERO(&r);
			FD_ZERO(&w);
		}
		ares_process(ch, &r, &w);
	}
	if (!a.done)
		ares_cancel(ch);
	used = 1 + (unsigned)a.timeouts;
	d->budget -= used < d->budget ? used : d->budget;
	return a.ok ? 0 : -1;
}

static int
all_loopback(ares_channel ch)
{
	struct ares_addr_port_node *list, *p;
	struct ip ip;
	int yes = 1;

	if (ares_get_servers_ports(ch, &list) != ARES_SUCCESS || list == NULL)
		return 0;
	for (p = list; p; p = p->next) {
		if (p->family == AF_INET)
			ip = ip_from_v4(&p->addr.addr4);
		else
			memcpy(ip.b, &p->addr.addr6, 16);
		yes &= ip_is_loopback(&ip);
	}
	ares_free_data(list);
	return yes;
}

static void
heard(void *arg, int status, int timeouts, unsigned char *p, int n)
{
	struct asked *a = arg;

	a->done = 1;
	a->timeouts = timeouts;
	a->ok = status == ARES_SUCCESS && p && n > 0 &&
	    buf_add(a->answer, p, (size_t)n) == 0;
}
