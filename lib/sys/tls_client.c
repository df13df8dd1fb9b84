/* tls_client - the client's side of TLS. */
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <time.h>

#include "base/ip.h"
#include "sys/authorities.h"
#include "sys/clock.h"
#include "sys/stream.h"
#include "sys/tls_client.h"

enum { DANE_TA = 2, DANE_EE = 3 };

struct tls_site {
	SSL_CTX *ctx;
};

struct tls_client {
	SSL *ssl;
	int fd;
};

static int  prepare(SSL *, const struct tls_ask *);
static int  prepare_dane(SSL *, const struct tls_ask *);
static int  wait_for(const struct tls_client *, int, uint64_t);
static struct tls_fault reason(SSL *);
static struct tls_fault doubt(long);

struct tls_site *
tls_site_new(int ca_file, const char **why)
{
	struct tls_site *s = calloc(1, sizeof *s);

	OPENSSL_init_ssl(OPENSSL_INIT_NO_LOAD_CONFIG, NULL);
	/* certificates' dates are compared by gmtime_r, which reads
	 * /etc/localtime, unless it has */
	tzset();
	*why = NULL;
	if (s == NULL || (s->ctx = SSL_CTX_new(TLS_client_method())) == NULL)
		return NULL;
	SSL_CTX_set_min_proto_version(s->ctx, TLS1_2_VERSION);
	SSL_CTX_set_options(s->ctx, SSL_OP_NO_COMPRESSION |
	    SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_TICKET);
	SSL_CTX_set_mode(s->ctx, SSL_MODE_RELEASE_BUFFERS |
	    SSL_MODE_ENABLE_PARTIAL_WRITE);
	/* or SSL_read, with a server that only changes its keys, does not end
	 * in time */
	SSL_CTX_clear_mode(s->ctx, SSL_MODE_AUTO_RETRY);
	if (SSL_CTX_dane_enable(s->ctx) != 1)
		return NULL;
	if (ca_file < 0 ||
	    authorities_add(SSL_CTX_get_cert_store(s->ctx), ca_file) == 0)
		*why = "no certificate authority is known";
	ERR_clear_error();
	return s;
}

struct tls_client *
tls_client_start(struct tls_site *s, int fd, const struct tls_ask *ask,
    uint64_t deadline_ms, struct tls_fault *f)
{
	struct tls_client *c = calloc(1, sizeof *c);
	int r;

	*f = (struct tls_fault){ "no memory", "validation-failure" };
	if (c == NULL)
		return NULL;
	c->fd = fd;
	ERR_clear_error();
	if ((c->ssl = SSL_new(s->ctx)) == NULL ||
	    SSL_set_fd(c->ssl, fd) != 1 || prepare(c->ssl, ask) < 0)
		goto fail;
	while ((r = SSL_connect(c->ssl)) != 1)
		if ((r = wait_for(c, r, deadline_ms)) < 0) {
			f->why = "the handshake took too long";
			if (r != STREAM_TIMEOUT)
				*f = reason(c->ssl);
			goto fail;
		}
	*f = (struct tls_fault){ NULL, NULL };
	return c;
fail:
	SSL_free(c->ssl);
	free(c);
	return NULL;
}

int
tls_client_doubt(const struct tls_client *c, struct tls_fault *f)
{
	long v = SSL_get_verify_result(c->ssl);

	if (v == X509_V_OK)
		return 0;
	*f = doubt(v);
	return 1;
}

void
tls_client_end(struct tls_client *c)
{
	ERR_clear_error();
	SSL_shutdown(c->ssl);
	SSL_free(c->ssl);
	free(c);
}

long
tls_client_read(struct tls_client *c, void *p, size_t n, uint64_t deadline_ms)
{
	int r;

	for (;;) {
		ERR_clear_error();
		r = SSL_read(c->ssl, p, n < 16384 ? (int)n : 16384);
		if (r > 0)
			return r;
		if (SSL_get_error(c->ssl, r) == SSL_ERROR_ZERO_RETURN)
			return 0;
		if ((r = wait_for(c, r, deadline_ms)) < 0)
			return r;
	}
}

int
tls_client_write(struct tls_client *c, struct span s, uint64_t deadline_ms)
{
	int r;

	while (s.n) {
		ERR_clear_error();
		r = SSL_write(c->ssl, s.p, s.n < 16384 ? (int)s.n : 16384);
		if (r > 0)
			s = span_from(s, (size_t)r);
		else if ((r = wait_for(c, r, deadline_ms)) < 0)
			return r;
	}
	return 0;
}

