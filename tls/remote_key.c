/*
 * remote_key - a private key that lives in another process.
 *
 * provider-keymgmt(7) and provider-signature(7) are the contract.  A key of
 * ours is imported from public parameters only, and says it has all: libssl
 * then signs with it through our signature functions, while everything else
 * (verification, ephemeral keys) stays with the default provider, which the
 * default property query prefers.
 */
#include <sys/socket.h>
#include <openssl/core_dispatch.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/provider.h>
#include <stdlib.h>
#include <string.h>

#include "sys/chan.h"
#include "tls/remote_key.h"

struct key {
	EVP_PKEY *public;
	unsigned char spki[KEY_HASH];
};

struct signing {
	const struct key *key;
	struct key_request ask;
};

static const OSSL_ALGORITHM *query(void *, int, int *);

static int channel = -1;

/* ------------------------------------------------ keys (KEYMGMT) */

static void *
key_new(void *ctx)
{
	(void)ctx;
	return calloc(1, sizeof(struct key));
}

static void
key_free(void *v)
{
	struct key *k = v;

	if (k)
		EVP_PKEY_free(k->public);
	free(k);
}

/* It "has" its private half: that is the point of it. */
static int
key_has(const void *v, int selection)
{
	const struct key *k = v;

	(void)selection;
	return k && k->public;
}

static int
key_match(const void *a, const void *b, int selection)
{
	(void)selection;
	return EVP_PKEY_eq(((const struct key *)a)->public,
	    ((const struct key *)b)->public) == 1;
}

static int
key_import(struct key *k, const char *type, const OSSL_PARAM *p)
{
	EVP_PKEY_CTX *c = EVP_PKEY_CTX_new_from_name(NULL, type,
	    "provider=default");
	int ok = c && EVP_PKEY_fromdata_init(c) > 0 &&
	    EVP_PKEY_fromdata(c, &k->public, EVP_PKEY_PUBLIC_KEY,
	    (OSSL_PARAM *)(size_t)p) > 0 &&
	    remote_key_hash(k->public, k->spki) == 0;

	EVP_PKEY_CTX_free(c);
	return ok;
}

static int
import_rsa(void *k, int selection, const OSSL_PARAM *p)
{
	(void)selection;
	return key_import(k, "RSA", p);
}

static int
import_ec(void *k, int selection, const OSSL_PARAM *p)
{
	(void)selection;
	return key_import(k, "EC", p);
}

static int
import_ed25519(void *k, int selection, const OSSL_PARAM *p)
{
	(void)selection;
	return key_import(k, "ED25519", p);
}

static const OSSL_PARAM *
key_types(int selection)
{
	static const OSSL_PARAM t[] = {
		OSSL_PARAM_BN(OSSL_PKEY_PARAM_RSA_N, NULL, 0),
		OSSL_PARAM_BN(OSSL_PKEY_PARAM_RSA_E, NULL, 0),
		OSSL_PARAM_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, NULL, 0),
		OSSL_PARAM_octet_string(OSSL_PKEY_PARAM_PUB_KEY, NULL, 0),
		OSSL_PARAM_END
	};

	(void)selection;
	return t;
}

static int
key_export(void *v, int selection, OSSL_CALLBACK *cb, void *arg)
{
	struct key *k = v;
	OSSL_PARAM *p = NULL;
	int ok;

	if (selection & OSSL_KEYMGMT_SELECT_PRIVATE_KEY)
		return 0;
	ok = EVP_PKEY_todata(k->public, EVP_PKEY_PUBLIC_KEY, &p) > 0 &&
	    cb(p, arg);
	OSSL_PARAM_free(p);
	return ok;
}

static int
key_params(void *v, OSSL_PARAM *p)
{
	return EVP_PKEY_get_params(((struct key *)v)->public, p);
}

static const OSSL_PARAM *
key_gettable(void *ctx)
{
	static const OSSL_PARAM t[] = {
		OSSL_PARAM_int(OSSL_PKEY_PARAM_BITS, NULL),
		OSSL_PARAM_int(OSSL_PKEY_PARAM_SECURITY_BITS, NULL),
		OSSL_PARAM_int(OSSL_PKEY_PARAM_MAX_SIZE, NULL),
		OSSL_PARAM_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, NULL, 0),
		OSSL_PARAM_utf8_string(OSSL_PKEY_PARAM_DEFAULT_DIGEST, NULL,
		    0),
		OSSL_PARAM_END
	};

	(void)ctx;
	return t;
}

static const char *
operation_rsa(int op)
{
	(void)op;
	return "RSA";
}

