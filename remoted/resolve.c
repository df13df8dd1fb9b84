/* resolve - from a next hop to hosts. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mail/idna.h"
#include "remoted/resolve.h"

enum asked { ASK_FOUND, ASK_NOTHING, ASK_NO_NAME, ASK_LATER };

static int  ask_tlsa(struct resolve *, const char *);
static int  from_mx(struct resolve *, const char *);
static void add_name(struct resolve *, const char *, unsigned);
static int  by_preference(const void *, const void *);
static void cut_at_us(struct resolve *);
static int  addresses(struct resolve *, const char *);
static int  loopback(struct resolve *, const char *);
static void add_host(struct resolve *, const char *, const struct ip *, int);
static int  is_ours(const struct resolve *, const struct ip *);
static enum asked ask(struct resolve *, const char *, unsigned, struct buf *);
static enum asked explain(struct resolve *, const char *, unsigned);
static struct verdict loop_verdict(void);

int
resolve_begin(struct resolve *r, const struct hop *h)
{
	char name[DNS_NAME];
	struct ip ip;

	r->hop = h;
	r->names = r->at = r->hosts = r->host_at = 0;
	r->mx = r->secure = r->cut = 0;
	r->raw.max = r->tlsa_raw.max = 65536;
	r->verdict = (struct verdict){ .kind = VERDICT_DONE };
	if (h->scheme == HOP_LMTP_UNIX) {
		r->hosts = 1;
		memset(&r->host[0], 0, sizeof r->host[0]);
		return span_str(h->host, r->host[0].name,
		    sizeof r->host[0].name);
	}
	if (idna_ascii(h->host, name, sizeof name) < 0) {
		r->verdict = verdict_make(550, "5.1.2",
		    "a domain that DNS cannot hold");
		return -1;
	}
	if (ip_parse(h->host, &ip) == 0) {
		r->mx = h->scheme == HOP_MX;
		add_host(r, name, &ip, 0);
		return 0;
	}
	if (h->scheme == HOP_MX)
		return from_mx(r, name);
	add_name(r, name, 0);
	r->secure = 1;			/* the operator named it */
	return 0;
}

int
resolve_next(struct resolve *r, struct host *out)
{
	for (;;) {
		if (r->host_at < r->hosts && !r->cut) {
			*out = r->host[r->host_at++];
			if (!r->mx || !is_ours(r, &out->ip))
				return 1;
			resolve_is_us(r);
		}
		if (r->cut || r->at == r->names)
			return 0;
		r->hosts = r->host_at = 0;
		if (addresses(r, r->name[r->at++].name) < 0)
			continue;
	}
}

void
resolve_is_us(struct resolve *r)
{
	r->cut = 1;
	r->verdict = loop_verdict();
}

int
resolve_tlsa(struct resolve *r, const struct host *h,
    struct tls_tlsa out[RESOLVE_TLSA], struct verdict *v)
{
	const struct span *d;
	size_t i, n = 0;
	int got = 0;

	/* RFC 7672 2.1, 2.2: only where all on the way to it was secure */
	if (!r->conf->dane || !r->dns->trusted || !h->secure || !r->secure)
		return 0;
	/* 2.2.2: where the aliases of a host lead, else at its own name */
	if (*h->alias)
		got = ask_tlsa(r, h->alias);
	if (got == 0)
		got = ask_tlsa(r, h->name);
	if (got <= 0) {
		*v = r->verdict;
		return got;
	}
	for (i = 0; i < r->answer.n && n < RESOLVE_TLSA; i++) {
		d = &r->answer.record[i].data;
		if (d->n > 3)
			out[n++] = (struct tls_tlsa){ d->p[0], d->p[1],
			    d->p[2], span_from(*d, 3) };
	}
	return (int)n;
}

