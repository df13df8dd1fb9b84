/*
 * become - a process that may be root turns into a mailbox's user, for good.
 *
 * Ids first, paths after: what a user may have laid links in is walked with
 * that user's rights alone.  Shared by localdeliver and the monitors of pop3d
 * and imapd; the mailbox comes from the users table, never from a message.
 */
#ifndef RUN_BECOME_H
#define RUN_BECOME_H

#include "store/directory.h"
#include "store/maildir.h"

struct become {
	const char *name;		/* in ps */
	int root;			/* 0: ids stay (an ordinary user) */
	unsigned may;			/* of sys/confine */
	uint64_t data_bytes;		/* RLIMIT_DATA; 0: 256 MiB */
	int filtered;			/* confine_filter was called */
	int home;			/* the home is in reach too */
};

/* Supplementary groups (none are kept), group and user id, and the proof that
 * they cannot return.  Does not return on failure, nor for uid 0. */
void	become_user(int root, const struct mailbox *);

/*
 * become_user, then the mailbox's Maildir (made when there is none), then
 * confinement: with paths below the Maildir, and the home if asked for.
 * *home gets its descriptor (home may be NULL when become.home is 0).  0; or
 * -1 with errno and *path, what could not be reached: then the process is
 * confined too, and reaches no path at all.
 */
int	become(const struct become *, const struct mailbox *,
	    struct maildir *, int *home, const char **path);

#endif
