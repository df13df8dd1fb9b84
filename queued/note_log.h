/* note_log - queued's log lines about messages, in one form. */
#ifndef QUEUED_NOTE_LOG_H
#define QUEUED_NOTE_LOG_H

#include "queued/errand.h"
#include "queued/message.h"

/* event=delivered or failed; key: the mailbox or the domain, or NULL. */
void	log_outcome(const struct rcpt *, const char *via, const char *key);
void	log_expanded(const struct rcpt *);
void	log_expired(const struct rcpt *);
void	log_dropped(const struct rcpt *);
/* A line for each recipient that waits and was heard of in this attempt. */
void	log_deferred(const struct message *);
/* One for all recipients of a destination that were not, and keep their fate;
 * why it was not asked. */
void	log_put_off(int local, const char *key, unsigned count,
	    const struct verdict *why);
/* An operator took it away meanwhile. */
void	log_moved(const struct message *, const char *event);
void	log_report(const struct errand *, const struct verdict *,
	    const char *id);

#endif
