/* imap_sort - the keys of messages that SORT puts in order. */
#include <stdlib.h>

#include "base/merge.h"
#include "wire/imap_sort.h"

/* A text's cell: where in .text, and the bits below its length. */
enum { LENGTH_BITS = 10, TEXT_MAX = 1 << 30 };

static int  compare(const void *, uint32_t, uint32_t);
static struct span text_of(const struct imap_sort *, int64_t);

int
imap_sort_add(struct imap_sort *s, uint32_t value)
{
	uint32_t more = s->size ? s->size * 2 : 256, i, *v;
	size_t keys = s->find->nsort;
	int64_t *cell;

	if (s->n == s->size) {
		if (s->size > UINT32_MAX / 2 || (v = reallocarray(s->value,
		    more, sizeof *v)) == NULL)
			return -1;
		s->value = v;
		cell = reallocarray(s->cell, more, keys * sizeof *cell);
		if (cell == NULL)
			return -1;
		s->cell = cell;
		s->size = more;
		s->text.max = TEXT_MAX;
	}
	for (i = 0; i < keys; i++)
		s->cell[s->n * keys + i] = 0;
	s->value[s->n++] = value;
	return 0;
}

void
imap_sort_number(struct imap_sort *s, uint32_t i, int64_t v)
{
	s->cell[(size_t)(s->n - 1) * s->find->nsort + i] = v;
}

int
imap_sort_text(struct imap_sort *s, uint32_t i, struct span text)
{
	text = span_sub(text, 0, IMAP_SORT_TEXT);
	imap_sort_number(s, i, (int64_t)(s->text.n << LENGTH_BITS | text.n));
	return buf_addspan(&s->text, text);
}

int
imap_sort_run(struct imap_sort *s)
{
	uint32_t i;

	if ((s->order = calloc((size_t)s->n + 1, sizeof *s->order)) == NULL)
		return -1;
	for (i = 0; i < s->n; i++)
		s->order[i] = i;
	return merge_sort(s->order, s->n, compare, s);
}

uint32_t
imap_sort_value(const struct imap_sort *s, uint32_t i)
{
	return s->value[s->order[i]];
}

void
imap_sort_free(struct imap_sort *s)
{
	free(s->value);
	free(s->order);
	free(s->cell);
	buf_free(&s->text);
	*s = (struct imap_sort){ .find = s->find };
}

int
imap_sort_is_text(enum imap_sort_key key)
{
	return key != IMAP_SORT_ARRIVAL && key != IMAP_SORT_DATE &&
	    key != IMAP_SORT_SIZE;
}

/* RFC 5256 3: REVERSE is of its criterion only, not of what is equal. */
static int
compare(const void *arg, uint32_t a, uint32_t b)
{
	const struct imap_sort *s = arg;
	const struct imap_find *f = s->find;
	const int64_t *x = s->cell + (size_t)a * f->nsort;
	const int64_t *y = s->cell + (size_t)b * f->nsort;
	uint32_t i;
	int r;

	for (i = 0; i < f->nsort; i++) {
		r = imap_sort_is_text(f->sort[i].key) ?
		    span_cmp(text_of(s, x[i]), text_of(s, y[i])) :
		    (x[i] > y[i]) - (x[i] < y[i]);
		if (r)
			return f->sort[i].reverse ? -r : r;
	}
	return 0;
}

static struct span
text_of(const struct imap_sort *s, int64_t cell)
{
	size_t at = (size_t)(cell >> LENGTH_BITS);

	return span_sub(buf_span(&s->text), at,
	    at + (size_t)(cell & ((1 << LENGTH_BITS) - 1)));
}
