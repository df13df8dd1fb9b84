/* merge - a stable merge sort over numbers that stand for something else. */
#ifndef BASE_MERGE_H
#define BASE_MERGE_H

#include <stddef.h>
#include <stdint.h>

/* cmp: below, at or above 0, as of memcmp.  What is equal keeps its order.
 * 0, or -1 when there is no memory (for as many again). */
int	merge_sort(uint32_t *v, size_t n,
	    int (*cmp)(const void *arg, uint32_t a, uint32_t b),
	    const void *arg);

#endif
