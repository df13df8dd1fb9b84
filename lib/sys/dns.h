/*
 * dns - one question to the resolver, one raw answer (wire/dns_message reads
 * it).  Blocking, by c-ares; it opens its sockets when it first asks, so a
 * channel made before a fork serves each child by itself.
 */
#ifndef SYS_DNS_H
#define SYS_DNS_H

#include <stdint.h>

#include "base/buf.h"
#include "base/span.h"

struct dns {
	void *channel;
	int trusted;			/* the resolver is on this machine: what
					 * it says of DNSSEC can be believed */
	unsigned budget;		/* packets that may still be sent */
	uint64_t end_ms;		/* no answer is waited for any longer;
					 * clock_mono_ms; 0: no limit */
};

enum {
	DNS_PACKETS = 40,		/* for one message */
	DNS_POLICY = 8			/* of these, for its MTA-STS policy */
};

/* resolver: ADDR:PORT, or "" for what /etc/resolv.conf says; reads files, so
 * call it before confinement.  0, or -1. */
int	dns_open(struct dns *, const char *resolver);

/* The question's id must be new each time.  0; -1: no answer came; DNS_SPENT:
 * the budget is used up. */
enum { DNS_SPENT = -2 };
int	dns_ask(struct dns *, struct span question, struct buf *answer);

#endif
