/* login - AUTH as a client. */
#include <stdlib.h>
#include <string.h>

#include "base/encode.h"
#include "remoted/login.h"
#include "run/scram_client.h"
#include "wire/sasl.h"

enum { NONCE = 18 };

static int  plain(struct client *, const struct job *, struct verdict *);
static int  by_login(struct client *, const struct job *, struct verdict *);
static int  token(struct client *, const struct job *, const char *,
    struct verdict *);
static int  scram(struct client *, const struct job *, struct verdict *);
static int  say(struct client *, const char *, struct span, struct verdict *);
static int  heard(const struct client *, struct buf *);
static int  end(const struct client *, int, struct verdict *);

int
login(struct client *c, const struct job *j, const struct ip *to,
    struct verdict *v)
{
	unsigned m = c->caps.mechs;
	int r = 1;

	if (j->login.n == 0) {
		*v = verdict_make(451, "4.7.0", "no secret is known for "
		    "login=%.*s: secrets/relay-passwords or relay-tokens",
		    SPAN_ARG(c->hop->login));
		return 1;
	}
	if (c->conn.tls == NULL && c->hop->scheme != HOP_LMTP_UNIX &&
	    !ip_is_loopback(to)) {
		*v = verdict_make(451, "4.7.0", "%s has no TLS, and no secret "
		    "is sent without", c->peer);
		return 1;
	}
	if (j->token && m & MECH_OAUTHBEARER)
		r = token(c, j, "OAUTHBEARER", v);
	else if (j->token && m & MECH_XOAUTH2)
		r = token(c, j, "XOAUTH2", v);
	else if (!j->token && m & MECH_SCRAM)
		r = scram(c, j, v);
	else if (!j->token && m & MECH_PLAIN)
		r = plain(c, j, v);
	else if (!j->token && m & MECH_LOGIN)
		r = by_login(c, j, v);
	else
		*v = verdict_make(451, "4.7.0", "%s offers no login that we "
		    "could use", c->peer);
	/* a wrong password is mended here, not there: nothing bounces */
	if (r == 1)
		v->kind = VERDICT_LATER;
	return r;
}

static int
plain(struct client *c, const struct job *j, struct verdict *v)
{
	struct buf b = { .max = SASL_MESSAGE };
	int r;

	buf_addc(&b, '\0');
	buf_addspan(&b, j->login);
	buf_addc(&b, '\0');
	buf_addspan(&b, j->secret);
	r = say(c, "AUTH PLAIN ", buf_span(&b), v);
	buf_free(&b);
	return end(c, r, v);
}

static int
by_login(struct client *c, const struct job *j, struct verdict *v)
{
	int r = client_ask(c, "AUTH LOGIN", v);

	if (r == 334)
		r = say(c, "", j->login, v);
	if (r == 334)
		r = say(c, "", j->secret, v);
	return end(c, r, v);
}

/* RFC 7628 3.1; XOAUTH2 is the same in an older dress. */
static int
token(struct client *c, const struct job *j, const char *mech,
    struct verdict *v)
{
	struct buf b = { .max = SASL_MESSAGE };
	char line[32] = "AUTH ";
	int r;

	if (mech[0] == 'O') {
		buf_adds(&b, "n,a=");
		(void)sasl_name_encode(&b, j->login);
		buf_adds(&b, ",");
	} else {
		buf_adds(&b, "user=");
		buf_addspan(&b, j->login);
	}
	buf_adds(&b, "\1auth=Bearer ");
	buf_addspan(&b, j->secret);
	buf_adds(&b, "\1\1");
	strlcat(line, mech, sizeof line);
	strlcat(line, " ", sizeof line);
	r = say(c, line, buf_span(&b), v);
	buf_free(&b);
	if (r == 334)			/* its error, to be acknowledged */
		r = say(c, "", SPAN("\1"), v);
	return end(c, r, v);
}

static int
scram(struct client *c, const struct job *j, struct verdict *v)
{
	unsigned char raw[NONCE];
	struct scram_client s = { .nonce = 0 };
	struct buf nonce = { .max = 2 * NONCE };
	struct buf server = { .max = SASL_MESSAGE };
	struct buf out = { .max = SASL_MESSAGE };
	int r = 0;

	arc4random_buf(raw, sizeof raw);
	encode_base64(&nonce, span_mem(raw, sizeof raw));
	if (scram_client_first(&s, j->login, buf_span(&nonce), &out) == 0)
		r = say(c, "AUTH SCRAM-SHA-256 ", buf_span(&out), v);
	if (r == 334) {
		buf_reset(&out);
		r = heard(c, &server) == 0 && scram_client_final(&s,
		    buf_span(&server), j->secret, &out) == 0 ?
		    say(c, "", buf_span(&out), v) : 0;
	}
	/* the server has to know the password too */
	if (r == 334) {
		buf_reset(&server);
		r = heard(c, &server) == 0 && scram_client_trusts(&s,
		    buf_span(&server)) ? say(c, "", SPAN(""), v) : 0;
	}
	scram_client_free(&s);
	buf_free(&nonce);
	buf_free(&server);
	buf_free(&out);
	return end(c, r, v);
}

/* RFC 4954 4: base64, an empty initial response as "=". */
static int
say(struct client *c, const char *command, struct span message,
    struct verdict *v)
{
	struct buf b = { .max = 2 * SASL_MESSAGE };

	buf_adds(&b, command);
	encode_base64(&b, message);
	buf_adds(&b, "\r\n");
	client_send(c, buf_span(&b));
	explicit_bzero(b.p, b.n);
	buf_free(&b);
	return client_reply(c, "AUTH", c->conf->timeout, v);
}

static int
heard(const struct client *c, struct buf *b)
{
	return decode_base64(b, span_trim(span_mem(c->reply.text,
	    c->reply.n)));
}

/* r: a reply's code, 0: it made no sense, -1: lost. */
static int
end(const struct client *c, int r, struct verdict *v)
{
	if (r == 235)
		return 0;
	if (r < 0)
		return -1;
	if (r == 0 || r == 334)
		*v = verdict_make(451, "4.7.0", "%s does not speak its login "
		    "as the RFC has it", c->peer);
	else
		*v = client_refused(c, "AUTH");
	return 1;
}
