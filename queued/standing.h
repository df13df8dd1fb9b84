/*
 * standing - what is remembered of destinations after their queues are empty:
 * whether mail went there the last time, failed there, or neither.
 *
 * A table of fixed size, by a hash of the key; what falls on the same place
 * forgets the other.  A wrong memory costs one attempt in the wrong share.
 */
#ifndef QUEUED_STANDING_H
#define QUEUED_STANDING_H

#include <stdint.h>

enum { STANDING_SLOTS = 65536 };

/* From the one who waits for all others to the one who waits for nobody. */
enum standing {
	STANDING_BAD,			/* failed, with no success since */
	STANDING_SLOW,			/* here: programs, and a mailbox that
					 * hung, with no success since */
	STANDING_NEW,			/* not known, or failed once */
	STANDING_GOOD,
	STANDING_LOCAL,			/* here: other mailboxes */
	STANDINGS
};

struct standing_table {			/* all 0: nothing is known */
	uint32_t slot[STANDING_SLOTS];	/* hash without its last bit, | good */
};

enum standing standing_get(const struct standing_table *, const char *key);
/* Heard of it: success makes it good, a failure one worse.  What it is now. */
enum standing standing_hear(struct standing_table *, const char *key,
	    int success);

#endif
