/* commands - what each command of SMTP does; nothing here touches a socket of
 * the client. */
#ifndef SMTPD_COMMANDS_H
#define SMTPD_COMMANDS_H

#include "smtpd/session.h"

/* Does it, or says why not.  354 (DATA): the text follows, and the session
 * receives it; for BDAT 250 means that its bytes belong to a message. */
struct verdict commands_run(struct session *, const struct smtp_command *);

/* The message in hand is done with or given up. */
void	commands_forget(struct session *);

#endif
