/* attend - a client that says nothing is told what happens: in IDLE, and with
 * NOTIFY between commands. */
#ifndef IMAPD_ATTEND_H
#define IMAPD_ATTEND_H

#include "imapd/box.h"

struct attend {
	struct box *b;
	int hint;			/* of the selected mailbox; -1: none */
	int idle;			/* in IDLE: it hears now and then */
	uint64_t until, said;		/* ms */
	int rested;
};

void	attend_begin(struct attend *, struct box *, int idle);
/* Tells what is new; gone 1: of the selected mailbox too what is gone.  0, or
 * -1 with errno. */
int	attend_look(struct attend *, int gone);
/* Until the client speaks, a hint comes, or it is time to look.  1; or 0: the
 * session is over. */
int	attend_wait(struct attend *);
void	attend_end(struct attend *);

#endif
