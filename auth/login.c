/* login - one login: the dialog of its mechanism. */
#include <string.h>

#include "auth/login.h"
#include "auth/secrets.h"
#include "wire/record.h"

static enum login_next first(struct login *, struct span, const char **);
static enum login_next plain(struct login *, const struct login_ask *,
	    const struct site *, const char **);
static enum login_next classic(struct login *, const struct login_ask *,
	    const struct site *, struct buf *, const char **);
static enum login_next scram(struct login *, const struct login_ask *,
	    const struct site *, struct buf *, const char **);
static enum login_next scram_start(struct login *, struct span,
	    const struct site *, struct buf *, const char **);
static int  bound(struct login *, const struct scram_first *, struct span *,
	    const char **);
static void named(struct login *, struct span, const struct site *);

static unsigned char fake_secret[32];

static const struct {
	const char *name;
	enum mech mech;
} mechs[] = {
	{ "PLAIN", MECH_PLAIN }, { "LOGIN", MECH_LOGIN },
	{ "SCRAM-SHA-256", MECH_SCRAM },
	{ "SCRAM-SHA-256-PLUS", MECH_SCRAM_PLUS }
};

void
login_secret(const unsigned char *secret)
{
	memcpy(fake_secret, secret, sizeof fake_secret);
}

void
login_begin(struct login *l, const struct facts *f, const char *proto,
    int plus)
{
	*l = (struct login){ .facts = *f, .plus = plus, .mech_name = "-" };
	(void)span_str(span_of(proto), l->proto, sizeof l->proto);
	l->password.max = l->final.max = l->last.max = SASL_MESSAGE;
}

enum login_next
login_step(struct login *l, struct span record, const struct site *site,
    struct buf *out, const char **why)
{
	struct login_ask a;
	struct span fields;

	if (record_next(&record, LOGIN_RECORD, &fields, why) != 1 ||
	    record.n || login_parse_ask(fields, &a, why) < 0)
		return LOGIN_MALFORMED;
	if (l->mech == MECH_NONE) {
		if (first(l, a.mech, why) == LOGIN_MALFORMED)
			return LOGIN_MALFORMED;
		if (!a.has_response && l->mech != MECH_LOGIN)
			return LOGIN_GOES_ON;	/* with an empty challenge */
	} else if (a.mech.n || !a.has_response) {
		*why = "login: a response is wanted";
		return LOGIN_MALFORMED;
	}
	switch (l->mech) {
	case MECH_PLAIN:
		return plain(l, &a, site, why);
	case MECH_LOGIN:
		return classic(l, &a, site, out, why);
	default:
		return scram(l, &a, site, out, why);
	}
}

static enum login_next
first(struct login *l, struct span mech, const char **why)
{
	size_t i;

	for (i = 0; i < sizeof mechs / sizeof *mechs; i++)
		if (span_case_eq(mech, span_of(mechs[i].name))) {
			l->mech = mechs[i].mech;
			l->mech_name = mechs[i].name;
			return LOGIN_GOES_ON;
		}
	*why = "no such mechanism";
	return LOGIN_MALFORMED;
}

static enum login_next
plain(struct login *l, const struct login_ask *a, const struct site *site,
    const char **why)
{
	struct span authzid, authcid, password;

	if (sasl_plain(a->response, &authzid, &authcid, &password, why) < 0)
		return LOGIN_MALFORMED;
	if (authzid.n && !span_eq(authzid, authcid)) {
		*why = "acting for another user is not offered";
		return LOGIN_MALFORMED;
	}
	buf_addspan(&l->password, password);
	named(l, authcid, site);
	return LOGIN_DECIDE;
}

/* LOGIN, as Outlook speaks it: two prompts; a response that comes with the
 * mechanism is the name. */
static enum login_next
classic(struct login *l, const struct login_ask *a, const struct site *site,
    struct buf *out, const char **why)
{
	if (!a->has_response) {
		buf_adds(out, "Username:");
		return LOGIN_GOES_ON;
	}
	if (l->step++ == 0) {
		named(l, a->response, site);
		buf_adds(out, "Password:");
		return LOGIN_GOES_ON;
	}
	if (a->response.n == 0) {
		*why = "LOGIN: an empty password";
		return LOGIN_MALFORMED;
	}
	buf_addspan(&l->password, a->response);
	return LOGIN_DECIDE;
}

