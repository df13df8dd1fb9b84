/*
 * attempt - one job: the connection that is open, or host after host, until
 * each recipient has a verdict.
 */
#ifndef REMOTED_ATTEMPT_H
#define REMOTED_ATTEMPT_H

#include "remoted/client.h"
#include "remoted/transact.h"

enum {
	ATTEMPT_HOSTS = 8,		/* tried for one job */
	ATTEMPT_SESSIONS = 2		/* of them so many up to MAIL */
};

struct attempt {
	struct client client;
	struct resolve resolve;
	struct fate fate[JOB_RCPTS];	/* by the job's order; all FATE_KNOWN
					 * when it is over */
};

void	attempt_job(struct attempt *, const struct job *, int fd);

#endif
