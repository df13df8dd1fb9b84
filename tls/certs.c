/* certs - the certificates that a relay can show, each with a remote key. */
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <string.h>

#include "tls/certs.h"
#include "tls/remote_key.h"

enum { CLIENT_CHAIN = 32 << 10, CLIENT_DEPTH = 8 };

static void endpoint(struct cert *);
static SSL_CTX *context(const struct cert *);
static int  add_client(struct certs *, X509_INFO *);
static int  verify(X509_STORE_CTX *, void *);
static int  authority_revoked(X509_STORE_CTX *);
static int  listed(X509_STORE_CTX *, X509 *);
static int  by_name(SSL *, int *, void *);
static int  by_protocol(SSL *, const unsigned char **, unsigned char *,
	    const unsigned char *, unsigned int, void *);
static int  same_name(X509 *, X509 *);
static int  shake(SSL_CTX *, SSL_CTX *);

int
certs_add(struct certs *c, struct span pem)
{
	struct cert *k = &c->cert[c->n];
	BIO *in;
	X509 *x;

	if (c->n == CERTS || (in = BIO_new_mem_buf(pem.p, (int)pem.n)) == NULL)
		return -1;
	*k = (struct cert){ 0 };
	c->n++;			/* certs_free takes what there is */
	k->leaf = PEM_read_bio_X509(in, NULL, NULL, NULL);
	k->chain = sk_X509_new_null();
	while (k->leaf && k->chain &&
	    (x = PEM_read_bio_X509(in, NULL, NULL, NULL)) != NULL)
		if (!sk_X509_push(k->chain, x))
			X509_free(x);
	ERR_clear_error();	/* the end of the file is one to PEM */
	BIO_free(in);
	if (k->leaf == NULL || k->chain == NULL)
		return -1;
	endpoint(k);
	k->key = remote_key_new(k->leaf);
	return k->key ? 0 : -1;
}

int
certs_add_clients(struct certs *c, struct span pem)
{
	BIO *in = BIO_new_mem_buf(pem.p, (int)pem.n);
	STACK_OF(X509_INFO) *all = in ? PEM_X509_INFO_read_bio(in, NULL, NULL,
	    NULL) : NULL;
	int i, n = all ? sk_X509_INFO_num(all) : 0, r = 0;

	BIO_free(in);
	if (c->clients == NULL && (c->clients = X509_STORE_new()) != NULL)
		/* a part of an organization, or one device */
		r = X509_STORE_set_flags(c->clients,
		    X509_V_FLAG_PARTIAL_CHAIN) - 1;
	if (c->names == NULL)
		c->names = sk_X509_NAME_new_null();
	if (n == 0 || c->clients == NULL || c->names == NULL)
		r = -1;
	for (i = 0; i < n && r == 0; i++)
		r = add_client(c, sk_X509_INFO_value(all, i));
	sk_X509_INFO_pop_free(all, X509_INFO_free);
	return r;
}

static int
add_client(struct certs *c, X509_INFO *one)
{
	X509_NAME *name;

	if (one->crl && (X509_STORE_add_crl(c->clients, one->crl) != 1 ||
	    X509_STORE_set_flags(c->clients, X509_V_FLAG_CRL_CHECK) != 1))
		return -1;
	if (one->x509 == NULL)
		return 0;
	name = X509_NAME_dup(X509_get_subject_name(one->x509));
	if (name == NULL || !sk_X509_NAME_push(c->names, name)) {
		X509_NAME_free(name);
		return -1;
	}
	return X509_STORE_add_cert(c->clients, one->x509) == 1 ? 0 : -1;
}

int
certs_ready(struct certs *c)
{
	size_t i, j;

	for (i = 0; i < c->n; i++) {
		struct cert *k = &c->cert[i];

		if ((k->ctx = context(k)) == NULL)
			return -1;
		for (j = 0; j < c->n; j++)
			if (EVP_PKEY_get_base_id(X509_get0_pubkey(
			    c->cert[j].leaf)) != EVP_PKEY_get_base_id(
			    X509_get0_pubkey(k->leaf)) &&
			    same_name(k->leaf, c->cert[j].leaf) &&
			    SSL_CTX_use_cert_and_key(k->ctx, c->cert[j].leaf,
			    c->cert[j].key, c->cert[j].chain, 0) != 1)
				return -1;
		if (c->clients && SSL_CTX_set1_verify_cert_store(k->ctx,
		    c->clients) != 1)
			return -1;
		SSL_CTX_set_cert_verify_callback(k->ctx, verify, NULL);
		SSL_CTX_set_tlsext_servername_callback(k->ctx, by_name);
	}
	certs_moved(c);
	return c->n ? 0 : -1;
}

void
certs_moved(struct certs *c)
{
	size_t i;

	for (i = 0; i < c->n; i++)
		SSL_CTX_set_tlsext_servername_arg(c->cert[i].ctx, c);
}

