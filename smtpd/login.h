/*
 * login - AUTH (RFC 4954): what the client and the password check say to each
 * other, carried between them.
 *
 * The session learns no user: the check tells the listener, and who goes on is
 * another process (DESIGN 5).
 */
#ifndef SMTPD_LOGIN_H
#define SMTPD_LOGIN_H

#include "smtpd/session.h"

enum { LOGIN_TRIES = 10 };		/* failed ones in a connection */

/* "AUTH PLAIN …" as EHLO announces it, or "" where nobody logs in (now). */
const char *login_keyword(const struct session *);

/*
 * The command, then each line of the client's.  334: a challenge has been
 * added to the output, another line is wanted; 235: the client is who it says;
 * anything else ends the login.
 */
struct verdict login_begin(struct session *, const struct smtp_command *);
struct verdict login_line(struct session *, struct span line);

#endif
