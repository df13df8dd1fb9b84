/* sha256 - SHA-256, and what passwords want of it. */
#include <sys/types.h>
#include <sha2.h>
#include <string.h>

#include "base/sha256.h"

struct keyed {				/* an HMAC whose key has been taken */
	SHA2_CTX inner, outer;
};

static void keyed_begin(struct keyed *, struct span);
static void keyed_end(struct keyed *, unsigned char *);

void
sha256(struct span s, unsigned char out[SHA256_SIZE])
{
	SHA2_CTX c;

	SHA256Init(&c);
	SHA256Update(&c, s.p, s.n);
	SHA256Final(out, &c);
	explicit_bzero(&c, sizeof c);
}

void
sha256_hmac(struct span key, struct span text, unsigned char out[SHA256_SIZE])
{
	struct keyed k;

	keyed_begin(&k, key);
	SHA256Update(&k.inner, text.p, text.n);
	keyed_end(&k, out);
}

void
sha256_pbkdf2(struct span password, struct span salt, unsigned iterations,
    unsigned char out[SHA256_SIZE])
{
	static const unsigned char first[] = { 0, 0, 0, 1 };
	unsigned char u[SHA256_SIZE];
	struct keyed fresh, k;
	size_t i;

	keyed_begin(&fresh, password);
	k = fresh;
	SHA256Update(&k.inner, salt.p, salt.n);
	SHA256Update(&k.inner, first, sizeof first);
	keyed_end(&k, u);
	memcpy(out, u, sizeof u);
	while (iterations-- > 1) {
		k = fresh;
		SHA256Update(&k.inner, u, sizeof u);
		keyed_end(&k, u);
		for (i = 0; i < sizeof u; i++)
			out[i] ^= u[i];
	}
	explicit_bzero(&fresh, sizeof fresh);
	explicit_bzero(u, sizeof u);
}

int
secret_equal(struct span a, struct span b)
{
	unsigned char diff = 0;
	size_t i;

	if (a.n != b.n)
		return 0;
	for (i = 0; i < a.n; i++)
		diff |= (unsigned char)(a.p[i] ^ b.p[i]);
	return diff == 0;
}

static void
keyed_begin(struct keyed *k, struct span key)
{
	unsigned char pad[SHA256_BLOCK_LENGTH] = { 0 };
	size_t i;

	if (key.n > sizeof pad)
		sha256(key, pad);
	else if (key.n)
		memcpy(pad, key.p, key.n);
	for (i = 0; i < sizeof pad; i++)
		pad[i] ^= 0x36;
	SHA256Init(&k->inner);
	SHA256Update(&k->inner, pad, sizeof pad);
	for (i = 0; i < sizeof pad; i++)
		pad[i] ^= 0x36 ^ 0x5c;
	SHA256Init(&k->outer);
	SHA256Update(&k->outer, pad, sizeof pad);
	explicit_bzero(pad, sizeof pad);
}

static void
keyed_end(struct keyed *k, unsigned char *out)
{
	SHA256Final(out, &k->inner);
	SHA256Update(&k->outer, out, SHA256_SIZE);
	SHA256Final(out, &k->outer);
	explicit_bzero(k, sizeof *k);
}
