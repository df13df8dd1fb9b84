/* heap - what malloc holds, where processes are forked and memory counts. */
#include <malloc.h>
#include <stdlib.h>

#include "sys/heap.h"

enum { LARGE = 65536 };		/* for this malloc looks through all it has */

void
heap_settle(void)
{
	void *volatile large = malloc(LARGE);

	free(large);
	heap_trim();
}

void
heap_trim(void)
{
	malloc_trim(0);
}