static enum login_next
scram(struct login *l, const struct login_ask *a, const struct site *site,
    struct buf *out, const char **why)
{
	if (l->step++ == 0)
		return scram_start(l, a->response, site, out, why);
	buf_addspan(&l->final, a->response);
	return LOGIN_DECIDE;
}

static enum login_next
scram_start(struct login *l, struct span message, const struct site *site,
    struct buf *out, const char **why)
{
	struct scram_first f;
	struct span binding;
	struct buf name = { .max = 320 };
	int r;

	if (scram_first_parse(message, &f, why) < 0 ||
	    bound(l, &f, &binding, why) < 0)
		return LOGIN_MALFORMED;
	if (f.authzid.n && !span_eq(f.authzid, f.name)) {
		*why = "acting for another user is not offered";
		return LOGIN_MALFORMED;
	}
	if (sasl_name_decode(&name, f.name) < 0) {
		buf_free(&name);
		*why = "SCRAM: = is written =3D and , is =2C (RFC 5802)";
		return LOGIN_MALFORMED;
	}
	named(l, buf_span(&name), site);
	/* no such user goes on to the end like every other, with one salt
	 * for all spellings of a name */
	if ((r = secrets_scram(l->key, &l->scram.keys)) != 1) {
		l->unknown = 1;
		l->unreadable = r < 0;
		scram_keys_fake(fake_secret, l->key[0] ? span_of(l->key) :
		    buf_span(&name), &l->scram.keys);
	}
	buf_free(&name);
	*why = "SCRAM: message too long";
	return scram_begin(&l->scram, &f, binding, out) < 0 ? LOGIN_MALFORMED :
	    LOGIN_GOES_ON;
}

/*
 * RFC 5802 6: with -PLUS the client names a binding; "y" from a client means
 * that somebody took -PLUS out of what we announced.  The data is what the
 * relay told the listener: a session cannot choose it.
 */
static int
bound(struct login *l, const struct scram_first *f, struct span *binding,
    const char **why)
{
	const struct facts *t = &l->facts;

	*binding = SPAN("");
	*why = "SCRAM: channel binding (RFC 5802 section 6)";
	if ((l->mech == MECH_SCRAM_PLUS) != (f->binding == 'p') ||
	    (f->binding == 'y' && t->tls && l->plus))
		return -1;
	if (f->binding != 'p')
		return 0;
	if (span_eq(f->binding_name, SPAN("tls-exporter")) && t->has_exporter)
		*binding = span_mem(t->exporter, sizeof t->exporter);
	else if (span_eq(f->binding_name, SPAN("tls-server-end-point")))
		*binding = span_mem(t->endpoint, t->endpoint_n);
	return binding->n ? 0 : -1;
}

int
login_scram(struct login *l)
{
	unsigned char tag[SCRAM_HASH];
	int r = scram_finish(&l->scram, buf_span(&l->final), &l->last, tag);

	buf_reset(&l->password);
	buf_add(&l->password, tag, sizeof tag);
	return r == 1 && l->unknown ? 0 : r;
}

static void
named(struct login *l, struct span name, const struct site *site)
{
	(void)span_str(span_sub(name, 0, sizeof l->claimed - 1), l->claimed,
	    sizeof l->claimed);
	if (secrets_user(name, site->domains.n ?
	    span_of(site->domains.word[0]) : SPAN(""), l->key,
	    sizeof l->key) < 0) {
		l->key[0] = '\0';
		l->unknown = 1;
	}
}

void
login_end(struct login *l)
{
	if (l->password.p)
		explicit_bzero(l->password.p, l->password.size);
	buf_free(&l->password);
	buf_free(&l->final);
	buf_free(&l->last);
	scram_free(&l->scram);
	explicit_bzero(l, sizeof *l);
}
