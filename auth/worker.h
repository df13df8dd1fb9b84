/*
 * worker - the processes that hash passwords, or ask a checkpassword program,
 * so that the check itself never waits.
 */
#ifndef AUTH_WORKER_H
#define AUTH_WORKER_H

#include "auth/config.h"
#include "run/role.h"

/* One question and its answer; packets of fixed size between two processes of
 * one build. */
struct worker_ask {
	char user[336];
	char password[1024];
	char hash[400];
	char proto[16];			/* for a checkpassword program */
};
enum worker_answer { WORKER_GOOD = 1, WORKER_WRONG, WORKER_LATER };

/* Forks one, before the role confines itself; it confines itself too.  The
 * channel (non-blocking use is the caller's), or -1 with errno. */
int	worker_start(const struct role_env *, const struct auth_conf *);

/* The hash that is compared for users that do not exist: as dear as a new
 * password's. */
const char *worker_dummy(void);

#endif
