/* utf8 - is it, how long, and which character (RFC 3629). */
#include "base/utf8.h"

/* RFC 3629 section 4: the second byte's range depends on the first. */
size_t
utf8_length(struct span s)
{
	unsigned char c, lo = 0x80, hi = 0xbf;
	size_t n, i;

	if (s.n == 0)
		return 0;
	c = s.p[0];
	if (c < 0x80)
		return 1;
	if (c >= 0xc2 && c <= 0xdf)
		n = 2;
	else if (c >= 0xe0 && c <= 0xef)
		n = 3;
	else if (c >= 0xf0 && c <= 0xf4)
		n = 4;
	else
		return 0;
	if (c == 0xe0)
		lo = 0xa0;
	if (c == 0xed)
		hi = 0x9f;
	if (c == 0xf0)
		lo = 0x90;
	if (c == 0xf4)
		hi = 0x8f;
	if (s.n < n || s.p[1] < lo || s.p[1] > hi)
		return 0;
	for (i = 2; i < n; i++)
		if ((s.p[i] & 0xc0) != 0x80)
			return 0;
	return n;
}

size_t
utf8_get(struct span s, uint32_t *c)
{
	static const unsigned char mask[] = { 0, 0x7f, 0x1f, 0x0f, 0x07 };
	size_t i, n = utf8_length(s);

	*c = n ? s.p[0] & mask[n] : 0;
	for (i = 1; i < n; i++)
		*c = *c << 6 | (s.p[i] & 0x3f);
	return n;
}

size_t
utf8_put(uint32_t c, unsigned char out[4])
{
	static const unsigned char lead[] = { 0, 0, 0xc0, 0xe0, 0xf0 };
	size_t i, n = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;

	for (i = n; i-- > 1; c >>= 6)
		out[i] = (unsigned char)(0x80 | (c & 0x3f));
	out[0] = (unsigned char)(lead[n] | c);
	return n;
}

int
utf8_valid(struct span s)
{
	size_t i, n;

	for (i = utf8_ascii(s); i < s.n; i += utf8_ascii(span_from(s, i))) {
		if ((n = utf8_length(span_from(s, i))) == 0)
			return 0;
		i += n;
	}
	return 1;
}

/* Eight at a time: most text is ASCII. */
size_t
utf8_ascii(struct span s)
{
	uint64_t w;
	size_t i;

	for (i = 0; s.n - i >= sizeof w; i += sizeof w) {
		memcpy(&w, s.p + i, sizeof w);
		if (w & UINT64_C(0x8080808080808080))
			break;
	}
	while (i < s.n && s.p[i] < 0x80)
		i++;
	return i;
}

int
utf8_is_ascii(struct span s)
{
	return utf8_ascii(s) == s.n;
}
