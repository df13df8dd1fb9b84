/* attempt - one job, from host to host. */
#include <string.h>

#include "remoted/attempt.h"
#include "sys/clock.h"

enum { BRIEF_S = 8 };			/* up to the first greeting */

static void settle_all(struct attempt *, const struct job *,
    const struct fate *);
static void from_host_to_host(struct attempt *, const struct job *,
    struct body *);
static int  use_host(struct attempt *, const struct job *, struct body *,
    const struct host *, struct verdict *);
static int  demands(struct attempt *, const struct host *,
    struct client_tls *, struct verdict *);
static int  talk(struct attempt *, const struct job *, struct body *);
static size_t count(const struct attempt *, const struct job *,
    enum fate_state);
static size_t refused_as_ipv6(struct attempt *, const struct job *);
static void put_off(struct attempt *, const struct job *);
static void remember(struct fate *, const struct verdict *, const char *);

void
attempt_job(struct attempt *a, const struct job *j, int fd)
{
	struct client *c = &a->client;
	struct fate why = { .peer = "" };
	struct body body;
	size_t i;

	for (i = 0; i < j->nrcpt; i++)
		a->fate[i] = (struct fate){ .state = FATE_OPEN };
	if (body_open(&body, fd, &why.verdict) < 0) {
		settle_all(a, j, &why);
		return;
	}
	if (conn_quiet(&c->conn))
		(void)talk(a, j, &body);
	else
		client_close(c, 0);
	/* a kept connection that broke says nothing about the host */
	if (count(a, j, FATE_OPEN))
		from_host_to_host(a, j, &body);
}

static void
settle_all(struct attempt *a, const struct job *j, const struct fate *why)
{
	size_t i;

	for (i = 0; i < j->nrcpt; i++) {
		struct fate *f = &a->fate[i];

		if (f->state == FATE_KNOWN)
			continue;
		f->state = FATE_KNOWN;
		if (f->told)
			continue;	/* it has words of its own */
		f->verdict = why->verdict;
		memcpy(f->peer, why->peer, sizeof f->peer);
	}
}

static void
from_host_to_host(struct attempt *a, const struct job *j, struct body *b)
{
	struct resolve *r = &a->resolve;
	struct fate why = { .verdict.kind = VERDICT_DONE };
	struct verdict v;
	struct host h;
	unsigned tries = 0, sessions = 0;
	int met, ipv4_only = 0;

	a->client.end_ms = r->dns->end_ms = a->client.brief ?
	    clock_mono_ms() + BRIEF_S * 1000 : 0;
	policy_begin(a->client.policy, a->client.hop);
	r->dns->budget = DNS_PACKETS -
	    (a->client.policy->domain[0] ? DNS_POLICY : 0);
	if (resolve_begin(r, a->client.hop) < 0) {
		remember(&why, &r->verdict, "");
		settle_all(a, j, &why);
		return;
	}
	while (tries < ATTEMPT_HOSTS && resolve_next(r, &h)) {
		if (ipv4_only && !ip_is_v4(&h.ip))
			continue;
		tries++;
		client_close(&a->client, 1);
		met = use_host(a, j, b, &h, &v) == 0;
		if (!a->client.brief)
			r->dns->end_ms = 0;
		if (!met)
			remember(&why, &v, a->client.peer);
		/* no PTR record, a bad network: not so by IPv4 */
		if (!ip_is_v4(&h.ip) && refused_as_ipv6(a, j))
			ipv4_only = 1;
		else if (met && ++sessions < ATTEMPT_SESSIONS)
			put_off(a, j);
		if (count(a, j, FATE_OPEN) == 0)
			return;
	}
	if (r->verdict.kind != VERDICT_DONE)
		remember(&why, &r->verdict, "");
	if (why.verdict.kind == VERDICT_DONE)
		why.verdict = verdict_make(451, "4.4.0",
		    "no host is left to try");
	settle_all(a, j, &why);
}

