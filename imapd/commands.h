/* commands - what a client may say before its login. */
#ifndef IMAPD_COMMANDS_H
#define IMAPD_COMMANDS_H

#include "imapd/session.h"
#include "wire/imap_command.h"

/* One command.  Replies are left in session.out. */
void	commands_run(struct session *, struct span text);

/* RFC 2971: "* ID (…)" */
void	commands_id(struct out *);

#endif
