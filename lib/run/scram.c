/* scram - the server's half of SCRAM-SHA-256. */
#include <stdlib.h>
#include <string.h>

#include "base/encode.h"
#include "base/sha256.h"
#include "run/scram.h"

static void hmac(const unsigned char *, struct span, unsigned char *);

/* RFC 5802 3: SaltedPassword, ClientKey, StoredKey, ServerKey. */
void
scram_keys_make(struct span password, struct scram_keys *k)
{
	unsigned char salted[SCRAM_HASH], client[SCRAM_HASH];

	memset(k, 0, sizeof *k);
	k->iterations = SCRAM_ITERATIONS;
	k->salt_n = 16;
	arc4random_buf(k->salt, k->salt_n);
	sha256_pbkdf2(password, span_mem(k->salt, k->salt_n), k->iterations,
	    salted);
	hmac(salted, SPAN("Client Key"), client);
	sha256(span_mem(client, sizeof client), k->stored);
	hmac(salted, SPAN("Server Key"), k->server);
	explicit_bzero(salted, sizeof salted);
	explicit_bzero(client, sizeof client);
}

void
scram_keys_fake(const unsigned char secret[32], struct span user,
    struct scram_keys *k)
{
	unsigned char h[SCRAM_HASH];

	memset(k, 0, sizeof *k);
	k->iterations = SCRAM_ITERATIONS;
	k->salt_n = 16;
	hmac(secret, user, h);
	memcpy(k->salt, h, k->salt_n);
	arc4random_buf(k->stored, SCRAM_HASH);
	arc4random_buf(k->server, SCRAM_HASH);
}

int
scram_begin(struct scram *s, const struct scram_first *f, struct span binding,
    struct buf *out)
{
	unsigned char ours[18];
	struct buf channel = { .max = 1024 };

	s->first.max = s->nonce.max = 2 * SASL_MESSAGE;
	s->channel.max = 2048;
	arc4random_buf(ours, sizeof ours);
	buf_addspan(&s->nonce, f->nonce);
	encode_base64(&s->nonce, span_mem(ours, sizeof ours));
	buf_addspan(&channel, f->gs2);
	buf_addspan(&channel, binding);
	encode_base64(&s->channel, buf_span(&channel));
	buf_adds(out, "r=");
	buf_addspan(out, buf_span(&s->nonce));
	buf_adds(out, ",s=");
	encode_base64(out, span_mem(s->keys.salt, s->keys.salt_n));
	buf_adds(out, ",i=");
	buf_addu(out, s->keys.iterations);
	buf_addspan(&s->first, f->bare);
	buf_addc(&s->first, ',');
	buf_addspan(&s->first, buf_span(out));
	buf_free(&channel);
	return buf_ok(&s->first) && buf_ok(&s->nonce) &&
	    buf_ok(&s->channel) && buf_ok(out) ? 0 : -1;
}

/* RFC 5802 3: AuthMessage, ClientSignature, and the ClientKey in the proof. */
int
scram_finish(struct scram *s, struct span message, struct buf *out,
    unsigned char tag[SCRAM_HASH])
{
	unsigned char proof[SCRAM_HASH], signature[SCRAM_HASH];
	unsigned char stored[SCRAM_HASH];
	struct scram_final f;
	const char *why;
	size_t n, i;

	memset(tag, 0, SCRAM_HASH);
	if (scram_final_parse(message, &f, &why) < 0 ||
	    scram_decode(f.proof, proof, sizeof proof, &n) < 0 ||
	    n != SCRAM_HASH)
		return -1;
	if (!span_eq(f.nonce, buf_span(&s->nonce)) ||
	    !span_eq(f.channel, buf_span(&s->channel)))
		return 0;
	buf_addc(&s->first, ',');
	if (buf_addspan(&s->first, f.without_proof) < 0)
		return -1;
	hmac(s->keys.stored, buf_span(&s->first), signature);
	for (i = 0; i < SCRAM_HASH; i++)
		tag[i] = proof[i] ^ signature[i];
	sha256(span_mem(tag, SCRAM_HASH), stored);
	if (!secret_equal(span_mem(stored, SCRAM_HASH),
	    span_mem(s->keys.stored, SCRAM_HASH)))
		return 0;
	hmac(s->keys.server, buf_span(&s->first), signature);
	buf_adds(out, "v=");
	return encode_base64(out, span_mem(signature, SCRAM_HASH)) == 0 ? 1 :
	    -1;
}

void
scram_free(struct scram *s)
{
	buf_free(&s->first);
	buf_free(&s->nonce);
	buf_free(&s->channel);
	explicit_bzero(s, sizeof *s);
}

static void
hmac(const unsigned char *key, struct span s, unsigned char *out)
{
	sha256_hmac(span_mem(key, SCRAM_HASH), s, out);
}
