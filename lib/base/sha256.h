/*
 * sha256 - SHA-256 (FIPS 180-4), and what passwords want of it.
 *
 * By <sha2.h>, so that a process that only hashes needs no OpenSSL: half a
 * megabyte each.
 */
#ifndef BASE_SHA256_H
#define BASE_SHA256_H

#include "base/span.h"

enum { SHA256_SIZE = 32 };

void	sha256(struct span, unsigned char out[SHA256_SIZE]);
/* HMAC (RFC 2104). */
void	sha256_hmac(struct span key, struct span text,
	    unsigned char out[SHA256_SIZE]);
/* PBKDF2 (RFC 8018 5.2), one block of it: the Hi() of RFC 5802. */
void	sha256_pbkdf2(struct span password, struct span salt,
	    unsigned iterations, unsigned char out[SHA256_SIZE]);

/* Are they the same?  In a time that depends on the length alone. */
int	secret_equal(struct span, struct span);

#endif
