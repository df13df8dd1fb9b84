/* idna - a domain as DNS knows it. */
#include <stdint.h>
#include <stdlib.h>
#include <utf8proc.h>

#include "base/buf.h"
#include "base/utf8.h"
#include "mail/idna.h"

enum {					/* RFC 3492 5 */
	BASE = 36, TMIN = 1, TMAX = 26, SKEW = 38, DAMP = 700, BIAS = 72,
	FIRST = 128, LABEL = 63,
	VIRAMA = 9,			/* a combining class */
	ZWNJ = 0x200c, ZWJ = 0x200d
};
enum { L = 1, R = 2, AN = 4, EN = 8, NEUTRAL = 16, OTHER = 32 };
enum joining { NONE, RIGHT, DUAL };	/* to the letter before; to both */

static int  is_ascii(struct span);
static utf8proc_int32_t lower(utf8proc_int32_t, void *);
static unsigned char *mapped(struct span);
static int  add_labels(struct buf *, struct span);
static int  label_add(struct buf *, struct span);
static int  decode(struct span, uint32_t [LABEL], size_t *);
static int  is_valid(const uint32_t *, size_t);
static unsigned directions(const uint32_t *, size_t, unsigned *last);
static int  reads_well(struct span);
static int  has_rtl(struct span);
static int  may_stand(const uint32_t *, size_t, size_t);
static int  may_join(const uint32_t *, size_t, size_t);
static enum joining joining(uint32_t);
static int  is_mark(uint32_t);
static int  encode(struct buf *, const uint32_t *, size_t);
static void number(struct buf *, uint32_t, uint32_t);
static uint32_t adapt(uint32_t, uint32_t, int);

int
idna_ascii(struct span domain, char *out, size_t size)
{
	struct buf b = { .max = size };
	unsigned char *text;
	int r = -1;

	if (is_ascii(domain))
		return span_str(domain, out, size);
	if ((text = mapped(domain)) != NULL &&
	    add_labels(&b, span_of((char *)text)) == 0 && buf_ok(&b))
		r = span_str(buf_span(&b), out, size);
	free(text);
	buf_free(&b);
	return r;
}

static int
is_ascii(struct span s)
{
	return utf8_ascii(s) == s.n;
}

static utf8proc_int32_t
lower(utf8proc_int32_t c, void *arg)
{
	(void)arg;
	/* UTS 46 2.3: one of the label separators */
	return c == 0x3002 ? '.' : utf8proc_tolower(c);
}

/* Twice: compatibility forms may be of capitals.  NULL: no UTF-8. */
static unsigned char *
mapped(struct span s)
{
	const utf8proc_option_t how = UTF8PROC_STABLE | UTF8PROC_COMPOSE |
	    UTF8PROC_COMPAT;
	utf8proc_uint8_t *once = NULL, *twice = NULL;
	utf8proc_ssize_t n;

	n = utf8proc_map_custom(s.p, (utf8proc_ssize_t)s.n, &once, how, lower,
	    NULL);
	if (n >= 0)
		(void)utf8proc_map_custom(once, n, &twice, how, lower, NULL);
	free(once);
	return twice;
}

static int
add_labels(struct buf *b, struct span domain)
{
	int more, rtl = has_rtl(domain);
	struct span label;

	do {
		more = span_cut(&domain, '.', &label);
		if (label_add(b, label) < 0 || (rtl && !reads_well(label)))
			return -1;
		if (more)
			buf_addc(b, '.');
	} while (more);
	return 0;
}

static int
label_add(struct buf *b, struct span s)
{
	size_t n, from = b->n;
	uint32_t code[LABEL];

	if (decode(s, code, &n) < 0 || !is_valid(code, n))
		return -1;
	if (is_ascii(s))
		return buf_addspan(b, s);
	if (n >= 4 && code[2] == '-' && code[3] == '-')
		return -1;
	buf_adds(b, "xn--");
	return encode(b, code, n) < 0 || b->n - from > LABEL ? -1 : 0;
}

static int
decode(struct span s, uint32_t out[LABEL], size_t *n)
{
	utf8proc_int32_t c;
	utf8proc_ssize_t used;

	for (*n = 0; s.n; s = span_from(s, (size_t)used)) {
		used = utf8proc_iterate(s.p, (utf8proc_ssize_t)s.n, &c);
		if (used <= 0 || *n == LABEL)
			return -1;
		out[(*n)++] = (uint32_t)c;
	}
	return 0;
}

/* RFC 5891 5.4, for a label that is looked up. */
static int
is_valid(const uint32_t *c, size_t n)
{
	size_t i;

	if (n == 0 || c[0] == '-' || c[n - 1] == '-')
		return 0;
	for (i = 0; i < n; i++)
		if (!may_stand(c, n, i))
			return 0;
	return 1;
}

/* RFC 5893 1.4: does it hold a letter or digit that is written to the left? */
static int
has_rtl(struct span domain)
{
	uint32_t code[LABEL];
	struct span label;
	unsigned last;
	size_t n;
	int more;

	do {
		more = span_cut(&domain, '.', &label);
		if (decode(label, code, &n) == 0 &&
		    directions(code, n, &last) & (R | AN))
			return 1;
	} while (more);
	return 0;
}

/* RFC 5893 2: the Bidi Rule, for each label of such a domain. */
static int
reads_well(struct span label)
{
	uint32_t code[LABEL];
	unsigned all, first, last;
	size_t n;

	if (decode(label, code, &n) < 0 || n == 0)
		return 0;
	all = directions(code, n, &last);
	first = directions(code, 1, &(unsigned){ 0 });
	if (first == R)
		return !(all & (L | OTHER)) && last & (R | EN | AN) &&
		    (all & (EN | AN)) != (EN | AN);
	return first == L && !(all & (R | AN | OTHER)) && last & (L | EN);
}

