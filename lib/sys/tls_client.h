/*
 * tls_client - the client's side of TLS on a connected, non-blocking socket,
 * with deadlines (clock_mono_ms).
 */
#ifndef SYS_TLS_CLIENT_H
#define SYS_TLS_CLIENT_H

#include <stddef.h>
#include <stdint.h>

#include "base/span.h"

struct tls_site;			/* what all connections share */
struct tls_client;

enum tls_proof {
	TLS_ANYONE,			/* encrypted, that is all */
	TLS_TOLD,			/* the same, but see tls_client_doubt */
	TLS_NAME,			/* a known CA says that it is `name` */
	TLS_DANE			/* its TLSA records say so (RFC 7672) */
};

struct tls_fault {
	const char *why;		/* a literal, or OpenSSL's */
	const char *type;		/* the word of RFC 8460 4.3 */
};

struct tls_tlsa { unsigned usage, selector, match; struct span data; };

struct tls_ask {
	enum tls_proof proof;
	const char *name;		/* SNI, and what is proved; an address
					 * is proved but not sent */
	const char *domain, *alias;	/* DANE: names that will do as well */
	const struct tls_tlsa *tlsa;
	size_t ntlsa;
};

/* Reads the CA file behind the descriptor, from its start; -1, or a file that
 * holds none: none is known, and TLS_NAME never succeeds (*why).  NULL: no
 * memory. */
struct tls_site *tls_site_new(int ca_file, const char **why);

/* The handshake.  NULL, and what was wrong. */
struct tls_client *tls_client_start(struct tls_site *, int fd,
	    const struct tls_ask *, uint64_t deadline_ms, struct tls_fault *);
/* After TLS_TOLD: 1, and why TLS_NAME would have failed; or 0. */
int	tls_client_doubt(const struct tls_client *, struct tls_fault *);
void	tls_client_end(struct tls_client *);	/* says goodbye, frees */

/* > 0; 0 at its end; -1, or STREAM_TIMEOUT. */
long	tls_client_read(struct tls_client *, void *, size_t,
	    uint64_t deadline_ms);
/* All of it: 0, -1, STREAM_TIMEOUT. */
int	tls_client_write(struct tls_client *, struct span,
	    uint64_t deadline_ms);
const char *tls_client_version(const struct tls_client *);
const char *tls_client_cipher(const struct tls_client *);

#endif
