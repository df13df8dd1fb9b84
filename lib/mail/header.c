/* header - the fields of a message's header section. */
#include "base/ascii.h"
#include "mail/header.h"

static size_t line_length(struct span);
static size_t name_length(struct span);

/* field = name *WSP ":" unstructured; name = 1*( %d33-57 / %d59-126 ) */
int
header_next(struct span *in, struct header *h)
{
	struct span s = *in;
	size_t name = name_length(s), at = name, end = 0;

	while (at < s.n && ascii_blank(s.p[at]))
		at++;
	if (name == 0 || at == s.n || s.p[at] != ':') {
		if (s.n && s.p[0] != '\n' &&
		    !span_starts(s, SPAN("\r\n")))
			return -1;
		*in = span_from(s, line_length(s));
		return 0;
	}
	do
		end += line_length(span_from(s, end));
	while (end < s.n && ascii_blank(s.p[end]));
	h->name = span_sub(s, 0, name);
	h->whole = span_sub(s, 0, end);
	if (s.p[end - 1] == '\n')
		end--;
	if (end > at + 1 && s.p[end - 1] == '\r' && end < h->whole.n)
		end--;
	h->value = span_sub(s, at + 1, end);
	*in = span_from(s, h->whole.n);
	return 1;
}

int
header_unfold(struct span s, struct buf *b)
{
	size_t i = 0, n, end;

	s = span_trim(s);
	for (; i < s.n; i += n) {
		n = line_length(span_from(s, i));
		end = i + n;
		if (s.p[end - 1] == '\n')
			end--;
		if (end > i && s.p[end - 1] == '\r' && end < i + n)
			end--;
		buf_addspan(b, span_sub(s, i, end));
	}
	return buf_ok(b) ? 0 : -1;
}

/* With its LF; all that is left where there is none. */
static size_t
line_length(struct span s)
{
	size_t n = span_find(s, '\n');

	return n < s.n ? n + 1 : n;
}

static size_t
name_length(struct span s)
{
	size_t i = 0;

	while (i < s.n && s.p[i] > ' ' && s.p[i] < 0x7f && s.p[i] != ':')
		i++;
	return i;
}