/* 1: ->answer; 0: nothing that can be believed; -1: ->verdict. */
static int
ask_tlsa(struct resolve *r, const char *host)
{
	char name[DNS_NAME + 16];

	snprintf(name, sizeof name, "_%u._tcp.%s", r->hop->port, host);
	switch (ask(r, name, DNS_TLSA, &r->tlsa_raw)) {
	case ASK_LATER:
		return -1;
	case ASK_FOUND:
		return r->answer.secure;
	default:
		return 0;
	}
}

static int
from_mx(struct resolve *r, const char *domain)
{
	const struct dns_answer *a = &r->answer;
	size_t i;

	r->mx = 1;
	switch (ask(r, domain, DNS_MX, &r->raw)) {
	case ASK_FOUND:
		break;
	case ASK_NOTHING:
		/* RFC 5321 5.1: the implicit MX, at the end of its CNAMEs */
		r->secure = a->secure;
		add_name(r, a->name, 0);
		return 0;
	case ASK_NO_NAME:
		r->verdict = verdict_make(550, "5.1.2",
		    "the domain %s does not exist", domain);
		return -1;
	default:
		return -1;
	}
	r->secure = a->secure;
	for (i = 0; i < a->n; i++)
		if (a->record[i].name[0])
			add_name(r, a->record[i].name,
			    a->record[i].preference);
	if (r->names == 0) {
		r->verdict = verdict_make(556, "5.1.10",
		    "the domain %s accepts no mail (RFC 7505)", domain);
		return -1;
	}
	qsort(r->name, r->names, sizeof r->name[0], by_preference);
	cut_at_us(r);
	return r->names ? 0 : -1;
}

/* Of more than there is room for, those of the lowest preference stay. */
static void
add_name(struct resolve *r, const char *name, unsigned preference)
{
	size_t i, k = r->names;

	if (k == RESOLVE_NAMES) {
		for (k = 0, i = 1; i < RESOLVE_NAMES; i++)
			if (r->name[i].preference > r->name[k].preference)
				k = i;
		if (preference >= r->name[k].preference)
			return;
	} else
		r->names++;
	r->name[k].preference = preference;
	r->name[k].order = arc4random();
	snprintf(r->name[k].name, sizeof r->name[k].name, "%s", name);
}

static int
by_preference(const void *va, const void *vb)
{
	const unsigned *a = va, *b = vb;	/* preference, order */

	if (a[0] != b[0])
		return a[0] < b[0] ? -1 : 1;
	return a[1] < b[1] ? -1 : a[1] > b[1];
}

/* RFC 5321 5.1: none that is not better than ourselves. */
static void
cut_at_us(struct resolve *r)
{
	size_t i;
	unsigned most;

	for (i = 0; i < r->names; i++)
		if (span_case_eq(span_of(r->name[i].name),
		    span_of(r->hostname))) {
			most = r->name[i].preference;
			while (r->names && r->name[r->names -
			    1].preference >= most)
				r->names--;
			r->verdict = loop_verdict();
			return;
		}
}

/* 0: there are some; -1: none, and ->verdict may say why. */
static int
addresses(struct resolve *r, const char *name)
{
	static const unsigned type[] = { DNS_AAAA, DNS_A };
	struct verdict later = { .kind = VERDICT_DONE };
	size_t i, k;
	enum asked got;

	if (loopback(r, name))
		return 0;
	for (k = 0; k < 2; k++) {
		if (type[k] == DNS_AAAA && !r->conf->ipv6)
			continue;
		got = ask(r, name, type[k], &r->raw);
		if (got == ASK_LATER)
			later = r->verdict;
		/* at least half of the room is for IPv4 */
		for (i = 0; got == ASK_FOUND && i < r->answer.n &&
		    r->hosts < RESOLVE_ADDRESSES / (2 - k); i++) {
			add_host(r, name, &r->answer.record[i].ip,
			    r->answer.secure);
			if (r->answer.alias)
				memcpy(r->host[r->hosts - 1].alias,
				    r->answer.name, DNS_NAME);
		}
	}
	if (r->hosts)
		return 0;
	if (later.kind != VERDICT_DONE)
		r->verdict = later;
	else if (r->verdict.kind == VERDICT_DONE)
		/* what the operator names wrong is not the sender's to mend */
		r->verdict = verdict_make(r->mx ? 550 : 451,
		    r->mx ? "5.4.4" : "4.4.4",
		    "the host %s has no address", name);
	return -1;
}

