/* counts - how many connections an address and its network have open. */
#ifndef RUN_COUNTS_H
#define RUN_COUNTS_H

#include <stddef.h>
#include <stdint.h>

#include "base/ip.h"

struct count;

/* Chained, keyed with a secret, so that nobody chooses who shares a chain. */
struct counts {
	struct count **slot;		/* a power of two of them */
	size_t slots, used;
	uint64_t secret;
};

/* 0, or -1: no memory.  Room for about n keys without long chains. */
int	counts_init(struct counts *, size_t n);
/* The count of the first bits of the address. */
uint64_t counts_get(const struct counts *, const struct ip *, unsigned bits);
/* Adds 1; 0, or -1: no memory. */
int	counts_add(struct counts *, const struct ip *, unsigned bits);
/* Takes 1 away; forgets the key at 0. */
void	counts_sub(struct counts *, const struct ip *, unsigned bits);
void	counts_free(struct counts *);

#endif
