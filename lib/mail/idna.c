/* idna - a domain as DNS knows it. */
#include <stdint.h>

#include "base/buf.h"
#include "mail/idna.h"

enum {					/* RFC 3492 5 */
	BASE = 36, TMIN = 1, TMAX = 26, SKEW = 38, DAMP = 700, BIAS = 72,
	FIRST = 128, LABEL = 63
};

static int  label_add(struct buf *, struct span);
static int  decode(struct span, uint32_t [LABEL], size_t *);
static int  encode(struct buf *, const uint32_t *, size_t);
static void number(struct buf *, uint32_t, uint32_t);
static uint32_t adapt(uint32_t, uint32_t, int);

int
idna_ascii(struct span domain, char *out, size_t size)
{
	struct buf b = { .max = size };
	struct span label;
	int more, r = 0;

	do {
		more = span_cut(&domain, '.', &label);
		r |= label_add(&b, label);
		if (more)
			buf_addc(&b, '.');
	} while (more);
	if (r == 0)
		r = buf_ok(&b) ? span_str(buf_span(&b), out, size) : -1;
	buf_free(&b);
	return r;
}

static int
label_add(struct buf *b, struct span s)
{
	uint32_t code[LABEL];
	size_t i, n;

	for (i = 0; i < s.n && s.p[i] < 0x80; i++)
		;
	if (i == s.n)
		return buf_addspan(b, s);
	if (decode(s, code, &n) < 0)
		return -1;
	buf_adds(b, "xn--");
	return encode(b, code, n);
}

/* UTF-8, strictly: no overlong form, no surrogate (RFC 3629 4). */
static int
decode(struct span s, uint32_t out[LABEL], size_t *n)
{
	static const uint32_t least[] = { 0, 0x80, 0x800, 0x10000 };
	uint32_t c;
	size_t i = 0, k, more;

	for (*n = 0; i < s.n; i++) {
		c = s.p[i];
		more = c < 0x80 ? 0 : c >> 5 == 6 ? 1 : c >> 4 == 14 ? 2 :
		    c >> 3 == 30 ? 3 : 4;
		if (more == 4 || s.n - i <= more || *n == LABEL)
			return -1;
		if (more)
			c &= 0x3fu >> more;
		for (k = 0; k < more; k++) {
			if ((s.p[++i] & 0xc0) != 0x80)
				return -1;
			c = c << 6 | (s.p[i] & 0x3f);
		}
		if (c < least[more] || c > 0x10ffff || c >> 11 == 0x1b)
			return -1;
		out[(*n)++] = c;
	}
	return 0;
}

/* RFC 3492 6.3.  LABEL code points of at most 0x10ffff overflow nothing. */
static int
encode(struct buf *b, const uint32_t *in, size_t n)
{
	uint32_t next = FIRST, delta = 0, bias = BIAS, least;
	size_t i, basic = 0, done;

	for (i = 0; i < n; i++)
		if (in[i] < FIRST) {
			buf_addc(b, (unsigned char)in[i]);
			basic++;
		}
	if (basic)
		buf_addc(b, '-');
	for (done = basic; done < n; delta++, next++) {
		for (least = UINT32_MAX, i = 0; i < n; i++)
			if (in[i] >= next && in[i] < least)
				least = in[i];
		delta += (least - next) * (uint32_t)(done + 1);
		next = least;
		for (i = 0; i < n; i++) {
			delta += in[i] < next;
			if (in[i] != next)
				continue;
			number(b, delta, bias);
			bias = adapt(delta, (uint32_t)done + 1,
			    done == basic);
			delta = 0;
			done++;
		}
	}
	return buf_ok(b) ? 0 : -1;
}

static void
number(struct buf *b, uint32_t q, uint32_t bias)
{
	static const char digit[] = "abcdefghijklmnopqrstuvwxyz0123456789";
	uint32_t k, t;

	for (k = BASE;; k += BASE) {
		t = k <= bias ? TMIN : k >= bias + TMAX ? TMAX : k - bias;
		if (q < t)
			break;
		buf_addc(b, (unsigned char)digit[t + (q - t) % (BASE - t)]);
		q = (q - t) / (BASE - t);
	}
	buf_addc(b, (unsigned char)digit[q]);
}

static uint32_t
adapt(uint32_t delta, uint32_t points, int first)
{
	uint32_t k = 0;

	delta = first ? delta / DAMP : delta / 2;
	delta += delta / points;
	for (; delta > (BASE - TMIN) * TMAX / 2; k += BASE)
		delta /= BASE - TMIN;
	return k + (BASE - TMIN + 1) * delta / (delta + SKEW);
}
