/* smtp_reply - verdicts as reply lines of a server. */
#include "wire/smtp_reply.h"

static size_t add(char *, size_t, struct span);
static size_t code_and(char *, unsigned, char);

size_t
smtp_reply_format(char out[SMTP_REPLY], const struct verdict *v)
{
	size_t n = code_and(out, v->code, ' ');

	if (v->enhanced[0]) {
		n = add(out, n, span_of(v->enhanced));
		n = add(out, n, SPAN(" "));
	}
	n = add(out, n, span_of(v->text));
	memcpy(out + n, "\r\n", 2);
	return n + 2;
}

size_t
smtp_reply_line(char out[SMTP_REPLY], unsigned code, struct span text)
{
	size_t n = add(out, code_and(out, code, '-'), text);

	memcpy(out + n, "\r\n", 2);
	return n + 2;
}

static size_t
code_and(char *out, unsigned code, char c)
{
	out[0] = (char)('0' + code / 100 % 10);
	out[1] = (char)('0' + code / 10 % 10);
	out[2] = (char)('0' + code % 10);
	out[3] = c;
	return 4;
}

/* textstring = 1*(%d09 / %d32-126) */
static size_t
add(char *out, size_t n, struct span s)
{
	size_t i;

	for (i = 0; i < s.n && n < SMTP_REPLY - 2; i++) {
		unsigned char c = s.p[i];

		out[n++] = c == '\t' || (c >= ' ' && c <= '~') ? (char)c : '?';
	}
	return n;
}
