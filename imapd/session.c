/* session - an IMAP connection before its login. */
#include <sys/socket.h>
#include <stdio.h>

#include "imapd/capability.h"
#include "imapd/commands.h"
#include "imapd/session.h"
#include "run/ask.h"
#include "run/proxied.h"
#include "run/reader_log.h"
#include "sys/clock.h"

enum { INPUT = 8192, LAST_WORDS_S = 5 };

static void greet(struct session *);
static int  more(struct session *);
static void bad(struct session *, const char *);
static void obey(struct session *, struct span);
static void too_many(struct session *);
static int  leave(struct session *);
static int  waiting(const struct session *);

int
session_serve(struct role_env *env, const struct note *n, int fd[CHAN_FDS])
{
	static unsigned char input[INPUT], output[INPUT];
	static struct session s;
	struct span text;

	if (n->facts.phase == PHASE_PROXY)
		return proxied_serve(&n->facts, fd[0], fd[1]);
	s.env = env;
	s.conf = env->conf;
	s.facts = &n->facts;
	s.control = fd[1];
	s.reader.minus = 1;
	s.client = (struct stream){ .fd = fd[0], .b = input,
	    .size = sizeof input,
	    .set_s = n->facts.tls ? 0 : STREAM_ACCEPTED_S,
	    .timeout_s = (unsigned)s.conf->reader.login_timeout,
	    .deadline_ms = clock_mono_ms() +
	    s.conf->reader.login_timeout * 1000 };
	s.out = (struct out){ .stream = &s.client, .b = output,
	    .size = sizeof output };
	/* RFC 9051 6.2.1: none after STARTTLS */
	if (s.facts->phase == PHASE_START)
		greet(&s);
	while (s.next == NEXT_COMMAND && session_read(&s, &text))
		obey(&s, text);
	return leave(&s);
}

int
session_read(struct session *s, struct span *text)
{
	struct imap_reader *r = &s->reader;
	struct span in, have;
	enum imap_read got;
	const char *why;

	while (s->next != NEXT_END) {
		in = have = stream_have(&s->client);
		got = imap_read(r, &in, &why);
		stream_eat(&s->client, have.n - in.n);
		switch (got) {
		case IMAP_READ_COMMAND:
			*text = buf_span(&r->text);
			return 1;
		case IMAP_READ_CONTINUE:
			if (r->literal <= SESSION_LITERAL) {
				out_str(&s->out, "+ \r\n");
				break;
			}
			/* FALLTHROUGH */
		case IMAP_READ_MESSAGE:
			imap_reader_refuse(r);
			break;
		case IMAP_READ_REFUSED:
			bad(s, "log in first; before that literals have at "
			    "most 4096 octets");
			break;
		case IMAP_READ_BAD:
			bad(s, why);
			break;
		case IMAP_READ_MORE:
			if (!more(s))
				return 0;
		}
	}
	return 0;
}

static void
greet(struct session *s)
{
	char text[CAPABILITY_TEXT];

	capability_text(&(struct capability){ s->env->site, s->conf, s->facts,
	    0 }, text);
	out_tagged(&s->out, SPAN("*"), "OK", span_of(text), "IMAP4 ready");
}

/* Up to the end of a line and no further: a command ends with one. */
static int
more(struct session *s)
{
	long r = out_flush(&s->out) < 0 ? STREAM_EOF :
	    stream_fill_to(&s->client, '\n');

	if (r > 0)
		return 1;
	/* its time is up, but not for these words */
	s->client.deadline_ms = 0;
	s->client.timeout_s = LAST_WORDS_S;
	if (r == STREAM_TIMEOUT || r == STREAM_SIGNAL)
		out_line(&s->out, "* BYE %s", r == STREAM_TIMEOUT ?
		    "no login in time" : "the server is shutting down");
	s->over = reader_log_stream(r);
	s->next = NEXT_END;
	return 0;
}

static void
bad(struct session *s, const char *why)
{
	struct imap_command c;
	const char *unused;

	(void)imap_command_parse(&c, buf_span(&s->reader.text), 1, &unused);
	out_tagged(&s->out, c.tag, "BAD", SPAN(""), why);
	imap_command_free(&c);
	s->errors++;
	too_many(s);
}

static void
obey(struct session *s, struct span text)
{
	uint64_t before = s->errors;

	commands_run(s, text);
	if (s->errors > before)
		too_many(s);
}

static void
too_many(struct session *s)
{
	if (s->errors <= s->conf->max_errors)
		return;
	out_line(&s->out, "* BYE too many errors");
	s->next = NEXT_END;
	s->over = "max_errors";
	s->unexpected = 1;
}

static int
leave(struct session *s)
{
	char text[IMAP_TAG + 40];

	/* what stands behind STARTTLS in the clear is somebody else's: closed
	 * without an answer, which would be taken for one to it */
	if (s->next == NEXT_TLS && waiting(s)) {
		s->next = NEXT_END;
		s->over = "input after STARTTLS";
		s->out.n = 0;
	}
	if (s->next == NEXT_MAILBOX) {
		snprintf(text, sizeof text, "%s %s", s->tag, s->mech);
		return ask_logged_in(s->control, text) < 0;
	}
	if (out_flush(&s->out) == 0 && s->next == NEXT_TLS)
		return ask_starttls(s->control) < 0;
	reader_log_closed(s->facts, s->logins, s->errors, s->over);
	if (s->unexpected)
		stream_linger(&s->client);
	return 0;
}

static int
waiting(const struct session *s)
{
	char c;

	return recv(s->client.fd, &c, 1, MSG_PEEK | MSG_DONTWAIT) != -1;
}
