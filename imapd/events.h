/* events - the log lines of imapd, and words for them. */
#ifndef IMAPD_EVENTS_H
#define IMAPD_EVENTS_H

#include "imapd/box.h"
#include "imapd/session.h"

/* What a result of stream_fill means for a connection. */
const char *events_stream(long);
/* A connection that never logged in. */
void	events_closed(const struct session *);
void	events_login(const struct box *, const char *result);
void	events_logout(const struct box *);

#endif