/* 0, or -1 and *v: something is left to be tried elsewhere. */
static int
use_host(struct attempt *a, const struct job *j, struct body *b,
    const struct host *h, struct verdict *v)
{
	struct client *c = &a->client;
	struct client_tls said = { .n = 0 };
	size_t i;

	if (c->hop->tls != HOP_TLS_NONE && c->hop->scheme != HOP_LMTP_UNIX &&
	    demands(a, h, &said, v) < 0)
		return -1;
	if (client_open(c, h, &said, j, v) < 0) {
		if (c->is_us)
			resolve_is_us(&a->resolve);
		return -1;
	}
	if (talk(a, j, b) == 0)
		return 0;
	for (i = 0; i < j->nrcpt; i++)
		if (a->fate[i].state == FATE_OPEN) {
			*v = a->fate[i].verdict;
			return -1;
		}
	return 0;
}

/* DANE first: where it says something, MTA-STS says nothing (RFC 8461 2).
 * 0, or -1 and *v: the host must not be used now. */
static int
demands(struct attempt *a, const struct host *h, struct client_tls *said,
    struct verdict *v)
{
	struct policy *p = a->client.policy;
	const struct hop *hop = a->client.hop;

	if ((said->n = resolve_tlsa(&a->resolve, h, said->tlsa, v)) < 0) {
		policy_count(p, "tlsa", "dnssec-invalid", h->name, &h->ip);
		return -1;
	}
	if (said->n || hop->scheme != HOP_MX || hop->literal ||
	    hop->tls == HOP_TLS_VERIFY)
		return 0;
	if (policy_ask(p, a->client.end_ms, v) < 0)
		return -1;
	said->sts = p->answer.policy.mode;
	if (said->sts == STS_NONE ||
	    sts_match(&p->answer.policy, span_of(h->name)))
		return 0;
	policy_count(p, "sts", "validation-failure", h->name, &h->ip);
	said->counted = 1;
	if (said->sts == STS_TESTING)
		return 0;
	*v = verdict_make(451, "4.7.5", "%s is no host of the MTA-STS policy "
	    "of %s", h->name, p->domain);
	return -1;
}

/* Transactions until all are served: more than one where the server takes so
 * many recipients at a time.  0, or -1: the connection is closed. */
static int
talk(struct attempt *a, const struct job *j, struct body *b)
{
	size_t before, left = j->nrcpt + 1;

	do {
		before = left;
		if (transact(&a->client, j, b, a->fate) < 0)
			return -1;
		left = count(a, j, FATE_AGAIN);
	} while (left && left < before);
	if (left) {			/* not one more was taken */
		size_t i;

		for (i = 0; i < j->nrcpt; i++)
			if (a->fate[i].state == FATE_AGAIN)
				a->fate[i].state = FATE_KNOWN;
	}
	return 0;
}

static size_t
count(const struct attempt *a, const struct job *j, enum fate_state s)
{
	size_t i, n = 0;

	for (i = 0; i < j->nrcpt; i++)
		n += a->fate[i].state == s;
	return n;
}

/* Those that security or policy (X.7.X) refused are open again; how many. */
static size_t
refused_as_ipv6(struct attempt *a, const struct job *j)
{
	size_t i, n = 0;

	if (a->client.hop->scheme == HOP_LMTP_UNIX)
		return 0;
	for (i = 0; i < j->nrcpt; i++) {
		struct fate *f = &a->fate[i];

		if (f->state != FATE_KNOWN || f->told ||
		    f->verdict.kind == VERDICT_DONE ||
		    strncmp(f->verdict.enhanced + 1, ".7.", 3) != 0)
			continue;
		f->state = FATE_OPEN;
		f->told = 1;
		n++;
	}
	return n;
}

/*
 * RFC 5321 5.1 wants the next host for what this one cannot do now; not once
 * the text was read, as that may be why.  Postfix does the same; of many hosts
 * none is asked that a second one could not help.
 */
static void
put_off(struct attempt *a, const struct job *j)
{
	size_t i;

	for (i = 0; i < j->nrcpt; i++) {
		struct fate *f = &a->fate[i];

		if (f->state == FATE_KNOWN && !f->final &&
		    f->verdict.kind == VERDICT_LATER) {
			f->state = FATE_OPEN;
			f->told = 1;
		}
	}
}

/* What may pass is stronger than what will not. */
static void
remember(struct fate *why, const struct verdict *v, const char *peer)
{
	if (why->verdict.kind != VERDICT_LATER || v->kind == VERDICT_LATER)
		fate_words(why, v, peer);
}
