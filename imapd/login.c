/* login - the dialog of a login. */
#include <unistd.h>

#include "base/encode.h"
#include "imapd/login.h"
#include "run/ask.h"
#include "wire/sasl.h"

/* What is needed of a login that goes on. */
struct dialog {
	struct session *s;
	int auth;			/* to the password check */
	struct buf response;
	struct ask_room room;
	struct login_answer answer;
};

static int  known(struct session *, struct span);
static void begin(struct dialog *, struct session *);
static void step(struct dialog *, struct span, const struct span *);
static void finish(struct dialog *);
static int  challenge(struct dialog *);
static int  decode(struct dialog *, struct span);
static void end(struct dialog *);
static void refuse(struct session *, const char *, const char *, struct span);

static struct dialog dialog;		/* big: untouched until there is one */

void
login_password(struct session *s, struct span user, struct span password)
{
	struct dialog *d = &dialog;
	struct span response;

	begin(d, s);
	buf_addc(&d->response, '\0');
	buf_addspan(&d->response, user);
	buf_addc(&d->response, '\0');
	buf_addspan(&d->response, password);
	response = buf_span(&d->response);
	(void)span_str(SPAN("LOGIN"), s->mech, sizeof s->mech);
	if (!buf_ok(&d->response) || span_find(user, '\0') < user.n ||
	    span_find(password, '\0') < password.n)
		refuse(s, "NO", "AUTHENTICATIONFAILED",
		    SPAN("login refused"));
	else {
		step(d, SPAN("PLAIN"), &response);
		finish(d);
	}
	end(d);
}

void
login_sasl(struct session *s, const struct imap_command *c)
{
	struct dialog *d = &dialog;
	struct span response;
	int initial = c->initial.p != NULL;

	if (known(s, c->mechanism) < 0) {
		refuse(s, "NO", "CANNOT", SPAN("no such mechanism"));
		return;
	}
	begin(d, s);
	/* RFC 4959 3: "=" is an initial response of no octets */
	if (initial && !span_eq(c->initial, SPAN("=")) &&
	    decode(d, c->initial) < 0)
		refuse(s, "BAD", "", SPAN("initial response: base64 of at "
		    "most 8 KiB is wanted (RFC 4959 3)"));
	else {
		response = buf_span(&d->response);
		step(d, span_of(s->mech), initial ? &response : NULL);
		while (d->answer.result == LOGIN_CHALLENGE && challenge(d)) {
			response = buf_span(&d->response);
			step(d, SPAN(""), &response);
		}
		finish(d);
	}
	end(d);
}

static int
known(struct session *s, struct span mech)
{
	static const char *const names[] = { "PLAIN", "LOGIN",
	    "SCRAM-SHA-256", "SCRAM-SHA-256-PLUS" };
	size_t i, n = s->facts->tls ? 4 : 3;

	for (i = 0; i < n; i++)
		if (span_case_eq(mech, span_of(names[i])))
			return span_str(span_of(names[i]), s->mech,
			    sizeof s->mech);
	return -1;
}

static void
begin(struct dialog *d, struct session *s)
{
	d->s = s;
	d->auth = -1;
	d->response = (struct buf){ .max = SASL_MESSAGE };
	d->answer = (struct login_answer){ .result = LOGIN_LATER };
}

static void
step(struct dialog *d, struct span mech, const struct span *response)
{
	struct login_ask ask = { .mech = mech };

	if (response) {
		ask.has_response = 1;
		ask.response = *response;
	}
	if (d->auth < 0)
		d->auth = ask_auth(d->s->control);
	if (d->auth < 0 ||
	    ask_login(d->auth, &ask, &d->room, &d->answer) < 0)
		d->answer = (struct login_answer){ .result = LOGIN_LATER,
		    .text = SPAN("the password check is not there") };
}

/* What the check said in the end; what is told a client of a bad login is the
 * same for every reason. */
static void
finish(struct dialog *d)
{
	struct session *s = d->s;

	if (s->next == NEXT_END)
		return;			/* the client is gone */
	switch (d->answer.result) {
	case LOGIN_OK:
		/* RFC 4422 5: what comes with success is one more challenge,
		 * answered by an empty line, since the tagged OK has no room */
		if (d->answer.challenge.n && !challenge(d))
			return;
		s->next = NEXT_MAILBOX;
		break;
	case LOGIN_BAD:
		s->logins++;
		refuse(s, "NO", "AUTHENTICATIONFAILED", d->answer.text.n ?
		    d->answer.text : SPAN("login refused"));
		break;
	case LOGIN_LATER:
		refuse(s, "NO", "UNAVAILABLE", d->answer.text);
		break;
	case LOGIN_CHALLENGE:
		break;			/* given up: refused by challenge() */
	}
}

/* Sends it and reads the response: 1; 0: given up, and the client told. */
static int
challenge(struct dialog *d)
{
	struct buf b = { .max = SASL_MESSAGE / 3 * 4 + 8 };
	struct session *s = d->s;
	struct span line;
	int r;

	buf_adds(&b, "+ ");
	encode_base64(&b, d->answer.challenge);
	buf_adds(&b, "\r\n");
	out_span(&s->out, buf_span(&b));
	buf_free(&b);
	s->reader.line_only = 1;
	r = session_read(s, &line);
	s->reader.line_only = 0;
	if (!r)
		return 0;
	if (span_eq(line, SPAN("*")))
		refuse(s, "BAD", "", SPAN("cancelled (RFC 9051 6.2.2)"));
	else if (decode(d, line) < 0)
		refuse(s, "BAD", "", SPAN("base64 of at most 8 KiB is wanted "
		    "(RFC 9051 6.2.2)"));
	else
		return 1;
	return 0;
}

static int
decode(struct dialog *d, struct span text)
{
	buf_reset(&d->response);
	return decode_base64(&d->response, text);
}

/* The passwords in what was read and decoded are wiped. */
static void
end(struct dialog *d)
{
	struct session *s = d->s;

	if (d->auth >= 0)
		close(d->auth);
	if (d->response.p)
		explicit_bzero(d->response.p, d->response.size);
	buf_free(&d->response);
	explicit_bzero(s->client.b, s->client.size);
	if (s->reader.text.p)
		explicit_bzero(s->reader.text.p, s->reader.text.size);
}

static void
refuse(struct session *s, const char *word, const char *code,
    struct span why)
{
	char text[OUT_REPLY - 100];

	if (span_str(span_sub(why, 0, sizeof text - 1), text, sizeof text) < 0)
		text[0] = '\0';
	s->errors++;
	out_tagged(&s->out, span_of(s->tag), word, span_of(code), text);
}
