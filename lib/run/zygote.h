/*
 * zygote - a process that has given up all its children must not have, and
 * forks one for each NOTE_SPAWN that comes on one of its links.
 */
#ifndef RUN_ZYGOTE_H
#define RUN_ZYGOTE_H

#include "run/role.h"

/*
 * Serves until the monitor goes away.  serve() is called in the child, with
 * the request and its descriptors (as chan_recv gave them); its return value
 * is the exit status; blocking calls there end with EINTR at SIGTERM.  New
 * tables and links are taken between requests, so that a child starts with
 * what is current.  A child that dies by a signal of its own making (SEGV,
 * SYS …) makes the zygote ask for its own replacement (NOTE_RETIRE): what lies
 * where in memory must not be learned by trying.  It sees that before its next
 * request, or after a second without one.  A request that finds role_env.stale
 * does the same.  It serves until its askers have been given another link, and
 * ends with its last child.
 *
 * A child that cannot be forked is told of (NOTE_NONE) on the second of those
 * descriptors, a control channel where there is one.
 *
 * With ROLE_RESTS it returns 0 too when it has had neither a child nor a
 * request for a while: what comes after that waits on the link for the next.
 */
int	zygote_run(struct role_env *, int (*serve)(struct role_env *,
	    const struct note *, int fd[CHAN_FDS]));

#endif
