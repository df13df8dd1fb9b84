/* session - a POP3 connection before its login. */
#include <sys/socket.h>
#include <stdio.h>

#include "pop3d/commands.h"
#include "pop3d/session.h"
#include "run/ask.h"
#include "run/proxied.h"
#include "run/reader_log.h"
#include "sys/clock.h"

static void obey(struct session *, struct span);
static int  leave(struct session *);
static int  waiting(const struct session *);

int
session_serve(struct role_env *env, const struct note *n, int fd[CHAN_FDS])
{
	static unsigned char input[POP3_AUTH_LINE], output[2 * OUT_REPLY];
	static struct session s;
	struct span line;

	if (n->facts.phase == PHASE_PROXY)
		return proxied_serve(&n->facts, fd[0], fd[1]);
	s.env = env;
	s.conf = env->conf;
	s.facts = &n->facts;
	s.control = fd[1];
	s.client = (struct stream){ .fd = fd[0], .b = input,
	    .size = sizeof input,
	    .set_s = s.facts->tls ? 0 : STREAM_ACCEPTED_S,
	    .timeout_s = (unsigned)s.conf->reader.login_timeout,
	    .deadline_ms = clock_mono_ms() +
	    s.conf->reader.login_timeout * 1000 };
	s.out = (struct out){ .stream = &s.client, .b = output,
	    .size = sizeof output };
	/* RFC 2595 4: none after STLS */
	if (s.facts->phase == PHASE_START)
		out_ok(&s.out, "%s POP3 ready", env->site->hostname);
	while (s.next == NEXT_COMMAND && session_line(&s, &line))
		obey(&s, line);
	return leave(&s);
}

int
session_line(struct session *s, struct span *line)
{
	struct span have;
	size_t n;
	long r;

	while ((have = stream_have(&s->client)).n == 0 ||
	    have.p[have.n - 1] != '\n') {
		r = out_flush(&s->out) < 0 ? STREAM_EOF :
		    stream_fill_to(&s->client, '\n');
		if (r > 0)
			continue;
		if (r == -1 && have.n == s->client.size) {
			out_err(&s->out, "", "line too long (RFC 2449 4)");
			s->over = "long line";
			s->unexpected = 1;
		} else
			s->over = reader_log_stream(r);
		s->next = NEXT_END;
		return 0;
	}
	stream_eat(&s->client, have.n);
	n = have.n - 1;
	if (n && have.p[n - 1] == '\r')
		n--;
	*line = span_sub(have, 0, n);
	return 1;
}

static void
obey(struct session *s, struct span line)
{
	uint64_t before = s->errors;

	commands_run(s, line);
	if (s->errors > before && s->errors > s->conf->max_errors) {
		s->next = NEXT_END;
		s->over = "max_errors";
		s->unexpected = 1;
	}
}

static int
leave(struct session *s)
{
	char text[64];

	/* what stands behind STLS in the clear is somebody else's: closed
	 * without an answer, which would be taken for one to it */
	if (s->next == NEXT_TLS && waiting(s)) {
		s->next = NEXT_END;
		s->over = "input after STLS";
		s->out.n = 0;
	}
	if (s->next == NEXT_MAILBOX) {
		snprintf(text, sizeof text, "%s%s", s->mech,
		    s->utf8 ? " utf8" : "");
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
