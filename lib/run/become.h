/*
 * become - a child of a parent that is root turns into a mailbox's user.
 *
 * Ids first, paths after (run/enclose): what a user may have laid links in is
 * walked with that user's rights alone.  Shared by localdeliver, pop3d and
 * imapd.
 */
#ifndef RUN_BECOME_H
#define RUN_BECOME_H

#include "base/verdict.h"
#include "run/role.h"
#include "store/mailbox.h"

/*
 * Looks the key up in the users table, closes all tables, and takes the
 * mailbox's ids: no supplementary group, and the proof that root cannot
 * return.  0; or -1 and *v, of code 550 (root has no mail here) or 451 (no
 * such mailbox, damaged table), which has been logged: then it has become
 * nobody.  Not as root (env->root 0) ids stay.  Does not return on failure.
 */
int	become(struct role_env *, const char *key, struct mailbox *,
	    struct verdict *v);

#endif
