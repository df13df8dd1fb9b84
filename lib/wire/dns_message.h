/*
 * dns_message - the answer to one question of ours (RFC 1035 4), walked and
 * checked again here whatever the resolver library did.
 *
 * Only records that the question, or its CNAME chain (at most DNS_CHAIN), leads
 * to are taken; names are lower case without the last dot.  A name that holds
 * what no host name holds is left out.  Linear: pointers lead only backwards,
 * and DNS_RECORDS of an answer are looked at.  Pure.
 */
#ifndef WIRE_DNS_MESSAGE_H
#define WIRE_DNS_MESSAGE_H

#include <stdint.h>

#include "base/ip.h"
#include "base/span.h"

enum { DNS_A = 1, DNS_CNAME = 5, DNS_MX = 15, DNS_TXT = 16, DNS_AAAA = 28,
	DNS_TLSA = 52 };
enum { DNS_NAME = 256, DNS_RECORDS = 1000, DNS_CHAIN = 10, DNS_FOUND = 64 };
enum { DNS_OK = 0, DNS_SERVFAIL = 2, DNS_NXDOMAIN = 3 };

struct dns_record {
	unsigned preference;		/* MX */
	char name[DNS_NAME];		/* MX: "" is the null one */
	struct ip ip;			/* A, AAAA */
	struct span data;		/* TLSA, TXT: borrowed */
};

struct dns_answer {
	unsigned rcode;
	int secure;			/* the AD bit */
	int alias;			/* a CNAME was followed */
	char name[DNS_NAME];		/* where the chain ended */
	size_t n;
	struct dns_record record[DNS_FOUND];
};

/* May it be a host's name?  Letters, digits, hyphens and underscores between
 * single dots, at most 253 bytes. */
int	dns_is_name(struct span);

/* Adds a question with an EDNS record, AD set (RFC 6840 5.7), and CD if check
 * is 0.  Returns its length, 0: not a name of DNS. */
size_t	dns_question(unsigned char out[320], unsigned id, const char *name,
	    unsigned type, int check);

/* 0, or -1 with *why: not an answer to that question. */
int	dns_parse(struct span, const char *name, unsigned type,
	    struct dns_answer *, const char **why);

#endif
