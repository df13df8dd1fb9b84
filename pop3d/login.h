/* login - the dialog of a login, with the client and with the password check
 * (DESIGN 5). */
#ifndef POP3D_LOGIN_H
#define POP3D_LOGIN_H

#include "pop3d/session.h"

/* USER and PASS, as SASL PLAIN.  On success session.next is NEXT_MAILBOX, and
 * the answer is the mailbox process's to give. */
void	login_password(struct session *, struct span password);
/* AUTH (RFC 5034). */
void	login_sasl(struct session *, const struct pop3_command *);

#endif
