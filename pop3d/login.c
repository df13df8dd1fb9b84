/* login - the dialog of a login. */
#include <unistd.h>

#include "base/encode.h"
#include "pop3d/login.h"
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

static int  chosen(struct session *, struct span);
static void begin(struct dialog *, struct session *);
static void step(struct dialog *, struct span, const struct span *);
static void finish(struct dialog *);
static int  challenge(struct dialog *);
static int  decode(struct dialog *, struct span);
static void end(struct dialog *);
static void refuse(struct session *, const char *, struct span);

static struct dialog dialog;		/* big: untouched until there is one */

const char *
login_mechanism(const struct pop3d_conf *c, const struct facts *f, size_t i)
{
	size_t k;

	for (k = 0; k < c->mechanisms.n; k++)
		if ((f->tls || !span_ends(span_of(c->mechanisms.word[k]),
		    SPAN("-PLUS"))) && i-- == 0)
			return c->mechanisms.word[k];
	return NULL;
}

int
login_known(const char *name)
{
	static const char *const names[] = { "PLAIN", "LOGIN",
	    "SCRAM-SHA-256", "SCRAM-SHA-256-PLUS" };
	size_t i;

	for (i = 0; i < sizeof names / sizeof *names; i++)
		if (strcmp(name, names[i]) == 0)
			return 1;
	return 0;
}

void
login_password(struct session *s, struct span password)
{
	struct dialog *d = &dialog;
	struct span response;

	begin(d, s);
	buf_addc(&d->response, '\0');
	buf_adds(&d->response, s->user);
	buf_addc(&d->response, '\0');
	buf_addspan(&d->response, password);
	response = buf_span(&d->response);
	(void)span_str(SPAN("USER"), s->mech, sizeof s->mech);
	step(d, SPAN("PLAIN"), &response);
	finish(d);
	end(d);
}

/* RFC 5034 4 */
void
login_sasl(struct session *s, const struct pop3_command *c)
{
	struct dialog *d = &dialog;
	struct span response;

	if (chosen(s, c->text) < 0) {
		refuse(s, "", SPAN("no such mechanism"));
		return;
	}
	begin(d, s);
	if (c->has_initial && !span_eq(c->initial, SPAN("=")) &&
	    decode(d, c->initial) < 0)
		refuse(s, "", SPAN("initial response: base64 is wanted "
		    "(RFC 5034 4)"));
	else {
		response = buf_span(&d->response);
		step(d, span_of(s->mech), c->has_initial ? &response : NULL);
		while (d->answer.result == LOGIN_CHALLENGE && challenge(d)) {
			response = buf_span(&d->response);
			step(d, SPAN(""), &response);
		}
		finish(d);
	}
	end(d);
}

static int
chosen(struct session *s, struct span mech)
{
	const char *m;
	size_t i;

	for (i = 0; (m = login_mechanism(s->conf, s->facts, i)); i++)
		if (span_case_eq(mech, span_of(m)))
			return span_str(span_of(m), s->mech, sizeof s->mech);
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
		/* RFC 5034 4: what comes with success is one more challenge,
		 * answered by an empty line */
		if (d->answer.challenge.n && !challenge(d))
			return;
		s->next = NEXT_MAILBOX;
		break;
	case LOGIN_BAD:
		s->logins++;
		refuse(s, "AUTH", d->answer.text.n ? d->answer.text :
		    SPAN("login refused"));
		break;
	case LOGIN_LATER:
		refuse(s, "SYS/TEMP", d->answer.text);
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

	buf_adds(&b, "+ ");
	encode_base64(&b, d->answer.challenge);
	buf_adds(&b, "\r\n");
	(void)stream_write(&s->client, buf_span(&b));
	buf_free(&b);
	if (!session_line(s, &line))
		return 0;
	if (span_eq(line, SPAN("*")))
		refuse(s, "", SPAN("cancelled (RFC 5034 4)"));
	else if (decode(d, line) < 0)
		refuse(s, "", SPAN("base64 of at most 8 KiB is wanted "
		    "(RFC 5034 4)"));
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
	struct stream *c = &d->s->client;

	if (d->auth >= 0)
		close(d->auth);
	if (d->response.p)
		explicit_bzero(d->response.p, d->response.size);
	buf_free(&d->response);
	explicit_bzero(c->b, c->size);
}

static void
refuse(struct session *s, const char *code, struct span why)
{
	s->errors++;
	out_err(&s->out, code, "%.*s", SPAN_ARG(why));
}
