/* session - one SMTP connection: reads a command, has it done, answers. */
#include <sys/socket.h>
#include <assert.h>
#include <string.h>

#include "base/ascii.h"
#include "run/ask.h"
#include "run/proxied.h"
#include "smtpd/commands.h"
#include "smtpd/events.h"
#include "smtpd/login.h"
#include "smtpd/obey.h"
#include "sys/clock.h"
#include "wire/smtp_reply.h"

enum {
	LINE_PATIENCE = 64 << 10	/* bytes of a line that is too long */
};

static int  greet(struct session *);
static int  waiting(const struct session *);
static int  next_line(struct session *, struct span *);
static size_t longest(const struct session *, struct span);
static int  skip_line(struct session *);
static int  check_line(struct session *, struct span);
static int  fill(struct session *);
static void obey(struct session *, struct span);
static void obey_bdat(struct session *, const struct smtp_command *,
    struct verdict *);
static void obey_data(struct session *, struct verdict *);
static int  flush_ahead(struct session *);
static void obey_starttls(struct session *, struct verdict *);
static void obey_auth(struct session *, struct verdict *);
static void wipe(struct session *);
static void after_text(struct session *, const struct verdict *);
static void count(struct session *, const struct verdict *);
static void lost(struct session *, int);
static void end(struct session *, const char *, unsigned, const char *,
    const char *);
static void reply(struct session *, const struct verdict *);
static int  flush(struct session *);

int
session_serve(struct role_env *env, const struct note *n,
    int fd[CHAN_FDS])
{
	static unsigned char input[RECEIVE_BUFFER], answer[RECEIVE_ANSWER];
	/* what a waiting session touches of it lies on one page */
	static _Alignas(4096) struct session s;
	struct span line;

	if (n->facts.phase == PHASE_PROXY)
		return proxied_serve(&n->facts, fd[0], fd[1]);
	s.env = env;
	s.conf = env->conf;
	s.facts = &n->facts;
	s.control = fd[1];
	s.message.given = fd[2];
	s.stage = STAGE_START;
	s.message.writer = (struct stream){ .fd = -1, .b = answer,
	    .size = sizeof answer };
	s.began_ms = clock_mono_ms();
	s.client = (struct stream){ .fd = fd[0], .b = input,
	    .size = sizeof input,
	    .set_s = n->facts.tls || n->facts.phase != PHASE_START ? 0 :
	    STREAM_ACCEPTED_S };
	if (greet(&s) == 0)
		while (!s.over && next_line(&s, &line))
			obey(&s, line);
	s.client.deadline_ms = 0;
	flush(&s);
	events_closed(&s);
	if (!s.polite)
		stream_linger(&s.client);
	else if (!s.handed)	/* the listener's copy is closed later */
		shutdown(s.client.fd, SHUT_RDWR);
	return 0;
}

void
session_line(struct session *s, unsigned code, struct span text)
{
	if (sizeof s->out - s->nout >= SMTP_REPLY || flush(s) == 0)
		s->nout += smtp_reply_line(s->out + s->nout, code, text);
}

int
session_turn(void *of, struct span line, struct span *answer)
{
	struct session *s = of;
	int r;

	if (sizeof s->out - s->nout < line.n && flush(s) < 0)
		return 0;
	assert(sizeof s->out - s->nout >= line.n);
	memcpy(s->out + s->nout, line.p, line.n);
	s->nout += line.n;
	s->in_login = 1;
	r = next_line(s, answer);
	s->in_login = 0;
	return r;
}

/* RFC 5321 3.1: who speaks before the greeting is no SMTP client.  After
 * STARTTLS there is none; after a login the HELO before it still holds. */
static int
greet(struct session *s)
{
	const struct facts *f = s->facts;
	struct verdict v;
	const char *name = s->conf->greet[0] ? s->conf->greet :
	    s->env->site->hostname;

	if (f->phase == PHASE_LOGIN) {
		(void)span_str(span_of(f->helo), s->helo, sizeof s->helo);
		s->esmtp = 1;
		s->stage = STAGE_READY;
		v = verdict_make(235, "2.7.0", "welcome");
		reply(s, &v);
	}
	if (f->phase != PHASE_START)
		return 0;
	if (waiting(s)) {
		end(s, "early", 554, "5.5.1",
		    "input before the greeting (RFC 5321 3.1)");
		return -1;
	}
	v = verdict_make(220, "", "%s ESMTP correo", name);
	reply(s, &v);
	return 0;
}

/* Whether the client has sent more than was asked for. */
static int
waiting(const struct session *s)
{
	char c;

	return stream_have(&s->client).n > 0 ||
	    recv(s->client.fd, &c, 1, MSG_PEEK | MSG_DONTWAIT) > 0;
}

