/*
 * sts_find - the policy of a domain: from disk, or fetched where its TXT
 * record says that there is another (RFC 8461 3.3, 5.1).
 *
 * A policy that was fetched once holds for its max_age, whatever DNS or the
 * web server say meanwhile.  One that cannot be fetched is none, and is not
 * tried again for five minutes.
 */
#ifndef REMOTED_STS_FIND_H
#define REMOTED_STS_FIND_H

#include "base/buf.h"
#include "remoted/sts.h"
#include "wire/sts_channel.h"

struct sts_kept {
	char id[STS_ID];
	int64_t fetched;
	struct buf text;		/* policy points into it */
	struct sts_policy policy;
};

/* 1; 0: none, or none of now. */
int	sts_find(struct sts *, const char *domain, struct sts_kept *);
void	sts_kept_free(struct sts_kept *);

/* Fetches again what is a day old, or half as old as it may become, and
 * removes what has expired. */
void	sts_refresh(struct sts *);

#endif
