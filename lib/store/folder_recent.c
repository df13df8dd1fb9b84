/* folder_recent - which messages are \Recent. */
#include <stdlib.h>

#include "store/folder_recent.h"

static int ours(const struct recent *, uint32_t);

int
recent_has(const struct recent *r, uint32_t uid)
{
	return uid >= r->from || ours(r, uid);
}

void
recent_gone(struct recent *r, uint32_t uid)
{
	if (uid >= r->from)
		r->free--;
	else if (ours(r, uid))
		r->taken--;
}

int
recent_take(struct recent *r, uint32_t uidnext)
{
	uint32_t *v = r->edge;

	if (r->free == 0)
		return 0;
	/* a row goes on unless another session has had some since */
	if (r->nedge == 0 || v[r->nedge - 1] != r->from) {
		v = reallocarray(v, r->nedge + 2, sizeof *v);
		if (v == NULL)
			return 0;
		r->edge = v;
		v[r->nedge] = r->from;
		r->nedge += 2;
	}
	v[r->nedge - 1] = r->from = uidnext;
	r->taken += r->free;
	r->free = 0;
	return 1;
}

/* An odd number of edges lies below it or at it. */
static int
ours(const struct recent *r, uint32_t uid)
{
	size_t from = 0, to = r->nedge, i;

	while (from < to) {
		i = from + (to - from) / 2;
		if (r->edge[i] <= uid)
			from = i + 1;
		else
			to = i;
	}
	return from & 1;
}
