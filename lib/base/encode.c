/* encode - bytes as text and back. */
#include "base/ascii.h"
#include "base/encode.h"
#include "base/utf8.h"

static int controls(const unsigned char *, size_t);

int
encode_hex(struct buf *b, struct span s)
{
	static const char digit[] = "0123456789abcdef";
	size_t i;

	for (i = 0; i < s.n; i++) {
		buf_addc(b, (unsigned char)digit[s.p[i] >> 4]);
		buf_addc(b, (unsigned char)digit[s.p[i] & 15]);
	}
	return buf_ok(b) ? 0 : -1;
}

void
encode_base32(char *out, size_t digits, uint64_t v)
{
	static const char digit[] = "0123456789abcdefghijklmnopqrstuv";

	for (; digits > 0; v >>= 5)
		out[--digits] = digit[v & 31];
}

static const char b64[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

int
encode_base64(struct buf *b, struct span s)
{
	size_t i;

	for (i = 0; i < s.n; i += 3) {
		size_t left = s.n - i;
		uint32_t v = (uint32_t)s.p[i] << 16;
		unsigned char q[4];

		if (left > 1)
			v |= (uint32_t)s.p[i + 1] << 8;
		if (left > 2)
			v |= s.p[i + 2];
		q[0] = (unsigned char)b64[v >> 18];
		q[1] = (unsigned char)b64[v >> 12 & 63];
		q[2] = left > 1 ? (unsigned char)b64[v >> 6 & 63] : '=';
		q[3] = left > 2 ? (unsigned char)b64[v & 63] : '=';
		buf_add(b, q, 4);
	}
	return buf_ok(b) ? 0 : -1;
}

static int
b64_value(unsigned char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (ascii_digit(c))
		return c - '0' + 52;
	return c == '+' ? 62 : c == '/' ? 63 : -1;
}

int
decode_base64(struct buf *b, struct span s)
{
	size_t i, k, pad;

	if (s.n % 4)
		return -1;
	for (i = 0; i < s.n; i += 4) {
		uint32_t v = 0;
		unsigned char out[3];

		pad = 0;
		if (i + 4 == s.n)
			pad = s.p[i + 3] != '=' ? 0 : s.p[i + 2] != '=' ? 1 : 2;
		for (k = 0; k < 4; k++) {
			int d = k < 4 - pad ? b64_value(s.p[i + k]) : 0;

			if (d < 0)
				return -1;
			v = v << 6 | (uint32_t)d;
		}
		if (v & ((1u << 8 * pad) - 1))
			return -1;
		out[0] = (unsigned char)(v >> 16);
		out[1] = (unsigned char)(v >> 8);
		out[2] = (unsigned char)v;
		buf_add(b, out, 3 - pad);
	}
	return buf_ok(b) ? 0 : -1;
}

int
encode_log(struct buf *b, struct span s, int quoted)
{
	size_t i = 0;

	while (i < s.n) {
		unsigned char c = s.p[i];
		size_t n = c >= 0x80 ? utf8_length(span_from(s, i)) : 0;

		if (n > 1 && !controls(s.p + i, n)) {
			buf_add(b, s.p + i, n);
			i += n;
			continue;
		}
		if ((c > 0x20 && c < 0x7f && c != '"' && c != '\\') ||
		    (c == ' ' && quoted))
			buf_addc(b, c);
		else {
			buf_adds(b, "\\x");
			encode_hex(b, span_sub(s, i, i + 1));
		}
		i++;
	}
	return buf_ok(b) ? 0 : -1;
}

/* C1; what ends a line (U+2028, 2029) or turns its direction (U+202a to 202e,
 * 2066 to 2069) where somebody looks at it. */
static int
controls(const unsigned char *p, size_t n)
{
	if (n == 2)
		return p[0] == 0xc2 && p[1] < 0xa0;
	return n == 3 && p[0] == 0xe2 &&
	    ((p[1] == 0x80 && p[2] >= 0xa8 && p[2] <= 0xae) ||
	    (p[1] == 0x81 && p[2] >= 0xa6 && p[2] <= 0xa9));
}