/*
 * The next command line, without CR LF; it stands in the buffer until that is
 * filled again.  Replies leave when no whole command is left to be read (RFC
 * 2920 3.2).  1, or 0 and the connection is over.
 */
static int
next_line(struct session *s, struct span *line)
{
	struct span have;
	size_t n, max;

	s->client.timeout_s = (unsigned)s->conf->command_timeout;
	s->client.deadline_ms = 0;
	for (;;) {
		have = stream_have(&s->client);
		max = longest(s, have);
		have = span_sub(have, 0, max);
		n = span_find(have, '\n');
		if (n < have.n)
			break;
		if (n == max ? skip_line(s) : fill(s) <= 0)
			return 0;
	}
	stream_eat(&s->client, n + 1);
	*line = span_sub(have, 0, n ? n - 1 : 0);
	if (n == 0 || have.p[n - 1] != '\r') {
		end(s, "bare LF", 500, "5.5.2",
		    "command ended by LF without CR (RFC 5321 2.3.8)");
		return 0;
	}
	return check_line(s, *line);
}

/* RFC 4954 4: a login has longer lines. */
static size_t
longest(const struct session *s, struct span have)
{
	return s->in_login || span_case_starts(have, SPAN("AUTH ")) ?
	    SMTP_AUTH_LINE : SMTP_LINE;
}

/* What is too long is no command; the next line may be one, but not in the
 * middle of a login.  0, or -1 and the connection is over. */
static int
skip_line(struct session *s)
{
	struct verdict v = verdict_make(500, "5.5.2",
	    "command line too long (RFC 5321 4.5.3.1.4)");
	struct span have;
	size_t n, eaten = 0;
	int cr = 0;

	for (;;) {
		have = stream_have(&s->client);
		n = span_find(have, '\n');
		if (n > 0)
			cr = have.p[n - 1] == '\r';
		stream_eat(&s->client, n + (n < have.n));
		eaten += n;
		if (n < have.n && cr && !s->in_login)
			break;
		if (n < have.n || eaten > LINE_PATIENCE) {
			end(s, "long line", v.code, v.enhanced, v.text);
			return -1;
		}
		if (fill(s) <= 0)
			return -1;
	}
	events_refused(s, NULL, &v);
	reply(s, &v);
	count(s, &v);
	return s->over ? -1 : 0;
}

/* A control character in a command is somebody else's protocol. */
static int
check_line(struct session *s, struct span line)
{
	size_t i;

	for (i = 0; i < line.n; i++)
		if (ascii_control(line.p[i]) && line.p[i] != '\t') {
			end(s, "control character", 500, "5.5.2",
			    "control character in a command (RFC 5321 4.1.2)");
			return 0;
		}
	return 1;
}

/* Writes what waits to be written and reads more; the time for a command
 * counts from when we began to wait for it. */
static int
fill(struct session *s)
{
	int r;

	if (s->client.deadline_ms == 0)
		s->client.deadline_ms = clock_mono_ms() +
		    s->conf->command_timeout * 1000;
	if (flush(s) < 0)
		return -1;
	if ((r = (int)stream_fill(&s->client)) <= 0)
		lost(s, r);
	return r;
}

static void
obey(struct session *s, struct span line)
{
	struct smtp_command c;
	struct verdict v;

	if (s->commands++ >= s->conf->max_commands) {
		end(s, "max_commands", 421, "4.7.0", "too many commands");
		return;
	}
	if (obey_test(s, line, &v)) {
		reply(s, &v);
		return;
	}
	if (smtp_command_parse(line, &c, &v) == 0) {
		v = commands_run(s, &c);
		if (c.verb == SMTP_BDAT)
			obey_bdat(s, &c, &v);
		else if (v.code == 354)
			obey_data(s, &v);
		else if (c.verb == SMTP_STARTTLS && v.code == 220)
			obey_starttls(s, &v);
		else if (c.verb == SMTP_AUTH)
			obey_auth(s, &v);
	} else if (c.verb == SMTP_BDAT)
		s->over = "BDAT without a size";	/* where does it end? */
	if (v.code == 0)
		return;
	if (v.code >= 400 && s->refused < s->conf->max_errors)
		events_refused(s, &c, &v);
	reply(s, &v);
	count(s, &v);
}

/* RFC 3030 2: the bytes come, wanted or not.  Answers that are due do not wait
 * for them (RFC 2920 3.2). */
static void
obey_bdat(struct session *s, const struct smtp_command *c, struct verdict *v)
{
	int r;

	if (stream_have(&s->client).n < c->size && flush_ahead(s) < 0) {
		v->code = 0;
		return;
	}
	if (v->kind != VERDICT_DONE)
		r = receive_discard(&s->client, s->conf, c->size);
	else
		r = receive_chunk(&s->message, &s->client, s->conf, c->size,
		    c->last, v);
	if (r <= 0) {
		lost(s, r);
		v->code = 0;
	} else if (s->stage == STAGE_BDAT && c->last)
		after_text(s, v);
}

