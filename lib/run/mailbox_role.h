/*
 * mailbox_role - the role "mailbox" of pop3d and imapd: a zygote that keeps
 * root, and how its child becomes a mailbox's user.
 *
 * The zygote loads the system call filter once for all its children; a child
 * looks the mailbox key up in the users table, becomes its user by run/become,
 * and only then touches the client's stream.
 */
#ifndef RUN_MAILBOX_ROLE_H
#define RUN_MAILBOX_ROLE_H

#include "base/verdict.h"
#include "run/role.h"

/*
 * What users.cdb says of a key; the tables are closed then.  0; or -1 and *v,
 * of code 550 (root has no mail here) or 451 (no such mailbox, damaged table),
 * which has been logged.
 */
int	mailbox_look_up(struct role_env *, const char *key, struct mailbox *,
	    struct verdict *);

/* Serves as run/zygote says; a role with ROLE_KEEPS_ROOT, ROLE_TABLES and
 * ROLE_FRESH.  serve begins with mailbox_enter. */
int	mailbox_role(struct role_env *, int (*serve)(struct role_env *,
	    const struct note *, int fd[CHAN_FDS]));

/*
 * In the child: looks up note.text, becomes that user, is confined to its
 * Maildir, which is made when there is none.  0; or -1 and *v why the mailbox
 * cannot be had (550: not without an operator): then this process is nobody,
 * or that user, and reaches no path.
 */
int	mailbox_enter(struct role_env *, const struct note *,
	    struct mailbox *, struct verdict *v);

#endif
