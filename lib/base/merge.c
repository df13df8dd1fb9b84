/* merge - a stable merge sort, from the bottom up. */
#include <stdlib.h>
#include <string.h>

#include "base/merge.h"

int
merge_sort(uint32_t *v, size_t n,
    int (*cmp)(const void *, uint32_t, uint32_t), const void *arg)
{
	uint32_t *from = v, *to, *room, *swap;
	size_t width, at, a, b, middle, end, i;

	if (n < 2)
		return 0;
	if ((room = to = calloc(n, sizeof *v)) == NULL)
		return -1;
	for (width = 1; width < n; width *= 2) {
		for (at = 0; at < n; at = end) {
			a = at;
			b = middle = n - at < width ? n : at + width;
			end = n - middle < width ? n : middle + width;
			/* runs that follow each other stay: what comes nearly
			 * in order is cheap */
			if (b == end || cmp(arg, from[b - 1], from[b]) <= 0)
				a = middle;
			for (i = at; i < end && a < middle; i++)
				to[i] = b < end &&
				    cmp(arg, from[b], from[a]) < 0 ?
				    from[b++] : from[a++];
			memcpy(to + i, from + i, (end - i) * sizeof *v);
		}
		swap = from;
		from = to;
		to = swap;
	}
	if (from != v)
		memcpy(v, from, n * sizeof *v);
	free(room);
	return 0;
}
