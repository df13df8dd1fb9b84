/* check_dns - does DNS know this server, and where its domains' mail goes? */
#include <stdlib.h>
#include <string.h>

#include "admin/check_dns.h"
#include "sys/clock.h"

enum { PATIENCE_MS = 3000 };		/* for one question */

static int ask(struct check_dns *, const char *, unsigned);

int
check_dns_open(struct check_dns *d, const char *resolver)
{
	d->raw = (struct buf){ .max = 1 << 16 };
	d->dns.end_ms = 0;
	return dns_open(&d->dns, resolver);
}

int
check_dns_host(struct check_dns *d, const char *host)
{
	int r = ask(d, host, DNS_A);

	return r == 0 ? ask(d, host, DNS_AAAA) : r;
}

int
check_dns_mail(struct check_dns *d, const char *domain, char host[DNS_NAME])
{
	const struct dns_record *best = d->answer.record;
	size_t i;
	int r = ask(d, domain, DNS_MX);

	if (r == 0 && (r = check_dns_host(d, domain)) > 0)
		strlcpy(host, domain, DNS_NAME);
	else if (r > 0) {
		for (i = 1; i < d->answer.n; i++)
			if (d->answer.record[i].preference < best->preference)
				best = &d->answer.record[i];
		strlcpy(host, best->name, DNS_NAME);
		r = *host != '\0';	/* RFC 7505: it wants no mail */
	}
	return r;
}

/* 1: ->answer has records; 0: there are none; -1: no answer. */
static int
ask(struct check_dns *d, const char *name, unsigned type)
{
	unsigned char q[320];
	const char *why;
	size_t n = dns_question(q, arc4random() & 0xffff, name, type, 1);

	if (n == 0)
		return 0;
	d->dns.budget = DNS_PACKETS;	/* who asks here has the time */
	d->dns.end_ms = clock_mono_ms() + PATIENCE_MS;
	if (dns_ask(&d->dns, span_mem(q, n), &d->raw) < 0 ||
	    dns_parse(buf_span(&d->raw), name, type, &d->answer, &why) < 0)
		return -1;
	switch (d->answer.rcode) {
	case DNS_OK:
		return d->answer.n > 0;
	case DNS_NXDOMAIN:
		return 0;
	default:
		return -1;
	}
}
