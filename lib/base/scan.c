/* scan - numbers and sizes from text, each with its range. */
#include "base/ascii.h"
#include "base/scan.h"

struct unit {
	unsigned char letter;
	uint64_t factor;
};

static int scan_unit(struct span, const struct unit *, uint64_t, uint64_t *);

int
scan_front(struct span *in, uint64_t max, uint64_t *out)
{
	uint64_t v = 0;
	size_t i;

	for (i = 0; i < in->n && ascii_digit(in->p[i]); i++)
		if (__builtin_mul_overflow(v, 10, &v) ||
		    __builtin_add_overflow(v, (uint64_t)(in->p[i] - '0'), &v))
			return -1;
	if (i == 0)
		return 0;
	if (v > max)
		return -1;
	*in = span_from(*in, i);
	*out = v;
	return 1;
}

int
scan_u64(struct span s, uint64_t max, uint64_t *out)
{
	uint64_t v;

	if (scan_front(&s, max, &v) != 1 || s.n)
		return -1;
	*out = v;
	return 0;
}

int
scan_uint(struct span s, unsigned max, unsigned *out)
{
	uint64_t v;

	if (scan_u64(s, max, &v) < 0)
		return -1;
	*out = (unsigned)v;
	return 0;
}

int
scan_size(struct span s, uint64_t max, uint64_t *out)
{
	static const struct unit unit[] = {
		{ 'k', 1 << 10 }, { 'K', 1 << 10 }, { 'M', 1 << 20 },
		{ 'G', 1 << 30 }, { 0, 1 }
	};

	return scan_unit(s, unit, max, out);
}

int
scan_duration(struct span s, uint64_t max, uint64_t *out)
{
	static const struct unit unit[] = {
		{ 's', 1 }, { 'm', 60 }, { 'h', 3600 }, { 'd', 86400 },
		{ 'w', 604800 }, { 0, 1 }
	};

	return scan_unit(s, unit, max, out);
}

int
scan_hex64(struct span s, uint64_t *out)
{
	uint64_t v = 0;
	size_t i;

	if (s.n == 0 || s.n > 16)
		return -1;
	for (i = 0; i < s.n; i++) {
		int d = ascii_hex(s.p[i]);

		if (d < 0)
			return -1;
		v = v << 4 | (uint64_t)d;
	}
	*out = v;
	return 0;
}

static int
scan_unit(struct span s, const struct unit *u, uint64_t max, uint64_t *out)
{
	uint64_t v;

	if (scan_front(&s, UINT64_MAX, &v) != 1 || s.n > 1)
		return -1;
	while (s.n && u->letter && u->letter != s.p[0])
		u++;
	if (s.n && !u->letter)
		return -1;
	if (__builtin_mul_overflow(v, s.n ? u->factor : 1, &v) || v > max)
		return -1;
	*out = v;
	return 0;
}
