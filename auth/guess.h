/*
 * guess - how long the next try of a user from a network has to wait.
 *
 * What counts is *distinct* wrong secrets: a telephone with last year's
 * password makes one, however often it calls.  A user from a network that has
 * made a few waits before each further try is looked at, longer each time;
 * nobody else waits.  A right one takes the wait down to where one more wrong
 * secret brings it back.  A network that has made many, over all users, waits
 * as well, but not where that user has logged in from it lately, so that an
 * office behind one address goes on working.  At an address (IPv6: a /64) that
 * a user has logged in from lately only what was wrong there counts: who
 * guesses from next door locks nobody out.  Memory is fixed; what is idle
 * for an hour, or the least recent when room runs out, is forgotten.
 */
#ifndef AUTH_GUESS_H
#define AUTH_GUESS_H

#include <stdint.h>

#include "base/ip.h"
#include "base/span.h"

enum {
	GUESS_FREE = 3,			/* wrong ones of a user, no delay */
	GUESS_FREE_NET = 20,		/* of a network */
	GUESS_DELAY_MAX_MS = 30000,
	GUESS_FORGET_MS = 3600000
};

struct guess;

struct guess *guess_new(void);		/* NULL: no memory */
void	guess_free(struct guess *);

/* When (clock_mono_ms) a try may be looked at; counts as one that is under
 * way, so that many at once do not pass together.  0: too many wait. */
uint64_t guess_when(struct guess *, struct span user, const struct ip *,
	    uint64_t now_ms);
/* It was wrong; the secret is kept as a keyed tag of 32 bits.  Returns the
 * tag: the same secret for the same user gives the same one. */
uint32_t guess_wrong(struct guess *, struct span user, const struct ip *,
	    struct span secret, uint64_t now_ms);
/* Has that user logged in from that network lately? */
int	guess_known(struct guess *, struct span user, const struct ip *,
	    uint64_t now_ms);
void	guess_right(struct guess *, struct span user, const struct ip *,
	    uint64_t now_ms);

#endif
