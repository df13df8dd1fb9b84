/*
 * scram - the server's half of SCRAM-SHA-256 (RFC 5802, 7677).
 */
#ifndef RUN_SCRAM_H
#define RUN_SCRAM_H

#include "base/buf.h"
#include "base/span.h"
#include "run/scram_keys.h"
#include "wire/sasl.h"

/* From a password, prepared (wire/saslprep.h), with a fresh salt. */
void	scram_keys_make(struct span password, struct scram_keys *);
/* Keys for a user that does not exist: the same each time for a name, and no
 * proof fits them. */
void	scram_keys_fake(const unsigned char secret[32], struct span user,
	    struct scram_keys *);

struct scram {
	struct scram_keys keys;
	struct buf first;	/* bare ',' server-first, for the AuthMessage */
	struct buf nonce;	/* client's and ours */
	struct buf channel;	/* what c= must be: gs2 header and binding */
};

/* server-first-message into *out.  binding: the data of the channel binding
 * that the client named, empty when it uses none.  0, or -1. */
int	scram_begin(struct scram *, const struct scram_first *,
	    struct span binding, struct buf *out);
/* The proof: 1 good, *out is the server-final-message; 0 not; -1 not a
 * message of this exchange.  tag gets the client key that was tried: the same
 * for the same password. */
int	scram_finish(struct scram *, struct span message, struct buf *out,
	    unsigned char tag[SCRAM_HASH]);
void	scram_free(struct scram *);

#endif