/* All that are there; the last one that is no mark. */
static unsigned
directions(const uint32_t *c, size_t n, unsigned *last)
{
	unsigned all = 0, one;
	size_t i;

	for (*last = 0, i = 0; i < n; i++) {
		switch (utf8proc_get_property(
		    (utf8proc_int32_t)c[i])->bidi_class) {
		case UTF8PROC_BIDI_CLASS_L:
			one = L;
			break;
		case UTF8PROC_BIDI_CLASS_R:
		case UTF8PROC_BIDI_CLASS_AL:
			one = R;
			break;
		case UTF8PROC_BIDI_CLASS_AN:
			one = AN;
			break;
		case UTF8PROC_BIDI_CLASS_EN:
			one = EN;
			break;
		case UTF8PROC_BIDI_CLASS_NSM:
			continue;
		case UTF8PROC_BIDI_CLASS_ES:
		case UTF8PROC_BIDI_CLASS_CS:
		case UTF8PROC_BIDI_CLASS_ET:
		case UTF8PROC_BIDI_CLASS_ON:
		case UTF8PROC_BIDI_CLASS_BN:
			one = NEUTRAL;
			break;
		default:
			one = OTHER;
		}
		all |= one;
		*last = one;
	}
	return all;
}

/* RFC 5892 2 and 3, of text that is mapped already: letters, marks and digits,
 * with its exceptions (2.6) and contexts. */
static int
may_stand(const uint32_t *c, size_t n, size_t i)
{
	static const uint32_t yes[] = { '-', '_', 0xb7, 0x375, 0x5f3, 0x5f4,
	    0x6fd, 0x6fe, 0xf0b, 0x3007, 0x30fb };
	static const uint32_t no[] = { 0x640, 0x7fa, 0x302e, 0x302f, 0x3031,
	    0x3032, 0x3033, 0x3034, 0x3035, 0x303b };
	static const uint32_t jamo[][2] = { { 0x1100, 0x11ff },
	    { 0xa960, 0xa97c }, { 0xd7b0, 0xd7fb } };
	const utf8proc_property_t *p = utf8proc_get_property(
	    (utf8proc_int32_t)c[i]);
	size_t k;

	for (k = 0; k < sizeof yes / sizeof *yes; k++)
		if (c[i] == yes[k])
			return 1;
	for (k = 0; k < sizeof no / sizeof *no; k++)
		if (c[i] == no[k])
			return 0;
	for (k = 0; k < sizeof jamo / sizeof *jamo; k++)
		if (c[i] >= jamo[k][0] && c[i] <= jamo[k][1])
			return 0;
	if (c[i] == ZWNJ || c[i] == ZWJ)
		return may_join(c, n, i);
	if (p->ignorable)
		return 0;
	switch (p->category) {
	case UTF8PROC_CATEGORY_LL:
	case UTF8PROC_CATEGORY_LO:
	case UTF8PROC_CATEGORY_LM:
	case UTF8PROC_CATEGORY_ND:
		return 1;
	case UTF8PROC_CATEGORY_MN:
	case UTF8PROC_CATEGORY_MC:
		return i > 0;		/* never first */
	default:
		return 0;
	}
}

/* RFC 5892 A.1, A.2: behind a virama; that which keeps letters apart also where
 * they would join, whatever marks they have. */
static int
may_join(const uint32_t *c, size_t n, size_t i)
{
	size_t before = i, after = i + 1;

	if (i > 0 && utf8proc_get_property(
	    (utf8proc_int32_t)c[i - 1])->combining_class == VIRAMA)
		return 1;
	while (before > 0 && is_mark(c[before - 1]))
		before--;
	while (after < n && is_mark(c[after]))
		after++;
	return c[i] == ZWNJ && before > 0 && after < n &&
	    joining(c[before - 1]) == DUAL && joining(c[after]) != NONE;
}

/* Joining_Type of the letters of two blocks, Arabic and its supplement, which
 * have the names that need it: Persian, Urdu, Kurdish.  In other scripts that
 * join the sign is refused. */
static enum joining
joining(uint32_t c)
{
	static const uint32_t right[][2] = { { 0x622, 0x625 },
	    { 0x627, 0x627 }, { 0x629, 0x629 }, { 0x62f, 0x632 },
	    { 0x648, 0x648 }, { 0x671, 0x673 }, { 0x675, 0x677 },
	    { 0x688, 0x699 }, { 0x6c0, 0x6c0 }, { 0x6c3, 0x6cb },
	    { 0x6cd, 0x6cd }, { 0x6cf, 0x6cf }, { 0x6d2, 0x6d3 },
	    { 0x6d5, 0x6d5 }, { 0x6ee, 0x6ef }, { 0x759, 0x75b },
	    { 0x76b, 0x76c }, { 0x771, 0x771 }, { 0x773, 0x774 },
	    { 0x778, 0x779 } };
	size_t k;

	if (!((c >= 0x620 && c <= 0x6ff) || (c >= 0x750 && c <= 0x77f)) ||
	    utf8proc_category((utf8proc_int32_t)c) != UTF8PROC_CATEGORY_LO ||
	    c == 0x621 || c == 0x674)
		return NONE;
	for (k = 0; k < sizeof right / sizeof *right; k++)
		if (c >= right[k][0] && c <= right[k][1])
			return RIGHT;
	return DUAL;
}

static int
is_mark(uint32_t c)
{
	return utf8proc_category((utf8proc_int32_t)c) ==
	    UTF8PROC_CATEGORY_MN;
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
