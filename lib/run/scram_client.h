/*
 * scram_client - the client's half of SCRAM-SHA-256 (RFC 5802, 7677), without
 * channel binding.
 */
#ifndef RUN_SCRAM_CLIENT_H
#define RUN_SCRAM_CLIENT_H

#include "base/buf.h"
#include "base/span.h"
#include "run/scram_keys.h"

struct scram_client {			/* { 0 } before */
	struct buf said;		/* what becomes the AuthMessage */
	size_t nonce;			/* where in it ours begins */
	unsigned char signature[SCRAM_HASH];	/* that the server must show */
};

/* client-first-message behind *out; the nonce is the caller's: printable, no
 * comma, never the same twice.  0, or -1: too long. */
int	scram_client_first(struct scram_client *, struct span user,
	    struct span nonce, struct buf *out);
/* The answer to server-first-message, client-final-message, behind *out.  0,
 * or -1: it is not one. */
int	scram_client_final(struct scram_client *, struct span server,
	    struct span password, struct buf *out);
/* Does server-final-message show that the server knows the password too? */
int	scram_client_trusts(const struct scram_client *, struct span server);
void	scram_client_free(struct scram_client *);

#endif
