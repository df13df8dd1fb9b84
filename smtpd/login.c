/* login - AUTH (RFC 4954). */
#include "run/mechanisms.h"
#include "run/sasl_dialog.h"
#include "smtpd/login.h"

static struct verdict too_many(void);

const char *
login_mechanism(const struct session *s, size_t i)
{
	const struct facts *f = s->facts;

	if (f->service == SERVICE_SMTP || !f->may_login ||
	    f->class == CLASS_USER)
		return NULL;
	return mechanisms_at(&s->conf->mechanisms, f->tls, i);
}

struct verdict
login_run(struct session *s, const struct smtp_command *c)
{
	const struct sasl_client client = { s->control, &s->tries, "334 ",
	    session_turn, s };
	const char *mech = mechanisms_find(&s->conf->mechanisms,
	    s->facts->tls, c->arg);
	struct span why;

	if (!mech)
		return verdict_make(504, "5.5.4",
		    "mechanism not offered here (RFC 4954 4)");
	if (s->logins >= LOGIN_TRIES)
		return too_many();
	switch (sasl_dialog(&client, mech, c->response.n ? &c->response :
	    NULL, &why)) {
	case SASL_DONE:
		return verdict_make(235, "2.7.0", "ok");
	case SASL_REFUSED:
		s->logins++;
		return verdict_make(535, "5.7.8", "%.*s (RFC 4954 6)",
		    SPAN_ARG(why.n ? why : SPAN("login refused")));
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
	case SASL_TOO_MANY:
		return too_many();
	default:
		return (struct verdict){ .code = 0 };
	}
}

static struct verdict
too_many(void)
{
	return verdict_make(421, "4.7.0", "too many logins");
}
