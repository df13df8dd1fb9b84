/*
 * waiting - what queued says that recipients wait for (queued/waiting.h).
 */
#ifndef ADMIN_WAITING_H
#define ADMIN_WAITING_H

#include "base/span.h"
#include "store/queue.h"

struct waiting {			/* ends with exit */
	struct span *line;		/* sorted */
	size_t n;
	int told;			/* there was an answer */
};

/* Asks by the FIFO (-1: nobody reads it) and waits for the answer, a second or
 * two; there may be none. */
void	waiting_ask(struct waiting *, const struct queue *, int trigger);
/* Of recipient nr of the message: 1, until when (0: nobody knows) and for what;
 * 0: it is not in queued's memory. */
int	waiting_for(const struct waiting *, const char *id, size_t nr,
	    int64_t *until, struct span *what);

#endif
