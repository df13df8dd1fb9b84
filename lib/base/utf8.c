/* utf8 - is it, and how long (RFC 3629). */
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

int
utf8_valid(struct span s)
{
	size_t i = 0, n;

	for (; i < s.n; i += n)
		if ((n = utf8_length(span_from(s, i))) == 0)
			return 0;
	return 1;
}

int
utf8_is_ascii(struct span s)
{
	size_t i;

	for (i = 0; i < s.n; i++)
		if (s.p[i] >= 0x80)
			return 0;
	return 1;
}
