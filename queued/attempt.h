/*
 * attempt - one attempt for one message: routes its recipients, hears what
 * became of them, has reports made, and lets it go or lets it wait.
 */
#ifndef QUEUED_ATTEMPT_H
#define QUEUED_ATTEMPT_H

#include "queued/loop.h"

int	attempt_runs(const struct queued *, const char *id);
/* Takes it over; it is freed when the attempt is over. */
void	attempt_begin(struct queued *, struct message *);
/* Once more what could not be moved. */
void	attempt_tick(struct queued *);
/* We end: state/ID knows who of each has the message. */
void	attempt_leave(struct queued *);

/* For deliver and errand: arg is the struct queued. */
void	attempt_heard(void *, struct rcpt *, const struct heard *);
void	attempt_gone(void *, struct rcpt *);
void	attempt_reported(struct queued *, const struct errand *,
	    const struct verdict *, const char *id);

/* For deliver_reroute: by the routes of now. */
int	attempt_key(void *, const struct rcpt *, char [HOP_KEY]);

#endif
