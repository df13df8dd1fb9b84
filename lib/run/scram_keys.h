/*
 * scram_keys - what is kept of a password for SCRAM-SHA-256 (RFC 5802 3).
 * Text and numbers; no cryptography.
 */
#ifndef RUN_SCRAM_KEYS_H
#define RUN_SCRAM_KEYS_H

#include "base/buf.h"
#include "base/span.h"

enum { SCRAM_HASH = 32, SCRAM_SALT = 64, SCRAM_ITERATIONS = 4096 };

/* RFC 5803 2: "SCRAM-SHA-256$<iterations>:<salt>$<stored>:<server>" */
struct scram_keys {
	unsigned iterations;
	unsigned char salt[SCRAM_SALT];
	size_t salt_n;
	unsigned char stored[SCRAM_HASH], server[SCRAM_HASH];
};

/* 0, or -1. */
int	scram_keys_parse(struct span, struct scram_keys *);
int	scram_keys_format(struct buf *, const struct scram_keys *);

/* base64 of 1 to size bytes.  0, or -1. */
int	scram_decode(struct span, unsigned char *out, size_t size, size_t *n);

#endif
