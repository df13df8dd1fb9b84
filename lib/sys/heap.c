/* heap - what malloc holds, where processes are forked and memory counts. */
#include <malloc.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#include "sys/heap.h"

enum {
	LARGE = 65536,			/* for this malloc looks through all */
	SMALL = 1040			/* up to here each size has a list */
};

void
heap_settle(void)
{
	void *volatile large = malloc(LARGE);

	free(large);
	heap_trim();
}

void
heap_fill(void)
{
	uintptr_t end = (uintptr_t)sbrk(0) - mallinfo2().keepcost;
	void *volatile p;
	size_t n;

	for (n = LARGE; n >= 16; n -= n > SMALL ? n / 8 : 16) {
		do
			p = malloc(n);
		while (p && (uintptr_t)p < end);
		free(p);
	}
	heap_trim();
}

void
heap_trim(void)
{
	malloc_trim(0);
}
