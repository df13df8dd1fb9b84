/* events - the log lines of a session. */
#ifndef SMTPD_EVENTS_H
#define SMTPD_EVENTS_H

#include "smtpd/session.h"

/* The command, where there is one, tells the address in question. */
void	events_refused(const struct session *, const struct smtp_command *,
	    const struct verdict *);
void	events_closed(const struct session *);

#endif
