/*
 * program - a checkpassword program, which answers in place of the table.
 */
#ifndef AUTH_PROGRAM_H
#define AUTH_PROGRAM_H

#include "auth/worker.h"

/* Waits for its end, auth.checkpassword_timeout at most.  What it leaves
 * behind in its process group ends too. */
enum worker_answer program_ask(const struct worker_ask *,
	    const struct auth_conf *);

#endif
