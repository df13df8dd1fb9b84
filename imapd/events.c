/* events - the log lines of a mailbox session. */
#include "imapd/events.h"
#include "run/reader_log.h"
#include "sys/clock.h"

void
events_login(const struct box *b, const char *result)
{
	struct log l;

	reader_log_open(&l, "login", b->facts->user, b->facts);
	log_str(&l, "mech", b->mech);
	log_str(&l, "result", result);
	log_close(&l);
}

void
events_logout(const struct box *b)
{
	struct log l;

	reader_log_open(&l, "logout", b->facts->user, b->facts);
	log_num(&l, "fetched", b->fetched);
	log_num(&l, "bytes", b->fetched_bytes);
	log_num(&l, "appended", b->appended);
	log_num(&l, "expunged", b->expunged);
	log_num(&l, "no", b->answers[ANSWER_NO]);
	log_num(&l, "bad", b->answers[ANSWER_BAD]);
	log_num(&l, "seconds", (clock_mono_ms() - b->began_ms) / 1000);
	log_str(&l, "reason", b->over ? b->over : "closed by client");
	log_close(&l);
}
