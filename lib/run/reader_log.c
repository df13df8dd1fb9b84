/* reader_log - what the log lines of pop3d and imapd have in common. */
#include "run/reader_log.h"
#include "sys/stream.h"

const char *
reader_log_stream(long r)
{
	return r == STREAM_EOF ? "closed by client" :
	    r == STREAM_TIMEOUT ? "timeout" :
	    r == STREAM_SIGNAL ? "shutdown" : "error";
}

void
reader_log_open(struct log *l, const char *event, const char *user,
    const struct facts *f)
{
	log_open(l, LOG_INFO, event);
	if (user)
		log_str(l, "user", user);
	facts_log_client(l, f);
	facts_log_rest(l, f);
	log_str(l, "tls", f->tls ? f->tls_version : "none");
}

void
reader_log_closed(const struct facts *f, uint64_t logins, uint64_t refused,
    const char *why)
{
	struct log l;

	reader_log_open(&l, "closed", NULL, f);
	log_num(&l, "logins", logins);
	log_num(&l, "refused", refused);
	log_str(&l, "reason", why);
	log_close(&l);
}