/* RFC 5321 4.1.1.4.  What stands behind DATA before the 354 is a message
 * smuggled past somebody who reads replies. */
static void
obey_data(struct session *s, struct verdict *v)
{
	int r;

	if (waiting(s)) {
		*v = verdict_make(503, "5.5.1",
		    "input before the answer to DATA (RFC 2920 3.1)");
		s->over = "early";
		return;
	}
	reply(s, v);
	v->code = 0;
	if (flush_ahead(s) < 0)
		return;
	r = receive_data(&s->message, &s->client, s->conf, v);
	if (r <= 0) {
		lost(s, r);
		v->code = 0;
	} else
		after_text(s, v);
}

/* What is due leaves before text is read.  0, or -1 and the client is lost. */
static int
flush_ahead(struct session *s)
{
	s->client.deadline_ms = clock_mono_ms() +
	    s->conf->command_timeout * 1000;
	return flush(s);
}

/*
 * RFC 3207 4, 4.2: the socket goes to a relay, and a fresh session to its
 * other end.  What stands behind STARTTLS would be taken as if it had come
 * under TLS by one who keeps his buffer; here nobody answers it.
 */
static void
obey_starttls(struct session *s, struct verdict *v)
{
	if (waiting(s)) {
		s->over = "input behind STARTTLS (RFC 3207 4.2)";
		s->polite = 1;
		v->code = 0;
		return;
	}
	reply(s, v);
	v->code = 0;
	s->over = "starttls";
	s->polite = 1;
	if (flush(s) == 0) {
		s->handed = ask_starttls(s->control) == 0;
		if (!s->handed)
			s->over = "error";
	}
}

/* RFC 4954 4.  When it went well a fresh session says so, and goes on. */
static void
obey_auth(struct session *s, struct verdict *v)
{
	wipe(s);
	if (v->code != 235)
		return;
	v->code = 0;
	s->polite = 1;
	if (waiting(s))
		s->over = "input behind AUTH (RFC 4954 4)";
	else {
		s->handed = ask_logged_in(s->control, s->helo) == 0;
		s->over = s->handed ? "login" : "error";
	}
}

/* A password does not stay in the buffer that it was read into: all but what
 * waits there. */
static void
wipe(struct session *s)
{
	struct span have = stream_have(&s->client);
	unsigned char *b = s->client.b;
	size_t from = have.n ? (size_t)(have.p - b) : s->client.size;

	explicit_bzero(b, from);
	explicit_bzero(b + from + have.n, s->client.size - from - have.n);
}

static void
after_text(struct session *s, const struct verdict *v)
{
	if (v->kind == VERDICT_DONE) {
		s->accepted++;
		s->errors = 0;
	}
	commands_forget(s);
}

static void
count(struct session *s, const struct verdict *v)
{
	if (v->code == 421 && !s->over)
		s->over = "421";
	if (v->code >= 400)
		s->refused++;
	if (v->code >= 500 && ++s->errors > s->conf->max_errors && !s->over)
		end(s, "max_errors", 421, "4.7.0", "too many errors");
}

/* The client is lost: what stream_fill said of it. */
static void
lost(struct session *s, int r)
{
	switch (r) {
	case STREAM_EOF:
		s->over = "closed by client";
		s->polite = 1;
		break;
	case STREAM_TIMEOUT:
		end(s, "timeout", 421, "4.4.2",
		    "too slow (RFC 5321 4.5.3.2.7)");
		break;
	case STREAM_SIGNAL:
		end(s, "shutdown", 421, "4.3.2", "this server is stopping");
		break;
	default:
		s->over = "error";
	}
}

static void
end(struct session *s, const char *over, unsigned code, const char *enhanced,
    const char *text)
{
	struct verdict v = verdict_make(code, enhanced, "%s", text);

	s->over = over;
	s->refused++;
	events_refused(s, NULL, &v);
	reply(s, &v);
}

static void
reply(struct session *s, const struct verdict *v)
{
	if (sizeof s->out - s->nout >= SMTP_REPLY || flush(s) == 0)
		s->nout += smtp_reply_format(s->out + s->nout, v);
}

/* 0, or -1: the client does not read, and the connection is over. */
static int
flush(struct session *s)
{
	size_t n = s->nout;

	s->nout = 0;
	if (n == 0 || stream_write(&s->client, span_mem(s->out, n)) == 0)
		return 0;
	s->over = "closed by client";
	s->polite = 1;
	return -1;
}
