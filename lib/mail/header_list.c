/* header_list - the addresses of an address field. */
#include "mail/header_list.h"
#include "base/ascii.h"

static size_t skip_comment(struct span, size_t);
static size_t skip_quoted(struct span, size_t, unsigned char);
static struct span in_angle(struct span, size_t, size_t);

int
header_list_next(struct span *in, struct span *address)
{
	struct span s = *in, angle = { 0 };
	size_t i = 0, next, first = 0, end = 0;

	for (; i < s.n; i = next) {
		unsigned char c = s.p[i];

		next = i + 1;
		if (c == ',' || c == ';') {
			if (angle.n || end)
				break;
			continue;
		}
		if (c == '(')
			next = skip_comment(s, i);
		else if (c == '<') {
			next = skip_quoted(s, i, '>');
			angle = in_angle(s, i + 1, next);
		} else if (c == ':')		/* it was a group's name */
			end = 0;
		else if (!ascii_space(c)) {
			if (c == '"')
				next = skip_quoted(s, i, '"');
			else if (c == '[')
				next = skip_quoted(s, i, ']');
			if (end == 0)
				first = i;
			end = next;
		}
	}
	*address = angle.n ? angle : span_sub(s, first, end);
	*in = span_from(s, i);
	return angle.n || end;
}

/* Comments nest: 3.2.2. */
static size_t
skip_comment(struct span s, size_t i)
{
	size_t depth = 0;

	for (; i < s.n; i++) {
		if (s.p[i] == '\\')
			i++;
		else if (s.p[i] == '(')
			depth++;
		else if (s.p[i] == ')' && --depth == 0)
			return i + 1;
	}
	return s.n;
}

/* Behind the closing byte; in <> there may be a quoted string. */
static size_t
skip_quoted(struct span s, size_t i, unsigned char close)
{
	int quoted = 0;

	for (i++; i < s.n; i++) {
		if (s.p[i] == '\\')
			i++;
		else if (s.p[i] == close && !quoted)
			return i + 1;
		else if (s.p[i] == '"' && close == '>')
			quoted = !quoted;
	}
	return s.n;
}

/* Without an old route, "@a,@b:" (4.4). */
static struct span
in_angle(struct span s, size_t from, size_t next)
{
	size_t to = next > from && s.p[next - 1] == '>' ? next - 1 : next;
	struct span a = span_trim(span_sub(s, from, to));
	size_t colon = span_find(a, ':');

	if (a.n && a.p[0] == '@' && colon < a.n)
		a = span_from(a, colon + 1);
	return span_trim(a);
}
