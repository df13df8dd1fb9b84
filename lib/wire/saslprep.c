/* saslprep - RFC 4013, the profile of RFC 3454 for names and passwords. */
#include <string.h>
#include <utf8proc.h>

#include "base/utf8.h"
#include "wire/saslprep.h"

enum { POINTS = 2048 };			/* of a prepared string, at most */

struct range {
	utf8proc_int32_t first, last;
};

static int  mapped(struct span, struct buf *);
static int  normal(struct span, utf8proc_int32_t *);
static const char *forbidden(const utf8proc_int32_t *, int);
static int  in(const struct range *, utf8proc_int32_t);
static int  is_plain(struct span);

/* RFC 3454 C.1.2: spaces but that of ASCII */
static const struct range spaces[] = {
	{ 0xa0, 0xa0 }, { 0x1680, 0x1680 }, { 0x2000, 0x200b },
	{ 0x202f, 0x202f }, { 0x205f, 0x205f }, { 0x3000, 0x3000 }, { 0, 0 }
};
/* B.1: commonly mapped to nothing */
static const struct range nothing[] = {
	{ 0xad, 0xad }, { 0x34f, 0x34f }, { 0x1806, 0x1806 },
	{ 0x180b, 0x180d }, { 0x200c, 0x200d }, { 0x2060, 0x2060 },
	{ 0xfe00, 0xfe0f }, { 0xfeff, 0xfeff }, { 0, 0 }
};
/* C.2 controls, C.3 private use, C.4 no characters, C.6 not for plain text,
 * C.7 not for canonical form, C.8 displays change or deprecated, C.9 tags */
static const struct range never[] = {
	{ 0x01, 0x1f }, { 0x7f, 0x9f }, { 0x340, 0x341 }, { 0x6dd, 0x6dd },
	{ 0x70f, 0x70f }, { 0x180e, 0x180e }, { 0x200e, 0x200f },
	{ 0x2028, 0x202e }, { 0x2061, 0x2063 }, { 0x206a, 0x206f },
	{ 0x2ff0, 0x2ffb }, { 0xe000, 0xf8ff }, { 0xfdd0, 0xfdef },
	{ 0xfff9, 0xffff }, { 0x1d173, 0x1d17a }, { 0xe0001, 0xe0001 },
	{ 0xe0020, 0xe007f }, { 0xf0000, 0x10ffff }, { 0, 0 }
};

int
saslprep(struct span s, struct buf *out, const char **why)
{
	struct buf map = { .max = s.n + 1 };
	utf8proc_int32_t point[POINTS];
	utf8proc_uint8_t utf8[4];
	int i, n = -1;

	if (is_plain(s))
		return buf_addspan(out, s);
	*why = "SASLprep: not UTF-8";
	if (!utf8_valid(s))
		return -1;
	*why = "SASLprep: too long";
	if (buf_room(&map, s.n) == 0 && mapped(s, &map) == 0)
		n = normal(buf_span(&map), point);
	if (n >= 0 && (*why = forbidden(point, n)) != NULL)
		n = -1;
	for (i = 0; i < n; i++)
		buf_add(out, utf8,
		    (size_t)utf8proc_encode_char(point[i], utf8));
	explicit_bzero(point, sizeof point);
	explicit_bzero(utf8, sizeof utf8);
	if (map.p)
		explicit_bzero(map.p, map.size);
	buf_free(&map);
	return n < 0 || !buf_ok(out) ? -1 : 0;
}

static int
is_plain(struct span s)
{
	size_t i;

	for (i = 0; i < s.n && s.p[i] >= ' ' && s.p[i] <= '~'; i++)
		;
	return i == s.n;
}

/* Section 2.1 */
static int
mapped(struct span s, struct buf *out)
{
	utf8proc_int32_t c;
	size_t n;

	for (; s.n; s = span_from(s, n)) {
		n = (size_t)utf8proc_iterate(s.p, (utf8proc_ssize_t)s.n, &c);
		if (in(spaces, c))
			buf_addc(out, ' ');
		else if (!in(nothing, c))
			buf_addspan(out, span_sub(s, 0, n));
	}
	return buf_ok(out) ? 0 : -1;
}

/* Section 2.2: NFKC.  How many code points, or -1. */
static int
normal(struct span s, utf8proc_int32_t *point)
{
	const utf8proc_option_t nfkc = UTF8PROC_STABLE | UTF8PROC_COMPOSE |
	    UTF8PROC_COMPAT;
	utf8proc_ssize_t n = utf8proc_decompose(s.p, (utf8proc_ssize_t)s.n,
	    point, POINTS, nfkc);

	if (n >= 0 && n <= POINTS)
		n = utf8proc_normalize_utf32(point, n, nfkc);
	return n < 0 || n > POINTS ? -1 : (int)n;
}

/* Sections 2.3 and 2.4 (RFC 3454 section 6).  Which rule, or NULL. */
static const char *
forbidden(const utf8proc_int32_t *point, int n)
{
	int i, left = 0, right = 0, ends = 0;

	for (i = 0; i < n; i++) {
		if (point[i] == 0 || in(never, point[i]) ||
		    (point[i] & 0xfffe) == 0xfffe)
			return "SASLprep: a control, private or other "
			    "character that is not allowed";
		switch (utf8proc_get_property(point[i])->bidi_class) {
		case UTF8PROC_BIDI_CLASS_L:
			left = 1;
			break;
		case UTF8PROC_BIDI_CLASS_R:
		case UTF8PROC_BIDI_CLASS_AL:
			right = 1;
			ends += (i == 0) + (i == n - 1);
			break;
		}
	}
	return right && (left || ends != 2) ? "SASLprep: text from right to "
	    "left has to begin and end so, without any from left to right" :
	    NULL;
}

static int
in(const struct range *r, utf8proc_int32_t c)
{
	for (; r->last; r++)
		if (c >= r->first && c <= r->last)
			return 1;
	return 0;
}
