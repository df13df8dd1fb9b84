/* imap_name - mailbox names. */
#include "base/ascii.h"
#include "base/utf8.h"
#include "wire/imap_name.h"

static int level_valid(struct span, const char **);
static void add_shifted(struct buf *, struct span);
static int take_shifted(struct span *, struct buf *, const char **);
static void add_utf8(struct buf *, uint32_t);
static int same(unsigned char, unsigned char, int);

static const char base64[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+,";

int
imap_name_valid(struct span s, unsigned char separator, const char **why)
{
	struct span rest, level;
	uint32_t c;
	size_t n;
	int more;

	*why = "a mailbox name has 1 to 1000 bytes";
	if (s.n == 0 || s.n > IMAP_NAME)
		return -1;
	*why = "a mailbox name is UTF-8 without control characters, %, *, "
	    "slash and backslash (RFC 9051 5.1)";
	for (rest = s; rest.n; rest = span_from(rest, n)) {
		if ((n = utf8_get(rest, &c)) == 0)
			return -1;
		if (c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0x2028 ||
		    c == 0x2029 || c == '%' || c == '*' ||
		    ((c == '/' || c == '\\') && c != separator))
			return -1;
	}
	do {
		more = span_cut(&s, separator, &level);
		if (level_valid(level, why) < 0)
			return -1;
	} while (more);
	return 0;
}

/* RFC 3501 5.1.3: & begins UTF-16 in base64 with a comma, - ends it. */
int
imap_name_to_utf7(struct span s, struct buf *b, const char **why)
{
	size_t n;

	*why = "not UTF-8, or NUL in it (RFC 3501 9)";
	if (!utf8_valid(s) || span_find(s, '\0') < s.n)
		return -1;
	while (s.n) {
		if (s.p[0] == '&') {
			buf_adds(b, "&-");
			n = 1;
		} else if (s.p[0] >= 0x20 && s.p[0] < 0x7f) {
			buf_addc(b, s.p[0]);
			n = 1;
		} else {
			for (n = 0; n < s.n && (s.p[n] < 0x20 ||
			    s.p[n] >= 0x7f); n++)
				;
			add_shifted(b, span_sub(s, 0, n));
		}
		s = span_from(s, n);
	}
	*why = "name too long";
	return buf_ok(b) ? 0 : -1;
}

int
imap_name_from_utf7(struct span s, struct buf *b, const char **why)
{
	int shifted = 0;		/* the part before was, too */

	while (s.n) {
		unsigned char c = s.p[0];

		if (c < 0x20 || c >= 0x7f) {
			*why = "not modified UTF-7 (RFC 3501 5.1.3)";
			return -1;
		}
		s = span_from(s, 1);
		if (c != '&') {
			buf_addc(b, c);
			shifted = 0;
		} else if (s.n && s.p[0] == '-') {
			buf_addc(b, '&');
			s = span_from(s, 1);
			shifted = 0;
		} else {
			*why = "two shifts side by side (RFC 3501 5.1.3)";
			if (shifted || take_shifted(&s, b, why) < 0)
				return -1;
			shifted = 1;
		}
	}
	*why = "name too long";
	return buf_ok(b) ? 0 : -1;
}

int
imap_name_inbox(struct span s)
{
	return span_case_eq(s, SPAN("INBOX"));
}

/*
 * All places of the pattern where we may be, moved along the name: never more
 * than one step for each pair.
 */
int
imap_name_match(struct span pattern, struct span name, unsigned char separator)
{
	unsigned char at[2][IMAP_NAME + 1] = { { 0 } };
	unsigned char *now = at[0], *then = at[1], *swap;
	size_t i, j, inbox;
	int live = 1;

	if (pattern.n > IMAP_NAME)
		return 0;
	inbox = span_find(name, separator);
	if (!imap_name_inbox(span_sub(name, 0, inbox)))
		inbox = 0;
	now[0] = 1;
	for (i = 0; live; i++) {
		live = 0;
		memset(then, 0, pattern.n + 1);
		for (j = 0; j < pattern.n; j++) {
			unsigned char p = pattern.p[j];

			if (!now[j])
				continue;
			if (p == '*' || p == '%')
				now[j + 1] = 1;		/* stands for nothing */
			if (i == name.n)
				continue;
			if (p == '*' || (p == '%' && name.p[i] != separator))
				live = then[j] = 1;
			else if (p != '%' && same(p, name.p[i], i < inbox))
				live = then[j + 1] = 1;
		}
		if (i == name.n)
			return now[pattern.n];
		swap = now;
		now = then;
		then = swap;
	}
	return 0;
}

static int
level_valid(struct span level, const char **why)
{
	*why = "a level of a mailbox name is not empty, \".\" or \"..\"";
	return level.n == 0 || span_eq(level, SPAN(".")) ||
	    span_eq(level, SPAN("..")) ? -1 : 0;
}

/* s is valid UTF-8. */
static void
add_shifted(struct buf *b, struct span s)
{
	uint32_t c, bits = 0;
	unsigned nbits = 0, units, i;
	uint16_t unit[2];
	size_t n;

	buf_addc(b, '&');
	for (; s.n && (n = utf8_get(s, &c)) > 0; s = span_from(s, n)) {
		units = c > 0xffff ? 2 : 1;
		unit[0] = (uint16_t)(units == 2 ?
		    0xd800 + ((c - 0x10000) >> 10) : c);
		unit[1] = (uint16_t)(0xdc00 + (c & 0x3ff));
		for (i = 0; i < units; i++) {
			bits = bits << 16 | unit[i];
			for (nbits += 16; nbits >= 6; nbits -= 6)
				buf_addc(b, (unsigned char)
				    base64[bits >> (nbits - 6) & 63]);
		}
	}
	if (nbits)
		buf_addc(b, (unsigned char)base64[bits << (6 - nbits) & 63]);
	buf_addc(b, '-');
}

/* Behind the &, up to the - and over it. */
static int
take_shifted(struct span *s, struct buf *b, const char **why)
{
	uint32_t bits = 0, unit, high = 0;
	unsigned nbits = 0;
	size_t i;

	*why = "not modified UTF-7 (RFC 3501 5.1.3)";
	for (i = 0; i < s->n && s->p[i] != '-'; i++) {
		const char *q = s->p[i] ? strchr(base64, s->p[i]) : NULL;

		if (q == NULL)
			return -1;
		bits = bits << 6 | (uint32_t)(q - base64);
		if ((nbits += 6) < 16)
			continue;
		nbits -= 16;
		unit = bits >> nbits & 0xffff;
		if (high) {
			if (unit < 0xdc00 || unit > 0xdfff)
				return -1;
			add_utf8(b, 0x10000 + ((high - 0xd800) << 10) +
			    (unit - 0xdc00));
			high = 0;
		} else if (unit >= 0xd800 && unit < 0xdc00)
			high = unit;
		else if (unit == 0 || (unit >= 0x20 && unit < 0x7f) ||
		    (unit >= 0xdc00 && unit <= 0xdfff))
			return -1;	/* no string holds NUL (RFC 3501 9);
					 * has another form; a lone half */
		else
			add_utf8(b, unit);
	}
	if (i == s->n || i == 0 || high || nbits >= 6 ||
	    (bits & ((1u << nbits) - 1)))
		return -1;
	*s = span_from(*s, i + 1);
	return 0;
}

static void
add_utf8(struct buf *b, uint32_t c)
{
	unsigned char u[4];

	buf_add(b, u, utf8_put(c, u));
}

static int
same(unsigned char a, unsigned char b, int fold)
{
	return a == b || (fold && ascii_lower(a) == ascii_lower(b));
}
