/* login - the dialog of a login. */
#include "imapd/login.h"
#include "run/sasl_dialog.h"

static int  turn(void *, struct span, struct span *);
static void over(struct session *, enum sasl_end, struct span);
static void refuse(struct session *, const char *, const char *, struct span);

void
login_password(struct session *s, struct span user, struct span password)
{
	struct sasl_client c = { s->control, &s->tries, "+ ", turn, s };
	struct span why;
	enum sasl_end end;

	(void)span_str(SPAN("LOGIN"), s->mech, sizeof s->mech);
	end = sasl_password(&c, user, password, &why);
	over(s, end, why);
}

void
login_sasl(struct session *s, const struct imap_command *c)
{
	struct sasl_client client = { s->control, &s->tries, "+ ", turn, s };
	const char *mech = mechanisms_find(&s->conf->reader.mechanisms,
	    s->facts->tls, c->mechanism);
	struct span why;
	enum sasl_end end;

	if (!mech) {
		refuse(s, "NO", "CANNOT", SPAN("no such mechanism"));
		return;
	}
	(void)span_str(span_of(mech), s->mech, sizeof s->mech);
	end = sasl_dialog(&client, mech, c->initial.p ? &c->initial : NULL,
	    &why);
	over(s, end, why);
}

static int
turn(void *of, struct span line, struct span *answer)
{
	struct session *s = of;
	int r;

	out_span(&s->out, line);
	s->reader.line_only = 1;
	r = session_read(s, answer);
	s->reader.line_only = 0;
	return r;
}

/* What is told a client of a bad login is the same for every reason.  The
 * passwords in what was read are wiped. */
static void
over(struct session *s, enum sasl_end end, struct span why)
{
	explicit_bzero(s->client.b, s->client.size);
	if (s->reader.text.p)
		explicit_bzero(s->reader.text.p, s->reader.text.size);
	switch (end) {
	case SASL_DONE:
		s->next = NEXT_MAILBOX;
		break;
	case SASL_REFUSED:
		s->logins++;
		refuse(s, "NO", "AUTHENTICATIONFAILED", why.n ? why :
		    SPAN("login refused"));
		break;
	case SASL_LATER:
		refuse(s, "NO", "UNAVAILABLE", why);
		break;
	case SASL_NOT_INITIAL:
		refuse(s, "BAD", "", SPAN("initial response: base64 of at "
		    "most 8 KiB is wanted (RFC 4959 3)"));
		break;
	case SASL_NOT_BASE64:
		refuse(s, "BAD", "", SPAN("base64 of at most 8 KiB is wanted "
		    "(RFC 9051 6.2.2)"));
		break;
	case SASL_CANCELLED:
		refuse(s, "BAD", "", SPAN("cancelled (RFC 9051 6.2.2)"));
		break;
	case SASL_TOO_MANY:
		out_line(&s->out, "* BYE too many logins");
		refuse(s, "NO", "", SPAN("too many logins"));
		s->over = "too many logins";
		s->next = NEXT_END;
		s->unexpected = 1;
		break;
	case SASL_GONE:
		break;
	}
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
