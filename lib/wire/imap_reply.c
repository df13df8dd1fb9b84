/* imap_reply - what replies are made of. */
#include <stdio.h>

#include "base/utf8.h"
#include "mail/date.h"
#include "wire/imap_reply.h"
#include "wire/imap_token.h"

static int can_quote(struct span, int);
static int is_astring(struct span);

/* quoted = DQUOTE *QUOTED-CHAR DQUOTE; no CR, LF or NUL, and ASCII or UTF-8 */
int
imap_reply_string(struct buf *b, struct span s, int utf8)
{
	size_t i, from = 0;

	if (!can_quote(s, utf8))
		return imap_reply_literal(b, s);
	buf_addc(b, '"');
	for (i = 0; i < s.n; i++)
		if (s.p[i] == '"' || s.p[i] == '\\') {
			buf_addspan(b, span_sub(s, from, i));
			buf_addc(b, '\\');
			from = i;
		}
	buf_addspan(b, span_sub(s, from, s.n));
	return buf_addc(b, '"');
}

int
imap_reply_astring(struct buf *b, struct span s, int utf8)
{
	return is_astring(s) ? buf_addspan(b, s) :
	    imap_reply_string(b, s, utf8);
}

int
imap_reply_literal(struct buf *b, struct span s)
{
	size_t from;

	buf_addc(b, '{');
	buf_addu(b, s.n);
	buf_adds(b, "}\r\n");
	while ((from = span_find(s, '\0')) < s.n) {
		buf_addspan(b, span_sub(s, 0, from));
		buf_addc(b, 0x80);
		s = span_from(s, from + 1);
	}
	return buf_addspan(b, s);
}

int
imap_reply_date(struct buf *b, int64_t utc)
{
	static const char month[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	char text[40];
	struct date d;

	date_of(utc, &d);
	snprintf(text, sizeof text, "\"%2u-%.3s-%04d %02u:%02u:%02u +0000\"",
	    d.day, month + (d.month - 1) * 3, d.year, d.hour, d.minute,
	    d.second);
	return buf_adds(b, text);
}

static int
can_quote(struct span s, int utf8)
{
	size_t i;
	int high = 0;

	if (s.n > IMAP_QUOTED_MAX)
		return 0;
	for (i = 0; i < s.n; i++) {
		if (s.p[i] == '\0' || s.p[i] == '\r' || s.p[i] == '\n')
			return 0;
		high |= s.p[i] >= 0x80;
	}
	return !high || (utf8 && utf8_valid(s));
}

/* 1*ASTRING-CHAR, and not NIL, which some would take for none */
static int
is_astring(struct span s)
{
	return imap_is_atom(s, '\0') && s.n <= IMAP_QUOTED_MAX &&
	    !span_case_eq(s, SPAN("NIL"));
}
