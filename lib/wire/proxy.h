/*
 * proxy - the PROXY protocol's header, versions 1 and 2 (HAProxy,
 * doc/proxy-protocol.txt): who the client of a proxy is.  Pure.
 */
#ifndef WIRE_PROXY_H
#define WIRE_PROXY_H

#include "base/ip.h"

enum { PROXY_MAX = 536 };	/* v1: 107; v2: 16 + addresses and TLVs */

struct proxy_header {
	int local;		/* the proxy itself (health check), or an
				 * address that is no TCP one: believe the
				 * socket */
	struct ip client, server;
	unsigned client_port, server_port;
	size_t n;		/* bytes of the header */
};

/* From the first bytes of a connection: 1 = got it, 0 = needs more, -1 = no
 * header, *why names the rule. */
int	proxy_parse(struct span, struct proxy_header *, const char **why);

#endif
