/* events - the log lines of a mailbox session. */
#include "pop3d/events.h"
#include "run/reader_log.h"
#include "sys/clock.h"

void
events_login(const struct drop *d, const char *result)
{
	struct log l;

	reader_log_open(&l, "login", d->facts->user, d->facts);
	log_str(&l, "mech", d->mech);
	log_num(&l, "messages", d->count);
	log_str(&l, "result", result);
	log_close(&l);
}

void
events_logout(const struct drop *d)
{
	struct log l;

	reader_log_open(&l, "logout", d->facts->user, d->facts);
	log_num(&l, "retr", d->retr);
	log_num(&l, "bytes", d->retr_bytes);
	log_num(&l, "top", d->top);
	log_num(&l, "deleted", d->expunged);
	log_num(&l, "left", d->count - d->expunged);
	log_num(&l, "refused", d->out.refused);
	log_num(&l, "seconds", (clock_mono_ms() - d->began_ms) / 1000);
	log_str(&l, "reason", d->over);
	log_close(&l);
}
