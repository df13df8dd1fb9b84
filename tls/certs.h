/*
 * certs - the certificates that a relay can show, each with a remote key.
 *
 * A set is made whole or not at all: while one file of the new set is broken
 * or its key is not held, the old set stays in use.
 */
#ifndef TLS_CERTS_H
#define TLS_CERTS_H

#include <openssl/ssl.h>

#include "base/span.h"
#include "run/site.h"

enum { CERTS = 32, CERTS_FILE = 1 << 20 };

struct certs {
	X509_STORE *clients;		/* authorities of clients; NULL: none */
	STACK_OF(X509_NAME) *names;	/* theirs */
	size_t n;
	struct cert {
		X509 *leaf;
		STACK_OF(X509) *chain;
		EVP_PKEY *key;		/* remote */
		SSL_CTX *ctx;
		/* tls-server-end-point of RFC 5929; 0 bytes: none */
		unsigned char endpoint[EVP_MAX_MD_SIZE];
		unsigned endpoint_n;
	} cert[CERTS];
};

/* One PEM file: the certificate, then its chain.  0, or -1. */
int	certs_add(struct certs *, struct span pem);
/* One PEM file of authorities, and of what they revoked.  0, or -1. */
int	certs_add_clients(struct certs *, struct span pem);
/* Contexts for all of them; each answers for its names, with the certificate
 * of the other key kind beside it when that has the same first name.  0, -1. */
int	certs_ready(struct certs *);
/* To be called when the struct has been copied to another place. */
void	certs_moved(struct certs *);
/* The context to start with, and the one for a name (SNI); the first when no
 * certificate has that name. */
SSL_CTX *certs_default(const struct certs *);
/* Has a connection's client asked for its certificate. */
void	certs_ask(const struct certs *, SSL *, enum client_cert);
SSL_CTX *certs_for(const struct certs *, const char *name);
/* That which a connection has shown; NULL: none. */
const struct cert *certs_shown(const struct certs *, SSL *);
void	certs_free(struct certs *);

/* A whole handshake of each version in memory with that certificate: proves
 * that its key is held, and looks up what every relay will need.  0, or -1 and
 * the reason on OpenSSL's stack. */
int	certs_try(const struct cert *);

#endif
