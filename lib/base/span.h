/*
 * span - bytes that belong to somebody else.
 *
 * Everything that comes from outside is a span: NUL is a byte like another,
 * and nothing is copied to be looked at.  A span dies with its source.
 * Floor 1: includes nothing of ours.
 */
#ifndef BASE_SPAN_H
#define BASE_SPAN_H

#include <stddef.h>
#include <string.h>

struct span {
	const unsigned char *p;
	size_t n;
};

/* A span over a string literal, or over a NUL-terminated string of ours. */
#define SPAN(lit) \
	((struct span){ (const unsigned char *)(lit), sizeof(lit) - 1 })
/* For printf: "%.*s" with SPAN_ARG(s).  Only for text that is known clean. */
#define SPAN_ARG(s) (int)(s).n, (const char *)(s).p

/* What parsers do for each byte or word stands here, to be inlined. */
static inline struct span
span_mem(const void *p, size_t n)
{
	return (struct span){ p, n };
}

static inline struct span
span_of(const char *s)
{
	return span_mem(s, strlen(s));
}

/* Bytes from..to (to excluded), cut to what is there. */
static inline struct span
span_sub(struct span s, size_t from, size_t to)
{
	if (to > s.n)
		to = s.n;
	if (from > to)
		from = to;
	return span_mem(s.p ? s.p + from : NULL, to - from);
}

static inline struct span
span_from(struct span s, size_t from)
{
	return span_sub(s, from, s.n);
}

static inline int
span_eq(struct span a, struct span b)
{
	return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

static inline int
span_starts(struct span s, struct span head)
{
	return s.n >= head.n && span_eq(span_mem(s.p, head.n), head);
}

int	span_case_same(const unsigned char *, const unsigned char *, size_t);

/* ASCII only.  Most words are told apart by length or first letter. */
static inline int
span_case_eq(struct span a, struct span b)
{
	return a.n == b.n && (a.n == 0 ||
	    (((a.p[0] ^ b.p[0]) & 0xdf) == 0 &&
	    span_case_same(a.p, b.p, a.n)));
}

int	span_case_starts(struct span, struct span);
int	span_ends(struct span, struct span);
int	span_case_ends(struct span, struct span);
int	span_cmp(struct span, struct span);		/* memcmp order */

/* Index of the first (last) byte c, or s.n when there is none. */
static inline size_t
span_find(struct span s, unsigned char c)
{
	const unsigned char *q = s.n ? memchr(s.p, c, s.n) : NULL;

	return q ? (size_t)(q - s.p) : s.n;
}

size_t	span_rfind(struct span, unsigned char c);
/* Index of the first occurrence of the needle, or s.n. */
size_t	span_search(struct span, struct span needle);

/*
 * Takes what stands before the first c from the front of *in, and the c.
 * Returns 1 if a c was there; else 0, *head is all of *in, and *in is empty.
 */
int	span_cut(struct span *in, unsigned char c, struct span *head);
/* The same up to white space (space, tab); leading white space is dropped.
 * Returns 0 when nothing but white space was left. */
int	span_word(struct span *in, struct span *word);
struct span span_trim(struct span);	/* space, tab, CR, LF at both ends */

/* Copies into a char array and ends it with NUL.  Returns 0, or -1 if it does
 * not fit or holds a NUL itself (then out is ""). */
int	span_str(struct span, char *out, size_t size);

#endif
