/* events - the log lines of a session. */
#include "smtpd/events.h"
#include "sys/clock.h"
#include "sys/log.h"

static void client(const struct session *, struct log *);

/* The texts of our refusals end in "(the rule)". */
void
events_refused(const struct session *s, const struct smtp_command *c,
    const struct verdict *v)
{
	struct span text = span_of(v->text);
	size_t at = span_ends(text, SPAN(")")) ? span_rfind(text, '(') :
	    text.n;
	struct verdict code = { .code = v->code };
	struct log l;

	log_open(&l, LOG_INFO, "refused");
	client(s, &l);
	if (c && c->path.p)
		log_addr(&l, c->verb == SMTP_MAIL ? "sender" : "rcpt",
		    c->path);
	memcpy(code.enhanced, v->enhanced, sizeof code.enhanced);
	log_verdict(&l, &code);
	log_text(&l, "reason", span_trim(span_sub(text, 0, at)));
	if (at < text.n)
		log_text(&l, "rule", span_sub(text, at + 1, text.n - 1));
	log_close(&l);
}

void
events_closed(const struct session *s)
{
	struct log l;

	log_open(&l, LOG_INFO, "closed");
	client(s, &l);
	log_num(&l, "commands", s->commands);
	log_num(&l, "messages", s->accepted);
	log_num(&l, "refused", s->refused);
	log_num(&l, "seconds", (clock_mono_ms() - s->began_ms) / 1000);
	log_str(&l, "reason", s->over);
	log_close(&l);
}

static void
client(const struct session *s, struct log *l)
{
	facts_log_client(l, s->facts);
	facts_log_rest(l, s->facts);
	if (s->helo[0])
		log_str(l, "helo", s->helo);
}