const char *
tls_client_version(const struct tls_client *c)
{
	return SSL_get_version(c->ssl);
}

const char *
tls_client_cipher(const struct tls_client *c)
{
	return SSL_get_cipher(c->ssl);
}

static int
prepare(SSL *ssl, const struct tls_ask *ask)
{
	struct ip ip;
	int literal = ip_parse(span_of(ask->name), &ip) == 0;

	if (ask->proof == TLS_DANE)
		return prepare_dane(ssl, ask);
	if (!literal && SSL_set_tlsext_host_name(ssl, ask->name) != 1)
		return -1;
	if (ask->proof == TLS_ANYONE)
		return 0;
	if (ask->proof == TLS_NAME)
		SSL_set_verify(ssl, SSL_VERIFY_PEER, NULL);
	SSL_set_hostflags(ssl, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
	return (literal ? X509_VERIFY_PARAM_set1_ip_asc(
	    SSL_get0_param(ssl), ask->name) :
	    SSL_set1_host(ssl, ask->name)) == 1 ? 0 : -1;
}

/* RFC 7672 3.1: usages 2 and 3; where no record of these can be used, TLS is
 * wanted all the same, from anyone (2.2). */
static int
prepare_dane(SSL *ssl, const struct tls_ask *ask)
{
	size_t i, usable = 0;

	if (SSL_dane_enable(ssl, ask->name) <= 0)
		return -1;
	SSL_dane_set_flags(ssl, DANE_FLAG_NO_DANE_EE_NAMECHECKS);
	if ((*ask->domain && SSL_add1_host(ssl, ask->domain) != 1) ||
	    (*ask->alias && SSL_add1_host(ssl, ask->alias) != 1))
		return -1;
	for (i = 0; i < ask->ntlsa; i++) {
		const struct tls_tlsa *t = &ask->tlsa[i];

		if ((t->usage == DANE_TA || t->usage == DANE_EE) &&
		    SSL_dane_tlsa_add(ssl, (uint8_t)t->usage,
		    (uint8_t)t->selector, (uint8_t)t->match, t->data.p,
		    t->data.n) > 0)
			usable++;
	}
	ERR_clear_error();
	SSL_set_verify(ssl, usable ? SSL_VERIFY_PEER : SSL_VERIFY_NONE, NULL);
	return 0;
}

/* 0: try again; -1: it failed; STREAM_TIMEOUT. */
static int
wait_for(const struct tls_client *c, int r, uint64_t deadline_ms)
{
	struct pollfd p = { .fd = c->fd };
	uint64_t now = clock_mono_ms();

	switch (SSL_get_error(c->ssl, r)) {
	case SSL_ERROR_WANT_READ:
		p.events = POLLIN;
		break;
	case SSL_ERROR_WANT_WRITE:
		p.events = POLLOUT;
		break;
	default:
		return -1;
	}
	if (now >= deadline_ms)
		return STREAM_TIMEOUT;
	r = poll(&p, 1, (int)(deadline_ms - now));
	return r == 0 ? STREAM_TIMEOUT : r < 0 && errno != EINTR ? -1 : 0;
}

static struct tls_fault
reason(SSL *ssl)
{
	struct tls_fault f = { .type = "validation-failure" };
	long v = SSL_get_verify_result(ssl);

	/* where nobody asked, a bad certificate is not what it failed of */
	if (v != X509_V_OK && SSL_get_verify_mode(ssl) != SSL_VERIFY_NONE)
		return doubt(v);
	f.why = ERR_reason_error_string(ERR_peek_error());
	if (f.why == NULL)
		f.why = "the connection was closed in the handshake";
	return f;
}

static struct tls_fault
doubt(long v)
{
	struct tls_fault f = { X509_verify_cert_error_string(v),
	    "certificate-not-trusted" };

	switch (v) {
	case X509_V_ERR_HOSTNAME_MISMATCH:
	case X509_V_ERR_IP_ADDRESS_MISMATCH:
		f.type = "certificate-host-mismatch";
		break;
	case X509_V_ERR_CERT_HAS_EXPIRED:
	case X509_V_ERR_CERT_NOT_YET_VALID:
		f.type = "certificate-expired";
		break;
	case X509_V_ERR_DANE_NO_MATCH:
		f.type = "validation-failure";
	}
	return f;
}
