/* events - the log lines of imapd. */
#include "imapd/events.h"
#include "sys/clock.h"
#include "sys/log.h"

static void client(struct log *, const struct facts *);

const char *
events_stream(long r)
{
	return r == STREAM_EOF ? "closed by client" :
	    r == STREAM_TIMEOUT ? "timeout" :
	    r == STREAM_SIGNAL ? "shutdown" : "error";
}

void
events_closed(const struct session *s)
{
	struct log l;

	log_open(&l, LOG_INFO, "closed");
	client(&l, s->facts);
	log_num(&l, "logins", s->logins);
	log_num(&l, "refused", s->errors);
	log_str(&l, "reason", s->over);
	log_close(&l);
}

void
events_login(const struct box *b, const char *result)
{
	struct log l;

	log_open(&l, LOG_INFO, "login");
	log_str(&l, "user", b->facts->user);
	client(&l, b->facts);
	log_str(&l, "mech", b->mech);
	log_str(&l, "result", result);
	log_close(&l);
}

void
events_logout(const struct box *b)
{
	struct log l;

	log_open(&l, LOG_INFO, "logout");
	log_str(&l, "user", b->facts->user);
	client(&l, b->facts);
	log_num(&l, "fetched", b->fetched);
	log_num(&l, "bytes", b->fetched_bytes);
	log_num(&l, "appended", b->appended);
	log_num(&l, "expunged", b->expunged);
	log_num(&l, "seconds", (clock_mono_ms() - b->began_ms) / 1000);
	log_str(&l, "reason", b->over ? b->over : "closed by client");
	log_close(&l);
}

static void
client(struct log *l, const struct facts *f)
{
	char ip[IP_TEXT];

	ip_format(&f->client, ip);
	log_str(l, "client", ip);
	log_str(l, "tls", f->tls ? f->tls_version : "none");
}
