/* events - the log lines of a mailbox session. */
#ifndef POP3D_EVENTS_H
#define POP3D_EVENTS_H

#include "pop3d/drop.h"

void	events_login(const struct drop *, const char *result);
void	events_logout(const struct drop *);

#endif
