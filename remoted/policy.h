/*
 * policy - a child's side of its channel to the role sts: which MTA-STS policy
 * its domain has, and what TLS did with it.
 */
#ifndef REMOTED_POLICY_H
#define REMOTED_POLICY_H

#include "base/ip.h"
#include "base/verdict.h"
#include "sys/chan.h"
#include "wire/hop.h"
#include "wire/sts_channel.h"

struct policy {				/* begin with fd */
	int fd;				/* -1: it is not configured */
	char domain[256];		/* as DNS knows it; "": none */
	int asked;
	struct sts_answer answer;	/* STS_NONE as long as none is known */
	unsigned char packet[CHAN_PACKET_MAX];
};

/* For a new job to that hop. */
void	policy_begin(struct policy *, const struct hop *);
/* Asks once.  0, and ->answer is set, or -1 and *v: it cannot be known, or not
 * by end_ms (clock_mono_ms; 0: no hurry). */
int	policy_ask(struct policy *, uint64_t end_ms, struct verdict *v);
/* One session with that host: a word of RFC 8460 4.3, or "success". */
void	policy_count(const struct policy *, const char *kind,
	    const char *result, const char *host, const struct ip *);

#endif
