/* check_dns - does DNS know this server, and where the mail of its domains is
 * to go?  For correo check; blocking. */
#ifndef ADMIN_CHECK_DNS_H
#define ADMIN_CHECK_DNS_H

#include "sys/dns.h"
#include "wire/dns_message.h"

struct check_dns {
	struct dns dns;
	struct dns_answer answer;
	struct buf raw;
};

/* resolver as for dns_open.  0, or -1. */
int	check_dns_open(struct check_dns *, const char *resolver);

/* Has the host an address?  1, 0; -1: no answer. */
int	check_dns_host(struct check_dns *, const char *host);
/* Where others send the domain's mail (RFC 5321 5.1), the best of its MX: 1 and
 * host, 0: nowhere; -1: no answer. */
int	check_dns_mail(struct check_dns *, const char *domain,
	    char host[DNS_NAME]);

#endif
