/* environ - the facts that a program finds in its environment, by the names
 * that programs know from qmail and from Postfix. */
#ifndef LOCALDELIVER_ENVIRON_H
#define LOCALDELIVER_ENVIRON_H

#include "localdeliver/deliver.h"

enum { ENVIRON_MAX = 24 };

struct facts_env {
	struct buf text;		/* max RECORD_MAX; owned */
	char *var[ENVIRON_MAX];		/* into it, NULL at the end */
};

/* 0, or -1 (memory). */
int	environ_make(struct facts_env *, const struct owner *,
	    const struct job *, const struct job_rcpt *);

#endif
