/* login - AUTH: the client and the password check speak to each other. */
#include <unistd.h>

#include "base/encode.h"
#include "run/ask.h"
#include "smtpd/login.h"
#include "wire/sasl.h"

static int  offered(const struct session *, struct span);
static struct verdict ask(struct session *, const struct login_ask *);
static struct verdict answered(struct session *, const struct login_answer *);
static int  decode(struct buf *, struct span);
static void wipe(struct buf *);
static struct verdict over(struct session *, struct verdict);
static struct verdict not_base64(struct session *);

#define MECHANISMS "AUTH PLAIN LOGIN SCRAM-SHA-256"

const char *
login_keyword(const struct session *s)
{
	const struct facts *f = s->facts;

	if (f->service == SERVICE_SMTP || !f->may_login ||
	    f->class == CLASS_USER)
		return "";
	return f->tls ? MECHANISMS " SCRAM-SHA-256-PLUS" : MECHANISMS;
}

struct verdict
login_begin(struct session *s, const struct smtp_command *c)
{
	struct buf response = { .max = SMTP_AUTH_LINE };
	struct login_ask a = { .mech = c->arg };
	struct verdict v;

	if (!offered(s, c->arg))
		return verdict_make(504, "5.5.4",
		    "mechanism not offered here (RFC 4954 4)");
	if (s->logins >= LOGIN_TRIES)
		return verdict_make(421, "4.7.0", "too many failed logins");
	a.has_response = c->response.n > 0;
	if (!span_eq(c->response, SPAN("=")) &&
	    decode(&response, c->response) < 0) {
		wipe(&response);
		return not_base64(s);
	}
	a.response = buf_span(&response);
	if ((s->auth = ask_auth(s->control)) < 0)
		v = verdict_make(454, "4.7.0",
		    "logins cannot be checked now (RFC 4954 6)");
	else
		v = ask(s, &a);
	wipe(&response);
	return v;
}

struct verdict
login_line(struct session *s, struct span line)
{
	struct buf response = { .max = SMTP_AUTH_LINE };
	struct login_ask a = { .has_response = 1 };
	struct verdict v;

	if (span_eq(line, SPAN("*")))
		return over(s, verdict_make(501, "5.7.0",
		    "login cancelled (RFC 4954 4)"));
	if (decode(&response, line) < 0)
		v = not_base64(s);
	else if (s->proved)	/* RFC 5802 5: to our last message, nothing */
		v = response.n ? not_base64(s) :
		    over(s, verdict_make(235, "2.7.0", "ok"));
	else {
		a.response = buf_span(&response);
		v = ask(s, &a);
	}
	wipe(&response);
	return v;
}

static int
offered(const struct session *s, struct span mech)
{
	struct span all = span_of(login_keyword(s)), word;

	(void)span_word(&all, &word);
	while (span_word(&all, &word))
		if (span_case_eq(word, mech))
			return 1;
	return 0;
}

static struct verdict
ask(struct session *s, const struct login_ask *a)
{
	static struct ask_room room;
	struct login_answer answer;
	struct verdict v;

	if (ask_login(s->auth, a, &room, &answer) < 0)
		v = over(s, verdict_make(454, "4.7.0",
		    "logins cannot be checked now (RFC 4954 6)"));
	else
		v = answered(s, &answer);
	explicit_bzero(&room, sizeof room);
	return v;
}

/* SMTP has no room for a last message behind 235: it goes as one more
 * challenge, to which the client has nothing to say (RFC 4954 4). */
static struct verdict
answered(struct session *s, const struct login_answer *a)
{
	switch (a->result) {
	case LOGIN_OK:
		if (a->challenge.n == 0)
			return over(s, verdict_make(235, "2.7.0", "ok"));
		s->proved = 1;
		/* FALLTHROUGH */
	case LOGIN_CHALLENGE:
		session_challenge(s, a->challenge);
		return verdict_make(334, "", "challenge");
	case LOGIN_BAD:
		s->logins++;
		return over(s, verdict_make(535, "5.7.8",
		    "user name or password is wrong (RFC 4954 6)"));
	default:
		return over(s, verdict_make(454, "4.7.0",
		    "logins cannot be checked now (RFC 4954 6)"));
	}
}

/* In memory that is asked for once: growing would leave copies behind. */
static int
decode(struct buf *b, struct span s)
{
	return buf_room(b, s.n) < 0 ? -1 : decode_base64(b, s);
}

static void
wipe(struct buf *b)
{
	if (b->p)
		explicit_bzero(b->p, b->size);
	buf_free(b);
}

static struct verdict
over(struct session *s, struct verdict v)
{
	if (s->auth >= 0)
		close(s->auth);
	s->auth = -1;
	s->proved = 0;
	return v;
}

static struct verdict
not_base64(struct session *s)
{
	return over(s, verdict_make(501, "5.5.2",
	    "not base64, or too long (RFC 4954 4)"));
}
