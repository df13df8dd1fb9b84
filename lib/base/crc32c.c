/*
 * crc32c - the Castagnoli checksum.
 *
 * The processor's own instruction where it has one (x86-64 with SSE 4.2, about
 * 8 bytes in 3 cycles), else a table of 256 words, made on first use.
 */
#include "base/crc32c.h"

static uint32_t
crc_table(uint32_t crc, struct span s)
{
	static uint32_t t[256];
	uint32_t i, k, c;
	size_t j;

	if (t[1] == 0)
		for (i = 0; i < 256; i++) {
			for (c = i, k = 0; k < 8; k++)
				c = c & 1 ? c >> 1 ^ 0x82f63b78 : c >> 1;
			t[i] = c;
		}
	for (j = 0; j < s.n; j++)
		crc = crc >> 8 ^ t[(crc ^ s.p[j]) & 0xff];
	return crc;
}

#if defined(__x86_64__)
__attribute__((target("sse4.2")))
static uint32_t
crc_hard(uint32_t crc, struct span s)
{
	uint64_t c = crc, w;

	for (; s.n >= 8; s.p += 8, s.n -= 8) {
		memcpy(&w, s.p, 8);
		c = __builtin_ia32_crc32di(c, w);
	}
	for (; s.n; s.p++, s.n--)
		c = __builtin_ia32_crc32qi((uint32_t)c, *s.p);
	return (uint32_t)c;
}
#endif

uint32_t
crc32c(uint32_t crc, struct span s)
{
	crc = ~crc;
#if defined(__x86_64__)
	if (__builtin_cpu_supports("sse4.2"))
		return ~crc_hard(crc, s);
#endif
	return ~crc_table(crc, s);
}
