/*
 * resolve - from a next hop to hosts, one after another in the order in which
 * they are to be tried (RFC 5321 5.1, RFC 7505), resolved as they are needed.
 */
#ifndef REMOTED_RESOLVE_H
#define REMOTED_RESOLVE_H

#include "base/ip.h"
#include "base/verdict.h"
#include "remoted/config.h"
#include "sys/dns.h"
#include "sys/tls_client.h"
#include "wire/dns_message.h"
#include "wire/hop.h"

enum { RESOLVE_NAMES = 16, RESOLVE_ADDRESSES = 8, RESOLVE_TLSA = 12 };

struct host {
	char name[DNS_NAME];		/* or the text of its address */
	char alias[DNS_NAME];		/* where its CNAMEs lead, or "" */
	struct ip ip;
	int secure;			/* its records came with DNSSEC */
};

struct resolve {
	struct dns *dns;
	const struct config *conf;
	const char *hostname;		/* ours */
	const struct hop *hop;
	int mx;				/* names come from MX records */
	int secure;			/* and those with DNSSEC */
	struct {
		unsigned preference, order;
		char name[DNS_NAME];
	} name[RESOLVE_NAMES];
	size_t names, at;
	struct host host[RESOLVE_ADDRESSES];
	size_t hosts, host_at;
	int cut;			/* those behind would lead back to us */
	struct verdict verdict;		/* why there is no (further) host */
	struct buf raw, tlsa_raw;
	struct dns_answer answer;
};

/* 0, or -1 and ->verdict.  dns->budget is the caller's. */
int	resolve_begin(struct resolve *, const struct hop *);
/* 1: *out; 0: no more, ->verdict says what was wrong with names, if any. */
int	resolve_next(struct resolve *, struct host *out);
/* The host that was given last is ourselves: no other is given. */
void	resolve_is_us(struct resolve *);

/* The TLSA records of a host.  How many (borrowed until the next call); 0:
 * none is to be used; -1: it must not be used now, *v. */
int	resolve_tlsa(struct resolve *, const struct host *,
	    struct tls_tlsa out[RESOLVE_TLSA], struct verdict *v);

#endif
