/* reader_log - what the log lines of pop3d and imapd have in common. */
#ifndef RUN_READER_LOG_H
#define RUN_READER_LOG_H

#include "run/facts.h"
#include "sys/log.h"

/* What a result of stream_fill means for a connection. */
const char *reader_log_stream(long);
/* Opens the line of an event with user (NULL: none), client and tls. */
void	reader_log_open(struct log *, const char *event, const char *user,
	    const struct facts *);
/* A connection that never logged in, and why it ended. */
void	reader_log_closed(const struct facts *, uint64_t logins,
	    uint64_t refused, const char *why);

#endif
