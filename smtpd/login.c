/* login - AUTH (RFC 4954). */
#include "run/sasl_dialog.h"
#include "smtpd/login.h"

static int  offered(const struct session *, struct span);

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
login_run(struct session *s, const struct smtp_command *c)
{
	const struct sasl_client client = { s->control, "334 ", session_turn,
	    s };
	struct span why;

	if (!offered(s, c->arg))
		return verdict_make(504, "5.5.4",
		    "mechanism not offered here (RFC 4954 4)");
	if (s->logins >= LOGIN_TRIES)
		return verdict_make(421, "4.7.0", "too many failed logins");
	switch (sasl_dialog(&client, sasl_mechanism(c->arg),
	    c->response.n ? &c->response : NULL, &why)) {
	case SASL_DONE:
		return verdict_make(235, "2.7.0", "ok");
	case SASL_REFUSED:
		s->logins++;
		return verdict_make(535, "5.7.8",
		    "user name or password is wrong (RFC 4954 6)");
	case SASL_LATER:
		return verdict_make(454, "4.7.0",
		    "logins cannot be checked now (RFC 4954 6)");
	case SASL_NOT_INITIAL:
	case SASL_NOT_BASE64:
		return verdict_make(501, "5.5.2",
		    "not base64, or too long (RFC 4954 4)");
	case SASL_CANCELLED:
		return verdict_make(501, "5.7.0",
		    "login cancelled (RFC 4954 4)");
	default:
		return (struct verdict){ .code = 0 };
	}
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
