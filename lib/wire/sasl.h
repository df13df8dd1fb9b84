/*
 * sasl - the messages of the mechanisms that we speak: PLAIN (RFC 4616) and
 * SCRAM (RFC 5802, 7677).  Grammar only, for both sides; no cryptography.
 * Spans point into the message.  Pure.
 */
#ifndef WIRE_SASL_H
#define WIRE_SASL_H

#include "base/buf.h"
#include "base/span.h"

enum { SASL_MESSAGE = 8192 };	/* no message of a login is longer */

/* [authzid] NUL authcid NUL passwd.  0, or -1 with *why. */
int	sasl_plain(struct span, struct span *authzid, struct span *authcid,
	    struct span *password, const char **why);

struct scram_first {
	unsigned char binding;	/* 'n': none, 'y': thinks we have none, 'p' */
	struct span binding_name;	/* with 'p': "tls-exporter" … */
	struct span gs2;	/* the gs2-header, up to its second comma */
	struct span authzid;	/* as sent (saslname), may be empty */
	struct span name;	/* as sent (saslname) */
	struct span nonce;
	struct span bare;	/* client-first-message-bare */
};

struct scram_final {
	struct span channel;	/* c=, base64 */
	struct span nonce;	/* r= */
	struct span proof;	/* p=, base64 */
	struct span without_proof;
};

struct scram_server {		/* server-first-message */
	struct span nonce, salt;	/* salt: base64 */
	unsigned iterations;	/* 1 to SCRAM_ITERATIONS_MAX */
};

enum { SCRAM_ITERATIONS_MAX = 1000000 };	/* for whoever asks us */

/* 0, or -1 with *why. */
int	scram_first_parse(struct span, struct scram_first *, const char **why);
int	scram_server_parse(struct span, struct scram_server *,
	    const char **why);
int	scram_final_parse(struct span, struct scram_final *, const char **why);

/* saslname = 1*(value-safe-char / "=2C" / "=3D").  0, or -1. */
int	sasl_name_decode(struct buf *, struct span);
int	sasl_name_encode(struct buf *, struct span);

#endif
