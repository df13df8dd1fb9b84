/* events - the log lines of a mailbox session. */
#ifndef IMAPD_EVENTS_H
#define IMAPD_EVENTS_H

#include "imapd/box.h"

void	events_login(const struct box *, const char *result);
void	events_logout(const struct box *);

#endif
