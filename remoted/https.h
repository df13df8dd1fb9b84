/*
 * https - one GET on a connection that TLS protects already, by OpenSSL's HTTP
 * client over our own reads and writes, so that the one deadline holds.  No
 * redirection is followed (RFC 8461 3.3), and only a 200 counts.
 */
#ifndef REMOTED_HTTPS_H
#define REMOTED_HTTPS_H

#include "base/buf.h"
#include "remoted/conn.h"

/* The content behind *out, whose max it may not pass.  0, or -1 with *why (a
 * literal, or OpenSSL's). */
int	https_get(struct conn *, const char *host, const char *path,
	    uint64_t deadline_ms, struct buf *out, const char **why);

#endif