static const char *
operation_ec(int op)
{
	return op == OSSL_OP_SIGNATURE ? "ECDSA" : "EC";
}

static const char *
operation_ed25519(int op)
{
	(void)op;
	return "ED25519";
}

#define CALL(id, function) { (id), (void (*)(void))(function) }
#define KEYMGMT(kind) { \
	CALL(OSSL_FUNC_KEYMGMT_NEW, key_new), \
	CALL(OSSL_FUNC_KEYMGMT_FREE, key_free), \
	CALL(OSSL_FUNC_KEYMGMT_HAS, key_has), \
	CALL(OSSL_FUNC_KEYMGMT_MATCH, key_match), \
	CALL(OSSL_FUNC_KEYMGMT_IMPORT, import_ ## kind), \
	CALL(OSSL_FUNC_KEYMGMT_IMPORT_TYPES, key_types), \
	CALL(OSSL_FUNC_KEYMGMT_EXPORT, key_export), \
	CALL(OSSL_FUNC_KEYMGMT_EXPORT_TYPES, key_types), \
	CALL(OSSL_FUNC_KEYMGMT_GET_PARAMS, key_params), \
	CALL(OSSL_FUNC_KEYMGMT_GETTABLE_PARAMS, key_gettable), \
	CALL(OSSL_FUNC_KEYMGMT_QUERY_OPERATION_NAME, operation_ ## kind), \
	{ 0, NULL } }

static const OSSL_DISPATCH keys_rsa[] = KEYMGMT(rsa);
static const OSSL_DISPATCH keys_ec[] = KEYMGMT(ec);
static const OSSL_DISPATCH keys_ed25519[] = KEYMGMT(ed25519);

static const OSSL_ALGORITHM keymgmt[] = {
	{ "RSA:rsaEncryption", "provider=remote", keys_rsa, NULL },
	{ "EC:id-ecPublicKey", "provider=remote", keys_ec, NULL },
	{ "ED25519:1.3.101.112", "provider=remote", keys_ed25519, NULL },
	{ NULL, NULL, NULL, NULL }
};

/* ------------------------------------------------ signatures */

static void *
sign_new(void *ctx, const char *properties)
{
	(void)ctx;
	(void)properties;
	return calloc(1, sizeof(struct signing));
}

static int
sign_set(void *v, const OSSL_PARAM p[])
{
	struct signing *s = v;
	const OSSL_PARAM *o;
	int mode;

	if (p == NULL)
		return 1;
	o = OSSL_PARAM_locate_const(p, OSSL_SIGNATURE_PARAM_PAD_MODE);
	if (o == NULL)
		return 1;
	if (o->data_type == OSSL_PARAM_UTF8_STRING)
		s->ask.pss = strcmp(o->data, OSSL_PKEY_RSA_PAD_MODE_PSS) == 0;
	else if (OSSL_PARAM_get_int(o, &mode))
		s->ask.pss = mode == RSA_PKCS1_PSS_PADDING;
	else
		return 0;
	return 1;
}

static const OSSL_PARAM *
sign_settable(void *s, void *ctx)
{
	static const OSSL_PARAM t[] = {
		OSSL_PARAM_utf8_string(OSSL_SIGNATURE_PARAM_PAD_MODE, NULL, 0),
		OSSL_PARAM_utf8_string(OSSL_SIGNATURE_PARAM_PSS_SALTLEN, NULL,
		    0),
		OSSL_PARAM_END
	};

	(void)s;
	(void)ctx;
	return t;
}

static int
sign_init(void *v, const char *digest, void *key, const OSSL_PARAM p[])
{
	struct signing *s = v;

	if (key)
		s->key = key;
	s->ask.n = 0;
	s->ask.pss = 0;
	if (span_str(span_of(digest ? digest : ""), s->ask.digest,
	    sizeof s->ask.digest) < 0)
		return 0;
	return sign_set(s, p);
}

static int
sign_update(void *v, const unsigned char *p, size_t n)
{
	struct signing *s = v;

	if (n > sizeof s->ask.tbs - s->ask.n)
		return 0;
	memcpy(s->ask.tbs + s->ask.n, p, n);
	s->ask.n += (uint32_t)n;
	return 1;
}

/* The question to the key holder.  sig NULL: only how long it may be. */
static int
sign_final(void *v, unsigned char *sig, size_t *n, size_t max)
{
	struct signing *s = v;
	struct key_reply r;
	ssize_t got;

	if (sig == NULL) {
		*n = (size_t)EVP_PKEY_get_size(s->key->public);
		return 1;
	}
	memcpy(s->ask.spki, s->key->spki, KEY_HASH);
	if (channel < 0 || chan_send(channel, span_mem(&s->ask, sizeof s->ask),
	    NULL, 0) < 0)
		return 0;
	got = chan_recv(channel, &r, sizeof r, NULL, 1);
	if (got != sizeof r || r.n == 0 || r.n > max ||
	    r.n > sizeof r.signature)
		return 0;
	memcpy(sig, r.signature, r.n);
	*n = r.n;
	return 1;
}

static int
sign_at_once(void *v, unsigned char *sig, size_t *n, size_t max,
    const unsigned char *tbs, size_t tbs_n)
{
	struct signing *s = v;

	s->ask.n = 0;
	return sign_update(s, tbs, tbs_n) && sign_final(s, sig, n, max);
}

static const OSSL_DISPATCH sign[] = {
	CALL(OSSL_FUNC_SIGNATURE_NEWCTX, sign_new),
	CALL(OSSL_FUNC_SIGNATURE_FREECTX, free),
	CALL(OSSL_FUNC_SIGNATURE_DIGEST_SIGN_INIT, sign_init),
	CALL(OSSL_FUNC_SIGNATURE_DIGEST_SIGN, sign_at_once),
	CALL(OSSL_FUNC_SIGNATURE_DIGEST_SIGN_UPDATE, sign_update),
	CALL(OSSL_FUNC_SIGNATURE_DIGEST_SIGN_FINAL, sign_final),
	CALL(OSSL_FUNC_SIGNATURE_SET_CTX_PARAMS, sign_set),
	CALL(OSSL_FUNC_SIGNATURE_SETTABLE_CTX_PARAMS, sign_settable),
	{ 0, NULL }
};

static const OSSL_ALGORITHM signature[] = {
	{ "RSA:rsaEncryption", "provider=remote", sign, NULL },
	{ "ECDSA", "provider=remote", sign, NULL },
	{ "ED25519:1.3.101.112", "provider=remote", sign, NULL },
	{ NULL, NULL, NULL, NULL }
};

/* ------------------------------------------------ the provider */

static const OSSL_DISPATCH provider[] = {
	CALL(OSSL_FUNC_PROVIDER_QUERY_OPERATION, query),
	{ 0, NULL }
};

static const OSSL_ALGORITHM *
query(void *ctx, int operation, int *no_cache)
{
	(void)ctx;
	*no_cache = 0;
	return operation == OSSL_OP_KEYMGMT ? keymgmt :
	    operation == OSSL_OP_SIGNATURE ? signature : NULL;
}

static int
provider_init(const OSSL_CORE_HANDLE *core, const OSSL_DISPATCH *in,
    const OSSL_DISPATCH **out, void **ctx)
{
	static char some;

	(void)core;
	(void)in;
	*out = provider;
	*ctx = &some;
	return 1;
}

int
remote_key_init(void)
{
	if (OSSL_PROVIDER_load(NULL, "default") == NULL ||
	    !OSSL_PROVIDER_add_builtin(NULL, "remote", provider_init) ||
	    OSSL_PROVIDER_load(NULL, "remote") == NULL ||
	    !EVP_set_default_properties(NULL, "?provider=default"))
		return -1;
	return 0;
}

void
remote_key_channel(int ch)
{
	channel = ch;
}

EVP_PKEY *
remote_key_new(const X509 *x)
{
	static const char *const kind[] = { "RSA", "EC", "ED25519" };
	EVP_PKEY *public = X509_get0_pubkey(x), *k = NULL;
	OSSL_PARAM *p = NULL;
	EVP_PKEY_CTX *c = NULL;
	size_t i;

	for (i = 0; public && i < sizeof kind / sizeof *kind; i++)
		if (EVP_PKEY_is_a(public, kind[i])) {
			c = EVP_PKEY_CTX_new_from_name(NULL, kind[i],
			    "provider=remote");
			break;
		}
	if (c && EVP_PKEY_todata(public, EVP_PKEY_PUBLIC_KEY, &p) > 0 &&
	    EVP_PKEY_fromdata_init(c) > 0 &&
	    EVP_PKEY_fromdata(c, &k, EVP_PKEY_KEYPAIR, p) <= 0)
		k = NULL;
	OSSL_PARAM_free(p);
	EVP_PKEY_CTX_free(c);
	return k;
}

int
remote_key_hash(EVP_PKEY *k, unsigned char out[KEY_HASH])
{
	unsigned char *der = NULL;
	int n = i2d_PUBKEY(k, &der);
	int ok = n > 0 && EVP_Digest(der, (size_t)n, out, NULL, EVP_sha256(),
	    NULL) == 1;

	OPENSSL_free(der);
	return ok ? 0 : -1;
}
