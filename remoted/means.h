/* means - what both roles open before they are confined: the resolver's
 * address and the known authorities. */
#ifndef REMOTED_MEANS_H
#define REMOTED_MEANS_H

#include "remoted/config.h"
#include "run/role.h"
#include "sys/dns.h"
#include "sys/tls_client.h"

struct means {
	struct dns dns;
	int ca;				/* the file, or -1 */
	struct tls_site *tls;		/* NULL before means_tls */
	const char *no_ca;		/* why none is verified, or NULL */
};

/* Exits where there is none.  From then on the zygote begins anew when one of
 * the files has changed (role_env.stale). */
void	means_open(struct role_env *, struct means *);
/* Reads the authorities, once: 2 MB that not every process needs. */
void	means_tls(struct means *);

#endif
