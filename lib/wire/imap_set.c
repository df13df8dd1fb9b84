/* imap_set - sequence sets. */
#include <stdlib.h>

#include "base/scan.h"
#include "wire/imap_set.h"

static int push(struct imap_set *, uint32_t, uint32_t);
static int take(struct span *, uint32_t *, const char **);
static int by_first(const void *, const void *);
static size_t find(const struct imap_set *, uint32_t);

int
imap_set_parse(struct imap_set *set, struct span in, const char **why)
{
	uint32_t first, last;

	*set = (struct imap_set){ 0 };
	if (span_eq(in, SPAN("$"))) {
		set->saved = 1;
		return 0;
	}
	do {
		if (take(&in, &first, why) < 0)
			return -1;
		last = first;
		if (in.n && in.p[0] == ':') {
			in = span_from(in, 1);
			if (take(&in, &last, why) < 0)
				return -1;
		}
		*why = "too many ranges in a set";
		if (set->n == IMAP_RANGES || push(set, first, last) < 0)
			return -1;
		if (in.n && in.p[0] != ',') {
			*why = "not a sequence-set (RFC 9051 9)";
			return -1;
		}
	} while (in.n && (in = span_from(in, 1), 1));
	return 0;
}

void
imap_set_resolve(struct imap_set *set, uint32_t star)
{
	size_t i, n = 0;

	for (i = 0; i < set->n; i++) {
		struct imap_range r = set->v[i];

		if ((r.first == 0 || r.last == 0) && star == 0)
			continue;
		r.first = r.first ? r.first : star;
		r.last = r.last ? r.last : star;
		if (r.first > r.last)
			r = (struct imap_range){ r.last, r.first };
		set->v[n++] = r;
	}
	if (n)
		qsort(set->v, n, sizeof *set->v, by_first);
	set->n = n;
	for (i = n = 0; i < set->n; i++) {
		struct imap_range *before = n ? &set->v[n - 1] : NULL;

		if (before && (before->last == UINT32_MAX ||
		    set->v[i].first <= before->last + 1)) {
			if (set->v[i].last > before->last)
				before->last = set->v[i].last;
		} else
			set->v[n++] = set->v[i];
	}
	set->n = n;
}

int
imap_set_has(const struct imap_set *set, uint32_t v)
{
	size_t i = find(set, v);

	return i < set->n && set->v[i].first <= v;
}

int
imap_set_next(const struct imap_set *set, uint32_t after, uint32_t *out)
{
	size_t i;

	if (after == UINT32_MAX || (i = find(set, after + 1)) == set->n)
		return 0;
	*out = set->v[i].first > after ? set->v[i].first : after + 1;
	return 1;
}

uint64_t
imap_set_count(const struct imap_set *set)
{
	uint64_t n = 0;
	size_t i;

	for (i = 0; i < set->n; i++)
		n += (uint64_t)set->v[i].last - set->v[i].first + 1;
	return n;
}

int
imap_set_add(struct imap_set *set, uint32_t first, uint32_t last)
{
	struct imap_range *end = set->n ? &set->v[set->n - 1] : NULL;

	if (end == NULL || (end->last != UINT32_MAX && first > end->last + 1))
		return push(set, first, last);
	if (first >= end->first) {
		if (last > end->last)
			end->last = last;
		return 0;
	}
	if (push(set, first, last) < 0)
		return -1;
	imap_set_resolve(set, 0);
	return 0;
}

int
imap_set_push(struct imap_set *set, uint32_t v)
{
	struct imap_range *end = set->n ? &set->v[set->n - 1] : NULL;

	if (end && end->last != UINT32_MAX && v == end->last + 1) {
		end->last = v;
		return 0;
	}
	return push(set, v, v);
}

int
imap_set_format(const struct imap_set *set, struct buf *b)
{
	size_t i;

	for (i = 0; i < set->n; i++) {
		if (i)
			buf_addc(b, ',');
		buf_addu(b, set->v[i].first);
		if (set->v[i].last != set->v[i].first) {
			buf_addc(b, ':');
			buf_addu(b, set->v[i].last);
		}
	}
	return buf_ok(b) ? 0 : -1;
}

void
imap_set_free(struct imap_set *set)
{
	free(set->v);
	*set = (struct imap_set){ 0 };
}

static int
push(struct imap_set *set, uint32_t first, uint32_t last)
{
	struct imap_range *v;
	size_t size;

	if (set->n == set->size) {
		size = set->size ? set->size * 2 : 4;
		if ((v = reallocarray(set->v, size, sizeof *v)) == NULL)
			return -1;
		set->v = v;
		set->size = size;
	}
	set->v[set->n++] = (struct imap_range){ first, last };
	return 0;
}

/* seq-number = nz-number / "*" */
static int
take(struct span *in, uint32_t *v, const char **why)
{
	uint64_t n;

	if (in->n && in->p[0] == '*') {
		*in = span_from(*in, 1);
		*v = 0;
		return 0;
	}
	*why = "not a sequence-set (RFC 9051 9)";
	if (in->n == 0 || in->p[0] == '0' ||
	    scan_front(in, UINT32_MAX, &n) != 1)
		return -1;
	*v = (uint32_t)n;
	return 0;
}

static int
by_first(const void *a, const void *b)
{
	const struct imap_range *x = a, *y = b;

	return (x->first > y->first) - (x->first < y->first);
}

/* The first range that ends at v or behind it. */
static size_t
find(const struct imap_set *set, uint32_t v)
{
	size_t low = 0, high = set->n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (set->v[middle].last < v)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}
