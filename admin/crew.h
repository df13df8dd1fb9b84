/*
 * crew - a long list of work, done by several processes at once.
 *
 * A queue of a million messages is a million small files: what takes the time
 * is to wait for each of them, not to compute.
 */
#ifndef ADMIN_CREW_H
#define ADMIN_CREW_H

#include <stddef.h>

enum { CREW_PART = 1024 };

/*
 * Calls part for one range [from, to) after the other, in children when there
 * are more than CREW_PART; what they write to standard output comes out in the
 * order of the ranges.  part returns an exit status.  Returns the highest of
 * them, or SAY_AGAIN when not all could be done; when nobody reads our output
 * any more it stops, and says nothing.
 */
int	crew_run(size_t n, int (*part)(void *, size_t from, size_t to), void *);

#endif
