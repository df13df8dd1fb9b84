/*
 * remote_key - a private key that lives in another process.
 *
 * An OpenSSL provider (RSA, EC, Ed25519) whose keys hold nothing but their
 * public half; a signature is asked for, as one packet, on the channel to the
 * key holder.  Only what a TLS handshake needs goes through; see keyholder.h.
 */
#ifndef TLS_REMOTE_KEY_H
#define TLS_REMOTE_KEY_H

#include <openssl/x509.h>
#include <stdint.h>

enum { KEY_TBS_MAX = 512, KEY_SIGNATURE_MAX = 1024, KEY_HASH = 32 };

/* Packets of the key channel: fixed, both ways; one machine, one build. */
struct key_request {
	unsigned char spki[KEY_HASH];	/* SHA-256 of the public key's DER */
	char digest[16];		/* "SHA2-256"; "" for Ed25519 */
	int32_t pss;			/* RSA: 1 = PSS, salt as the digest */
	uint32_t n;
	unsigned char tbs[KEY_TBS_MAX];	/* what is to be signed */
};

struct key_reply {
	uint32_t n;			/* 0: refused */
	unsigned char signature[KEY_SIGNATURE_MAX];
};

/* Loads the provider, once.  0, or -1 (errors are on OpenSSL's stack). */
int	remote_key_init(void);
/* The channel that signatures are asked for on; -1: none. */
void	remote_key_channel(int);
/* A key for this certificate; NULL: its kind is none of ours. */
EVP_PKEY *remote_key_new(const X509 *);
/* SHA-256 of the DER of a public key.  0, or -1. */
int	remote_key_hash(EVP_PKEY *, unsigned char out[KEY_HASH]);

#endif