/* RFC 6761 6.3: the name localhost is no question for DNS. */
static int
loopback(struct resolve *r, const char *name)
{
	static const char *const address[] = { "::1", "127.0.0.1" };
	struct ip ip;
	size_t i;

	if (!span_case_eq(span_of(name), SPAN("localhost")))
		return 0;
	for (i = !r->conf->ipv6; i < 2; i++)
		if (ip_parse(span_of(address[i]), &ip) == 0)
			add_host(r, name, &ip, 0);
	return 1;
}

static void
add_host(struct resolve *r, const char *name, const struct ip *ip, int secure)
{
	struct host *h = &r->host[r->hosts++];

	snprintf(h->name, sizeof h->name, "%s", name);
	h->alias[0] = '\0';
	h->ip = *ip;
	h->secure = secure;
}

static int
is_ours(const struct resolve *r, const struct ip *ip)
{
	size_t i;

	for (i = 0; i < r->conf->own.n; i++)
		if (ip_in_net(ip, &r->conf->own.net[i]))
			return 1;
	return 0;
}

/* ->verdict is set with ASK_LATER only. */
static enum asked
ask(struct resolve *r, const char *name, unsigned type, struct buf *raw)
{
	unsigned char q[320];
	const char *why;
	size_t n = dns_question(q, arc4random() & 0xffff, name, type, 1);
	int got;

	r->answer.n = 0;
	if (n == 0) {
		snprintf(r->answer.name, sizeof r->answer.name, "%.*s",
		    (int)sizeof r->answer.name - 1, name);
		return ASK_NO_NAME;
	}
	got = dns_ask(r->dns, span_mem(q, n), raw);
	if (got == DNS_SPENT) {
		r->verdict = verdict_make(451, "4.4.3", "more than %d "
		    "questions to DNS for one message", DNS_PACKETS);
		return ASK_LATER;
	}
	if (got < 0) {
		r->verdict = verdict_make(451, "4.4.3",
		    "DNS does not answer the question for %s", name);
		return ASK_LATER;
	}
	if (dns_parse(buf_span(raw), name, type, &r->answer, &why) < 0) {
		r->verdict = verdict_make(451, "4.4.3",
		    "DNS answers the question for %s with %s", name, why);
		return ASK_LATER;
	}
	switch (r->answer.rcode) {
	case DNS_OK:
		return r->answer.n ? ASK_FOUND : ASK_NOTHING;
	case DNS_NXDOMAIN:
		return ASK_NO_NAME;
	default:
		return explain(r, name, type);
	}
}

/* SERVFAIL: is it DNSSEC?  Then there is an answer for those who do not check
 * (RFC 6840 5.9). */
static enum asked
explain(struct resolve *r, const char *name, unsigned type)
{
	unsigned rcode = r->answer.rcode;
	unsigned char q[320];
	const char *why;
	size_t n = dns_question(q, arc4random() & 0xffff, name, type, 0);

	r->verdict = verdict_make(451, "4.4.3",
	    "DNS cannot answer the question for %s (rcode %u)", name, rcode);
	if (rcode == DNS_SERVFAIL &&
	    dns_ask(r->dns, span_mem(q, n), &r->raw) == 0 &&
	    dns_parse(buf_span(&r->raw), name, type, &r->answer, &why) == 0 &&
	    r->answer.rcode == DNS_OK)
		r->verdict = verdict_make(451, "4.7.5", "what DNS says of %s "
		    "fails its DNSSEC validation", name);
	r->answer.n = 0;
	return ASK_LATER;
}

static struct verdict
loop_verdict(void)
{
	return verdict_make(554, "5.4.6",
	    "mail loop: its MX records lead back to this server");
}