SSL_CTX *
certs_default(const struct certs *c)
{
	return c->n ? c->cert[0].ctx : NULL;
}

/* The names help a client to choose; who is only asked may choose any. */
void
certs_ask(const struct certs *c, SSL *s, enum client_cert how)
{
	if (how == CLIENT_CERT_NO)
		return;
	SSL_set_verify(s, SSL_VERIFY_PEER | (how == CLIENT_CERT_REQUIRE ?
	    SSL_VERIFY_FAIL_IF_NO_PEER_CERT : 0), NULL);
	SSL_set_verify_depth(s, CLIENT_DEPTH);
	SSL_set_max_cert_list(s, CLIENT_CHAIN);
	if (how == CLIENT_CERT_REQUIRE && c->names)
		SSL_set0_CA_list(s, SSL_dup_CA_list(c->names));
}

/* Who is only asked is served; SSL_get_verify_result keeps what was wrong. */
static int
verify(X509_STORE_CTX *x, void *arg)
{
	const SSL *s = X509_STORE_CTX_get_ex_data(x,
	    SSL_get_ex_data_X509_STORE_CTX_idx());

	(void)arg;
	return (X509_verify_cert(x) == 1 && !authority_revoked(x)) ||
	    (SSL_get_verify_mode(s) & SSL_VERIFY_FAIL_IF_NO_PEER_CERT) == 0;
}

/* X509_V_FLAG_CRL_CHECK_ALL would want a list of each authority, and stops at
 * the first that is trusted; here those count that are there. */
static int
authority_revoked(X509_STORE_CTX *x)
{
	STACK_OF(X509) *chain = X509_STORE_CTX_get0_chain(x);
	int i;

	for (i = 1; i < sk_X509_num(chain); i++)
		if (listed(x, sk_X509_value(chain, i))) {
			X509_STORE_CTX_set_error(x, X509_V_ERR_CERT_REVOKED);
			return 1;
		}
	return 0;
}

static int
listed(X509_STORE_CTX *x, X509 *authority)
{
	STACK_OF(X509_CRL) *lists = X509_STORE_CTX_get1_crls(x,
	    X509_get_issuer_name(authority));
	X509_REVOKED *entry;
	int i, r = 0;

	for (i = 0; lists && i < sk_X509_CRL_num(lists); i++)
		if (X509_CRL_get0_by_cert(sk_X509_CRL_value(lists, i), &entry,
		    authority) == 1)
			r = 1;
	sk_X509_CRL_pop_free(lists, X509_CRL_free);
	return r;
}

SSL_CTX *
certs_for(const struct certs *c, const char *name)
{
	size_t i;

	for (i = 0; name && i < c->n; i++)
		if (X509_check_host(c->cert[i].leaf, name, 0, 0, NULL) == 1)
			return c->cert[i].ctx;
	return certs_default(c);
}

const struct cert *
certs_shown(const struct certs *c, SSL *s)
{
	const X509 *x = SSL_get_certificate(s);
	size_t i;

	for (i = 0; i < c->n; i++)
		if (c->cert[i].leaf == x)
			return &c->cert[i];
	return NULL;
}

void
certs_free(struct certs *c)
{
	size_t i;

	for (i = 0; i < c->n; i++) {
		SSL_CTX_free(c->cert[i].ctx);
		EVP_PKEY_free(c->cert[i].key);
		X509_free(c->cert[i].leaf);
		sk_X509_pop_free(c->cert[i].chain, X509_free);
	}
	X509_STORE_free(c->clients);
	sk_X509_NAME_pop_free(c->names, X509_NAME_free);
	*c = (struct certs){ 0 };
}

int
certs_try(const struct cert *k)
{
	static const int version[] = { TLS1_3_VERSION, TLS1_2_VERSION };
	SSL_CTX *client;
	size_t i;
	int r = 0;

	for (i = 0; i < 2 && r == 0; i++) {
		client = SSL_CTX_new(TLS_client_method());
		r = client && SSL_CTX_set_max_proto_version(client,
		    version[i]) == 1 ? shake(k->ctx, client) : -1;
		SSL_CTX_free(client);
	}
	return r;
}

/* RFC 5929 4.1: the hash of the certificate's signature, SHA-256 for MD5, SHA-1
 * and those without one. */
static void
endpoint(struct cert *k)
{
	const EVP_MD *md = EVP_sha256();
	int nid;

	if (X509_get_signature_info(k->leaf, &nid, NULL, NULL, NULL) == 1 &&
	    (nid == NID_sha384 || nid == NID_sha512))
		md = EVP_get_digestbynid(nid);
	if (X509_digest(k->leaf, md, k->endpoint, &k->endpoint_n) != 1)
		k->endpoint_n = 0;
}

