/* scram_client - the client's half of SCRAM-SHA-256. */
#include <stdlib.h>
#include <string.h>

#include "base/encode.h"
#include "base/sha256.h"
#include "run/scram_client.h"
#include "wire/sasl.h"

static void prove(struct scram_client *, const unsigned char *, struct buf *);
static void hmac(const unsigned char *, struct span, unsigned char *);

int
scram_client_first(struct scram_client *s, struct span user,
    struct span nonce, struct buf *out)
{
	s->said.max = 4 * SASL_MESSAGE;
	buf_adds(&s->said, "n=");
	(void)sasl_name_encode(&s->said, user);
	buf_adds(&s->said, ",r=");
	s->nonce = s->said.n;
	buf_addspan(&s->said, nonce);
	buf_adds(out, "n,,");
	buf_addspan(out, buf_span(&s->said));
	return buf_ok(&s->said) && buf_ok(out) ? 0 : -1;
}

int
scram_client_final(struct scram_client *s, struct span server,
    struct span password, struct buf *out)
{
	unsigned char salt[SCRAM_SALT], salted[SCRAM_HASH];
	struct scram_server m;
	const char *why;
	size_t n, from = out->n;

	if (scram_server_parse(server, &m, &why) < 0 ||
	    !span_starts(m.nonce, span_from(buf_span(&s->said), s->nonce)) ||
	    scram_decode(m.salt, salt, sizeof salt, &n) < 0)
		return -1;
	buf_adds(out, "c=biws,r=");		/* biws: "n,," */
	buf_addspan(out, m.nonce);
	buf_addc(&s->said, ',');
	buf_addspan(&s->said, server);
	buf_addc(&s->said, ',');
	buf_addspan(&s->said, span_from(buf_span(out), from));
	if (!buf_ok(&s->said))
		return -1;
	sha256_pbkdf2(password, span_mem(salt, n), m.iterations, salted);
	prove(s, salted, out);
	explicit_bzero(salted, sizeof salted);
	return buf_ok(out) ? 0 : -1;
}

int
scram_client_trusts(const struct scram_client *s, struct span server)
{
	unsigned char signature[SCRAM_HASH];
	size_t n;

	return span_starts(server, SPAN("v=")) &&
	    scram_decode(span_from(server, 2), signature, sizeof signature,
	    &n) == 0 && secret_equal(span_mem(signature, n),
	    span_mem(s->signature, SCRAM_HASH));
}

void
scram_client_free(struct scram_client *s)
{
	buf_free(&s->said);
	explicit_bzero(s, sizeof *s);
}

/* RFC 5802 3: ClientProof, and the ServerSignature. */
static void
prove(struct scram_client *s, const unsigned char *salted, struct buf *out)
{
	unsigned char key[SCRAM_HASH], stored[SCRAM_HASH], sign[SCRAM_HASH];
	size_t i;

	hmac(salted, SPAN("Client Key"), key);
	sha256(span_mem(key, sizeof key), stored);
	hmac(stored, buf_span(&s->said), sign);
	for (i = 0; i < sizeof key; i++)
		sign[i] ^= key[i];
	buf_adds(out, ",p=");
	encode_base64(out, span_mem(sign, sizeof sign));
	hmac(salted, SPAN("Server Key"), key);
	hmac(key, buf_span(&s->said), s->signature);
	explicit_bzero(key, sizeof key);
}

static void
hmac(const unsigned char *key, struct span s, unsigned char *out)
{
	sha256_hmac(span_mem(key, SCRAM_HASH), s, out);
}
