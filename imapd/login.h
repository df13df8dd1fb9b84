/* login - the dialog of a login, with the client and with the password check
 * (DESIGN 5). */
#ifndef IMAPD_LOGIN_H
#define IMAPD_LOGIN_H

#include "imapd/session.h"
#include "wire/imap_command.h"

/* LOGIN, as SASL PLAIN.  On success session.next is NEXT_MAILBOX, and the
 * answer is the mailbox process's to give. */
void	login_password(struct session *, struct span user,
	    struct span password);
/* AUTHENTICATE (RFC 9051 6.2.2, RFC 4959). */
void	login_sasl(struct session *, const struct imap_command *);

#endif
