/* login - AUTH (RFC 4954), for which run/sasl_dialog does the talking. */
#ifndef SMTPD_LOGIN_H
#define SMTPD_LOGIN_H

#include "smtpd/session.h"

enum { LOGIN_TRIES = 10 };		/* failed ones in a connection */

/* The i-th mechanism that EHLO announces, NULL behind the last; none where
 * nobody logs in (now). */
const char *login_mechanism(const struct session *, size_t i);

/* A login to its end, one way or the other: 235, the client is who it says; 0,
 * it has gone. */
struct verdict login_run(struct session *, const struct smtp_command *);

#endif
