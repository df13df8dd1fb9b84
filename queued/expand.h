/*
 * expand - what aliases, forwards and the site's copies make of recipients.
 */
#ifndef QUEUED_EXPAND_H
#define QUEUED_EXPAND_H

#include "queued/message.h"
#include "queued/route.h"
#include "run/site.h"
#include "wire/job.h"

/* The copies that always_bcc asks for, where this is the first attempt. */
void	expand_copies(const struct site *, struct message *);

/* Has it come back to where it was?  1, and it is RCPT_SAME; -1 with the
 * verdict where it came too far; or 0. */
int	expand_circle(struct rcpt *, struct verdict *);

/* Does another recipient go to this address (normal form) already?  1, and r
 * is RCPT_SAME; else 0, and it is remembered. */
int	expand_twice(struct rcpt *, struct span normal);

/* What our aliases and forwards send to other servers goes under a sender of
 * ours, where the one it has is a stranger's (mail/srs.h). */
void	expand_sender(struct directory *, struct rcpt *);

/* Puts others in its place.  0: it is RCPT_SPREAD, they are the message's
 * last; -1 with the verdict for it. */
int	expand_alias(struct directory *, struct rcpt *, const struct route *,
	    struct verdict *);
int	expand_forward(struct rcpt *, const struct answer *,
	    struct verdict *);

#endif
