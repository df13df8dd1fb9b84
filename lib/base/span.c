/* span - bytes that belong to somebody else. */
#include "base/span.h"
#include "base/ascii.h"

int
span_case_same(const unsigned char *a, const unsigned char *b, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (ascii_lower(a[i]) != ascii_lower(b[i]))
			return 0;
	return 1;
}

int
span_case_starts(struct span s, struct span head)
{
	return s.n >= head.n && span_case_eq(span_sub(s, 0, head.n), head);
}

int
span_ends(struct span s, struct span tail)
{
	return s.n >= tail.n && span_eq(span_from(s, s.n - tail.n), tail);
}

int
span_case_ends(struct span s, struct span tail)
{
	return s.n >= tail.n && span_case_eq(span_from(s, s.n - tail.n), tail);
}

int
span_cmp(struct span a, struct span b)
{
	size_t n = a.n < b.n ? a.n : b.n;
	int r = n ? memcmp(a.p, b.p, n) : 0;

	return r ? r : (a.n > b.n) - (a.n < b.n);
}

size_t
span_rfind(struct span s, unsigned char c)
{
	size_t i;

	for (i = s.n; i > 0; i--)
		if (s.p[i - 1] == c)
			return i - 1;
	return s.n;
}

size_t
span_search(struct span s, struct span needle)
{
	const unsigned char *q;

	if (needle.n == 0)
		return 0;
	q = s.n ? memmem(s.p, s.n, needle.p, needle.n) : NULL;
	return q ? (size_t)(q - s.p) : s.n;
}

int
span_cut(struct span *in, unsigned char c, struct span *head)
{
	size_t at = span_find(*in, c);
	int found = at < in->n;

	*head = span_sub(*in, 0, at);
	*in = span_from(*in, at + (found ? 1 : 0));
	return found;
}

int
span_word(struct span *in, struct span *word)
{
	size_t i = 0, from;

	while (i < in->n && ascii_blank(in->p[i]))
		i++;
	from = i;
	while (i < in->n && !ascii_blank(in->p[i]))
		i++;
	*word = span_sub(*in, from, i);
	*in = span_from(*in, i);
	return word->n > 0;
}

struct span
span_trim(struct span s)
{
	size_t from = 0, to = s.n;

	while (from < to && ascii_space(s.p[from]))
		from++;
	while (to > from && ascii_space(s.p[to - 1]))
		to--;
	return span_sub(s, from, to);
}

int
span_str(struct span s, char *out, size_t size)
{
	if (size == 0)
		return -1;
	out[0] = '\0';
	if (s.n >= size || span_find(s, 0) < s.n)
		return -1;
	if (s.n)
		memcpy(out, s.p, s.n);
	out[s.n] = '\0';
	return 0;
}