/*
 * RFC 8996, 9325: TLS 1.2 and 1.3 only.  No tickets and no cache: each
 * connection has a relay of its own and none keeps a secret of another; some
 * large senders have failed on TLS 1.3 tickets in SMTP besides.  AES-128 first
 * (RFC 9325 4.2): keys are then derived with SHA-256, for which processors have
 * instructions, and not with SHA-384.
 */
static SSL_CTX *
context(const struct cert *k)
{
	SSL_CTX *x = SSL_CTX_new(TLS_server_method());

	if (x == NULL)
		return NULL;
	SSL_CTX_set_min_proto_version(x, TLS1_2_VERSION);
	SSL_CTX_set_options(x, SSL_OP_NO_RENEGOTIATION |
	    SSL_OP_NO_COMPRESSION | SSL_OP_NO_TICKET |
	    SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_PRIORITIZE_CHACHA);
	SSL_CTX_set_num_tickets(x, 0);
	SSL_CTX_set_session_cache_mode(x, SSL_SESS_CACHE_OFF);
	SSL_CTX_set_mode(x, SSL_MODE_RELEASE_BUFFERS |
	    SSL_MODE_ENABLE_PARTIAL_WRITE |
	    SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
	/* or SSL_read stays with a client that only changes its keys */
	SSL_CTX_clear_mode(x, SSL_MODE_AUTO_RETRY);
	SSL_CTX_set_alpn_select_cb(x, by_protocol, NULL);
	if (SSL_CTX_set_cipher_list(x, "ECDHE+AESGCM+AES128:ECDHE+AESGCM:"
	    "ECDHE+CHACHA20") != 1 ||
	    SSL_CTX_set_ciphersuites(x, "TLS_AES_128_GCM_SHA256:"
	    "TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256") != 1 ||
	    SSL_CTX_set1_groups_list(x, "X25519:P-256:P-384") != 1 ||
	    SSL_CTX_use_cert_and_key(x, k->leaf, k->key, k->chain, 1) != 1) {
		SSL_CTX_free(x);
		return NULL;
	}
	return x;
}

static int
by_name(SSL *s, int *alert, void *arg)
{
	const char *name = SSL_get_servername(s, TLSEXT_NAMETYPE_host_name);

	(void)alert;
	if (name)
		SSL_set_SSL_CTX(s, certs_for(arg, name));
	return SSL_TLSEXT_ERR_OK;
}

/* RFC 7301 3.2: who names protocols, and not the one spoken here, has meant
 * another server (the ALPACA attack).  SMTP has no name: nothing to compare. */
static int
by_protocol(SSL *s, const unsigned char **out, unsigned char *outn,
    const unsigned char *in, unsigned int n, void *arg)
{
	const char *mine = SSL_get_app_data(s);
	struct span want = span_of(mine ? mine : ""), have;
	unsigned i;

	(void)arg;
	if (want.n == 0)
		return SSL_TLSEXT_ERR_NOACK;
	for (i = 0; i < n; i += 1u + in[i]) {
		have = span_sub(span_mem(in, n), i + 1, i + 1u + in[i]);
		if (span_eq(have, want)) {
			*out = have.p;
			*outn = (unsigned char)have.n;
			return SSL_TLSEXT_ERR_OK;
		}
	}
	return SSL_TLSEXT_ERR_ALERT_FATAL;
}

/* Does b answer for the first name of a? */
static int
same_name(X509 *a, X509 *b)
{
	GENERAL_NAMES *names = X509_get_ext_d2i(a, NID_subject_alt_name, NULL,
	    NULL);
	int i, r = 0;

	for (i = 0; names && i < sk_GENERAL_NAME_num(names); i++) {
		const GENERAL_NAME *g = sk_GENERAL_NAME_value(names, i);

		if (g->type != GEN_DNS)
			continue;
		r = X509_check_host(b, (const char *)ASN1_STRING_get0_data(
		    g->d.dNSName), (size_t)ASN1_STRING_length(g->d.dNSName), 0,
		    NULL) == 1;
		break;
	}
	GENERAL_NAMES_free(names);
	return r;
}

static int
shake(SSL_CTX *server_ctx, SSL_CTX *client_ctx)
{
	SSL *server = SSL_new(server_ctx), *client = SSL_new(client_ctx);
	BIO *a = NULL, *b = NULL;
	char one = 'x';
	int i, done = 0;

	if (server && client && BIO_new_bio_pair(&a, 0, &b, 0) == 1) {
		SSL_set_bio(server, a, a);
		SSL_set_bio(client, b, b);
		SSL_set_accept_state(server);
		SSL_set_connect_state(client);
		for (i = 0; i < 8 && !done; i++) {
			done = SSL_do_handshake(client) == 1;
			done = SSL_do_handshake(server) == 1 && done;
		}
		done = done && SSL_write(server, &one, 1) == 1 &&
		    SSL_read(client, &one, 1) == 1;
	}
	SSL_free(server);
	SSL_free(client);
	return done ? 0 : -1;
}
