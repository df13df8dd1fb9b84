/*
 * settle - what an attempt comes to, when all that can be known in it is
 * known: who shares another's outcome, whose time is over, who is told what.
 */
#ifndef QUEUED_SETTLE_H
#define QUEUED_SETTLE_H

#include "queued/config.h"
#include "queued/message.h"

/* No recipient is RCPT_SAME any more, and each has in told what its sender, or
 * the owner of its list, is to hear.  Returns how many there are. */
unsigned settle_all(const struct config *, struct message *);

/* In the middle of an attempt, which will be begun again: only who has the
 * message is still news.  0: nobody, or some of it hangs together with what is
 * not known yet, or is to be told. */
int	settle_halfway(struct message *);

/* Does anybody hear of it if it fails? */
int	settle_hears(const struct rcpt *);

#endif
