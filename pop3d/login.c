/* login - the dialog of a login. */
#include "pop3d/login.h"
#include "run/sasl_dialog.h"

static int  turn(void *, struct span, struct span *);
static void over(struct session *, enum sasl_end, struct span);
static void refuse(struct session *, const char *, struct span);

void
login_password(struct session *s, struct span password)
{
	struct sasl_client c = { s->control, &s->tries, "+ ", turn, s };
	struct span why;
	enum sasl_end end;

	(void)span_str(SPAN("USER"), s->mech, sizeof s->mech);
	end = sasl_password(&c, span_of(s->user), password, &why);
	over(s, end, why);
}

/* RFC 5034 4 */
void
login_sasl(struct session *s, const struct pop3_command *c)
{
	struct sasl_client client = { s->control, &s->tries, "+ ", turn, s };
	const char *mech = mechanisms_find(&s->conf->reader.mechanisms,
	    s->facts->tls, c->text);
	struct span why;
	enum sasl_end end;

	if (!mech) {
		refuse(s, "", SPAN("no such mechanism"));
		return;
	}
	(void)span_str(span_of(mech), s->mech, sizeof s->mech);
	end = sasl_dialog(&client, mech, c->has_initial ? &c->initial :
	    NULL, &why);
	over(s, end, why);
}

static int
turn(void *of, struct span line, struct span *answer)
{
	struct session *s = of;

	(void)stream_write(&s->client, line);
	return session_line(s, answer);
}

/* What is told a client of a bad login is what auth lets him know.  The
 * passwords in what was read are wiped. */
static void
over(struct session *s, enum sasl_end end, struct span why)
{
	explicit_bzero(s->client.b, s->client.size);
	switch (end) {
	case SASL_DONE:
		s->next = NEXT_MAILBOX;
		break;
	case SASL_REFUSED:
		s->logins++;
		refuse(s, "AUTH", why.n ? why : SPAN("login refused"));
		break;
	case SASL_LATER:
		refuse(s, "SYS/TEMP", why);
		break;
	case SASL_NOT_INITIAL:
		refuse(s, "", SPAN("initial response: base64 is wanted "
		    "(RFC 5034 4)"));
		break;
	case SASL_NOT_BASE64:
		refuse(s, "", SPAN("base64 of at most 8 KiB is wanted "
		    "(RFC 5034 4)"));
		break;
	case SASL_CANCELLED:
		refuse(s, "", SPAN("cancelled (RFC 5034 4)"));
		break;
	case SASL_TOO_MANY:
		refuse(s, "", SPAN("too many logins"));
		s->over = "too many logins";
		s->next = NEXT_END;
		s->unexpected = 1;
		break;
	case SASL_GONE:
		break;
	}
}

static void
refuse(struct session *s, const char *code, struct span why)
{
	s->errors++;
	out_err(&s->out, code, "%.*s", SPAN_ARG(why));
}
