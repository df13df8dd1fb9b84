/* serve - the root parent, and how its child becomes a mailbox's user. */
#ifndef LOCALDELIVER_SERVE_H
#define LOCALDELIVER_SERVE_H

#include "run/role.h"

/* The role: forks a child for each NOTE_SPAWN {text: mailbox key, fd[0]: a
 * channel of jobs, arg: 0 or SPAWN_PROGRAM}. */
int	serve_role(struct role_env *);

#endif
