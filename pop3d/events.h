/* events - the log lines of pop3d, and words for them. */
#ifndef POP3D_EVENTS_H
#define POP3D_EVENTS_H

#include "pop3d/drop.h"
#include "pop3d/session.h"

/* What a result of stream_fill means for a connection. */
const char *events_stream(long);
/* A connection that never logged in. */
void	events_closed(const struct session *);
void	events_login(const struct drop *, const char *result);
void	events_logout(const struct drop *);

#endif
