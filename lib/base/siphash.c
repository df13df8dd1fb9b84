/* siphash - SipHash-2-4. */
#include "base/siphash.h"

static uint64_t little(const unsigned char *, size_t);
static uint64_t rotate(uint64_t, unsigned);
static void rounds(uint64_t [4], unsigned);

uint64_t
siphash(const unsigned char key[SIPHASH_KEY], struct span s)
{
	uint64_t k0 = little(key, 8), k1 = little(key + 8, 8), m;
	uint64_t v[4] = { k0 ^ 0x736f6d6570736575, k1 ^ 0x646f72616e646f6d,
	    k0 ^ 0x6c7967656e657261, k1 ^ 0x7465646279746573 };
	size_t i;

	for (i = 0; s.n - i >= 8; i += 8) {
		m = little(s.p + i, 8);
		v[3] ^= m;
		rounds(v, 2);
		v[0] ^= m;
	}
	m = little(s.p + i, s.n - i) | (uint64_t)s.n << 56;
	v[3] ^= m;
	rounds(v, 2);
	v[0] ^= m;
	v[2] ^= 0xff;
	rounds(v, 4);
	return v[0] ^ v[1] ^ v[2] ^ v[3];
}

static uint64_t
little(const unsigned char *p, size_t n)
{
	uint64_t m = 0;

	while (n > 0)
		m = m << 8 | p[--n];
	return m;
}

static uint64_t
rotate(uint64_t x, unsigned bits)
{
	return x << bits | x >> (64 - bits);
}

static void
rounds(uint64_t v[4], unsigned n)
{
	while (n-- > 0) {
		v[0] += v[1];
		v[2] += v[3];
		v[1] = rotate(v[1], 13) ^ v[0];
		v[3] = rotate(v[3], 16) ^ v[2];
		v[0] = rotate(v[0], 32) + v[3];
		v[2] += v[1];
		v[1] = rotate(v[1], 17) ^ v[2];
		v[3] = rotate(v[3], 21) ^ v[0];
		v[2] = rotate(v[2], 32);
	}
}
