/* login - AUTH as a client. */
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/encode.h"
#include "base/scan.h"
#include "remoted/login.h"
#include "wire/sasl.h"

enum { HASH = 32, NONCE = 18, ITERATIONS_MOST = 1000000 };

struct scram_server {			/* its first message */
	struct span nonce, salt;
	unsigned iterations;
};

static int  plain(struct client *, const struct job *, struct verdict *);
static int  by_login(struct client *, const struct job *, struct verdict *);
static int  token(struct client *, const struct job *, const char *,
    struct verdict *);
static int  scram(struct client *, const struct job *, struct verdict *);
static int  parse_first(struct span, struct span, struct scram_server *);
static int  proof(const struct job *, const struct scram_server *,
    struct span, struct buf *, unsigned char *);
static int  say(struct client *, const char *, struct span, struct verdict *);
static int  heard(const struct client *, struct buf *);
static int  end(const struct client *, int, struct verdict *);
static void hmac(const unsigned char *, struct span, unsigned char *);

int
login(struct client *c, const struct job *j, const struct ip *to,
    struct verdict *v)
{
	unsigned m = c->caps.mechs;
	int r = 1;

	if (j->login.n == 0) {
		*v = verdict_make(451, "4.7.0", "no secret is known for "
		    "login=%.*s: secrets/relay-passwords",
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

/* RFC 5802, 7677; no channel binding. */
static int
scram(struct client *c, const struct job *j, struct verdict *v)
{
	unsigned char raw[NONCE], signature[HASH];
	struct buf first = { .max = SASL_MESSAGE };
	struct buf server = { .max = SASL_MESSAGE };
	struct buf out = { .max = SASL_MESSAGE };
	struct scram_server s;
	struct span in;
	int r;

	arc4random_buf(raw, sizeof raw);
	buf_adds(&first, "n,,n=");
	(void)sasl_name_encode(&first, j->login);
	buf_adds(&first, ",r=");
	encode_base64(&first, span_mem(raw, sizeof raw));
	r = say(c, "AUTH SCRAM-SHA-256 ", buf_span(&first), v);
	if (r != 334)
		goto end;
	r = 0;
	buf_cut(&first, 3);		/* client-first-message-bare */
	in = buf_span(&first);
	if (heard(c, &server) < 0 || parse_first(buf_span(&server),
	    span_from(in, span_search(in, SPAN(",r=")) + 3), &s) < 0)
		goto end;
	buf_addc(&first, ',');
	buf_addspan(&first, buf_span(&server));
	if (proof(j, &s, buf_span(&first), &out, signature) < 0)
		goto end;
	r = say(c, "", buf_span(&out), v);
	/* the server has to know the password too */
	if (r == 334) {
		buf_reset(&server);
		buf_reset(&out);
		buf_adds(&out, "v=");
		encode_base64(&out, span_mem(signature, HASH));
		r = heard(c, &server) == 0 && span_eq(buf_span(&server),
		    buf_span(&out)) ? say(c, "", SPAN(""), v) : 0;
	}
end:
	buf_free(&first);
	buf_free(&server);
	buf_free(&out);
	return end(c, r, v);
}

/* r=nonce,s=salt,i=iterations */
static int
parse_first(struct span in, struct span nonce, struct scram_server *s)
{
	struct span part;

	span_cut(&in, ',', &part);
	if (!span_starts(part, SPAN("r=")) ||
	    !span_starts(span_from(part, 2), nonce))
		return -1;
	s->nonce = span_from(part, 2);
	span_cut(&in, ',', &part);
	if (!span_starts(part, SPAN("s=")))
		return -1;
	s->salt = span_from(part, 2);
	span_cut(&in, ',', &part);
	return span_starts(part, SPAN("i=")) && scan_uint(span_from(part, 2),
	    ITERATIONS_MOST, &s->iterations) == 0 && s->iterations ? 0 : -1;
}

/* client-final-message into out, and what the server must answer. */
static int
proof(const struct job *j, const struct scram_server *s, struct span so_far,
    struct buf *out, unsigned char *signature)
{
	unsigned char salted[HASH], key[HASH], stored[HASH], sign[HASH];
	struct buf salt = { .max = 1024 }, all = { .max = 4 * SASL_MESSAGE };
	size_t i;
	int r = -1;

	buf_adds(out, "c=biws,r=");
	buf_addspan(out, s->nonce);
	buf_addspan(&all, so_far);
	buf_addc(&all, ',');
	buf_addspan(&all, buf_span(out));
	if (!buf_ok(&all) || decode_base64(&salt, s->salt) < 0 ||
	    PKCS5_PBKDF2_HMAC((const char *)j->secret.p, (int)j->secret.n,
	    salt.p, (int)salt.n, (int)s->iterations, EVP_sha256(), HASH,
	    salted) != 1)
		goto end;
	hmac(salted, SPAN("Client Key"), key);
	if (EVP_Digest(key, HASH, stored, NULL, EVP_sha256(), NULL) != 1)
		goto end;
	hmac(stored, buf_span(&all), sign);
	for (i = 0; i < HASH; i++)
		key[i] ^= sign[i];
	buf_adds(out, ",p=");
	encode_base64(out, span_mem(key, HASH));
	hmac(salted, SPAN("Server Key"), key);
	hmac(key, buf_span(&all), signature);
	r = buf_ok(out) ? 0 : -1;
end:
	explicit_bzero(salted, sizeof salted);
	explicit_bzero(key, sizeof key);
	buf_free(&salt);
	buf_free(&all);
	return r;
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

static void
hmac(const unsigned char *key, struct span s, unsigned char *out)
{
	unsigned n = HASH;

	(void)HMAC(EVP_sha256(), key, HASH, s.p, s.n, out, &n);
}
