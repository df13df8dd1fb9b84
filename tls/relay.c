/*
 * relay - one TLS connection.
 *
 * Both ends are non-blocking and polled; a direction is read only when what
 * was read before has left, so that a slow peer slows the other one down.  The
 * session keeps the clock; a relay ends by itself when the handshake takes too
 * long or when nobody takes the last bytes.
 */
#include <sys/mman.h>
#include <sys/socket.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "run/zygote.h"
#include "sys/clock.h"
#include "sys/file.h"
#include "sys/heap.h"
#include "sys/log.h"
#include "sys/stream.h"
#include "tls/certs.h"
#include "tls/relay.h"
#include "tls/remote_key.h"

enum {
	PIECE = 16384,			/* RFC 8446 5.1: a record's plaintext */
	HANDSHAKE_S = 30,
	LINGER_S = 30,			/* for the last bytes */
	IDLE_MS = 500			/* then buffers are given back */
};

struct pump {
	SSL *ssl;
	int client, stream;
	unsigned char *in, *out;	/* PIECE each: to, from the session */
	size_t in_r, in_n, out_r, out_n;
	short want;			/* what SSL waits for on the socket */
	int client_done, session_done;	/* end of that direction was seen */
	int session_gone;		/* what it wrote may still be there */
	int told;			/* the client has our end */
};

static void take_cert(struct role_env *, const char *, int);
static int  add_file(struct span, struct span);
static void use_new(struct role_env *);
static int  try_pair(struct role_env *, const struct cert *);
static int  make_blank(void);
static int  serve(struct role_env *, const struct note *, int *);
static int  handshake(struct pump *);
static void tell(const struct note *, SSL *, int);
static void binding(struct facts *, SSL *);
static int  pump_buffers(struct pump *);
static int  run(struct pump *);
static int  over(struct pump *);
static void from_client(struct pump *);
static int  to_client(struct pump *);
static void from_session(struct pump *);
static void to_session(struct pump *);
static int  again(struct pump *, int);
static void failed(const struct facts *, const char *, long);
static void see_out(const struct pump *);
static void certified(struct facts *, SSL *);

static struct certs current, coming;
static int coming_bad;
static SSL *blank;			/* whoever serves one has a copy */

int
relay_role(struct role_env *env)
{
	OPENSSL_init_ssl(OPENSSL_INIT_NO_LOAD_CONFIG, NULL);
	if (remote_key_init() < 0)
		log_die(LOG_AGAIN, "OpenSSL provider");
	tzset();	/* gmtime_r would, for dates of certificates */
	env->file = take_cert;
	env->go = use_new;
	role_confine(env, &(struct confine){ 0 });
	role_wait(env);
	errno = 0;
	if (current.n == 0)
		log_die(LOG_FIX, "no usable certificate: tls.cert and tls.key "
		    "must name pairs that belong together");
	heap_fill();
	if (make_blank() < 0)
		log_die(LOG_AGAIN, "TLS");
	return zygote_run(env, serve);
}

/* ------------------------------------------------ certificates */

static void
take_cert(struct role_env *env, const char *name, int fd)
{
	struct buf b = { .max = CERTS_FILE };

	(void)env;
	if (fd < 0 || file_read(fd, &b) < 0 ||
	    add_file(span_of(name), buf_span(&b)) < 0) {
		log_warn("certificate", "%s: cannot be read as PEM "
		    "certificates", name);
		coming_bad = 1;
	}
	buf_free(&b);
}

static int
add_file(struct span name, struct span pem)
{
	return span_starts(name, SPAN("tls.client_ca ")) ?
	    certs_add_clients(&coming, pem) : certs_add(&coming, pem);
}

/* All files have come: they replace the old set if every pair works. */
static void
use_new(struct role_env *env)
{
	const char *why;
	size_t i;

	if (coming.n == 0 && !coming_bad)
		return;
	if (!coming_bad && certs_ready(&coming) < 0)
		coming_bad = 1;
	for (i = 0; i < coming.n && !coming_bad; i++)
		coming_bad = try_pair(env, &coming.cert[i]) < 0;
	if (coming_bad) {
		why = ERR_reason_error_string(ERR_peek_error());
		if (i > 0)
			log_warn("certificate", "number %zu and its key do "
			    "not belong together or cannot be used (%s)", i,
			    why ? why : "-");
		log_warn("certificate", current.n ?
		    "those before stay in use" : "none before");
		certs_free(&coming);
	} else {
		certs_free(&current);
		current = coming;
		coming = (struct certs){ 0 };
		certs_moved(&current);
		if (blank && make_blank() < 0)
			log_die(LOG_AGAIN, "TLS");
		log_note("certificate", "%zu in use", current.n);
	}
	coming_bad = 0;
	ERR_clear_error();
}

static int
try_pair(struct role_env *env, const struct cert *k)
{
	int ch[2], r;

	if (chan_pair(CHAN_PACKETS, ch) < 0)
		return -1;
	r = note_say(role_link(env, "keyholder"), NOTE_SPAWN, NULL, &ch[1], 1);
	close(ch[1]);
	remote_key_channel(ch[0]);
	if (r == 0)
		r = certs_try(k);
	remote_key_channel(-1);
	close(ch[0]);
	return r;
}

/* A connection that waits for its ClientHello.  To get so far is the same work
 * for all, and leaves nothing secret in it: done once, before the fork.  0,
 * or -1. */
static int
make_blank(void)
{
	BIO *none = BIO_new(BIO_s_mem());

	SSL_free(blank);
	blank = SSL_new(certs_default(&current));
	if (blank == NULL || none == NULL)
		return -1;
	SSL_set_bio(blank, none, none);
	SSL_set_accept_state(blank);
	return SSL_get_error(blank, SSL_do_handshake(blank)) ==
	    SSL_ERROR_WANT_READ ? 0 : -1;
}

/* ------------------------------------------------ one connection */

static int
serve(struct role_env *env, const struct note *n, int *fd)
{
	struct pump p = { .ssl = blank, .client = fd[0], .stream = fd[2] };
	char alpn[16];

	(void)env;
	if (fd[0] < 0 || fd[1] < 0 || fd[2] < 0 || fd[3] < 0 ||
	    span_str(span_of(n->text), alpn, sizeof alpn) < 0)
		return LOG_AGAIN;
	remote_key_channel(fd[3]);
	if (SSL_set_fd(p.ssl, p.client) != 1)
		return LOG_AGAIN;
	SSL_set_app_data(p.ssl, alpn);
	certs_ask(&current, p.ssl, (enum client_cert)n->arg);
	fcntl(p.client, F_SETFL, O_NONBLOCK);
	fcntl(p.stream, F_SETFL, O_NONBLOCK);
	if (handshake(&p) < 0) {
		failed(&n->facts, alpn, SSL_get_verify_result(p.ssl));
		see_out(&p);
		return 0;
	}
	close(fd[3]);			/* no more signatures */
	tell(n, p.ssl, fd[1]);
	close(fd[1]);
	if (pump_buffers(&p) < 0)
		return LOG_AGAIN;
	return run(&p);
}

static int
handshake(struct pump *p)
{
	uint64_t end = clock_mono_ms() + HANDSHAKE_S * 1000, now;
	struct pollfd w = { .fd = p->client };
	int r;

	while ((r = SSL_do_handshake(p->ssl)) != 1) {
		if (!again(p, r))
			return -1;
		w.events = p->want;
		now = clock_mono_ms();
		if (now >= end || poll(&w, 1, (int)(end - now)) == 0)
			return -1;
		if (stream_ended)
			return -1;
	}
	return 0;
}

/* The handshake's facts, for the listener. */
static void
tell(const struct note *asked, SSL *ssl, int ch)
{
	struct note n = { .kind = NOTE_UP };
	struct facts *f = &n.facts;

	*f = asked->facts;
	f->tls = 1;
	(void)span_str(span_of(SSL_get_version(ssl)), f->tls_version,
	    sizeof f->tls_version);
	(void)span_str(span_of(SSL_get_cipher(ssl)), f->tls_cipher,
	    sizeof f->tls_cipher);
	binding(f, ssl);
	certified(f, ssl);
	(void)note_send(ch, &n, NULL, 0);
}

/* RFC 9266: "EXPORTER-Channel-Binding", no context, 32 bytes; with TLS 1.2
 * only where the extended master secret makes it unique. */
static void
binding(struct facts *f, SSL *ssl)
{
	static const char label[] = "EXPORTER-Channel-Binding";
	const struct cert *k = certs_shown(&current, ssl);

	f->has_exporter = (SSL_version(ssl) >= TLS1_3_VERSION ||
	    SSL_get_extms_support(ssl) == 1) &&
	    SSL_export_keying_material(ssl, f->exporter, sizeof f->exporter,
	    label, sizeof label - 1, NULL, 0, 0) == 1;
	if (k) {
		memcpy(f->endpoint, k->endpoint, sizeof f->endpoint);
		f->endpoint_n = (uint8_t)k->endpoint_n;
	}
}

static void
certified(struct facts *f, SSL *ssl)
{
	X509 *x = SSL_get0_peer_certificate(ssl);
	unsigned n = sizeof f->cert_hash;

	if (x && X509_digest(x, EVP_sha256(), f->cert_hash, &n) == 1)
		f->cert = SSL_get_verify_result(ssl) == X509_V_OK ?
		    CERT_VERIFIED : CERT_SHOWN;
}

/* Pages of their own, which go back to the system when all is quiet. */
static int
pump_buffers(struct pump *p)
{
	p->in = mmap(NULL, 2 * PIECE, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (p->in == MAP_FAILED)
		return -1;
	p->out = p->in + PIECE;
	return 0;
}

static int
run(struct pump *p)
{
	struct pollfd w[2] = { { .revents = 0 } };
	int n, ms, quiet = 0;

	p->want = POLLIN;
	for (;;) {
		to_session(p);
		if (to_client(p) < 0)
			return 0;
		if (w[0].revents && p->in_n == 0 && !p->client_done)
			from_client(p);
		if (w[1].revents && p->out_n == 0 && !p->session_done)
			from_session(p);
		to_session(p);
		if (to_client(p) < 0)
			return 0;
		if (p->session_done && p->out_n == 0 && over(p))
			return 0;
		if (p->client_done && p->in_n == 0)
			shutdown(p->stream, SHUT_WR);
		/* an end that was hung up is told at once each time */
		w[0] = (struct pollfd){ .fd = p->out_n || (!p->in_n &&
		    !p->client_done) ? p->client : -1,
		    .events = p->out_n ? p->want : POLLIN };
		w[1] = (struct pollfd){ .fd = p->session_gone && p->out_n ?
		    -1 : p->stream,
		    .events = (short)((p->in_n ? POLLOUT : 0) |
		    (p->out_n || p->session_done ? 0 : POLLIN)) };
		ms = p->session_gone ? LINGER_S * 1000 : quiet ? -1 : IDLE_MS;
		n = poll(w, 2, ms);
		if (stream_ended || (n == 0 && p->session_gone))
			return 0;
		p->session_gone |= w[1].revents & (POLLHUP | POLLERR);
		quiet = n == 0;
		if (quiet && p->in_n == 0 && p->out_n == 0) {
			madvise(p->in, 2 * PIECE, MADV_DONTNEED);
			heap_trim();
		}
	}
}

/* The session has ended; or said its last, and reads on so that the client
 * sees it (stream_linger). */
static int
over(struct pump *p)
{
	if (!p->told) {
		SSL_shutdown(p->ssl);
		if (!p->session_gone)
			shutdown(p->client, SHUT_WR);
	}
	p->told = 1;
	return p->session_gone || p->client_done;
}

static void
from_client(struct pump *p)
{
	int r;

	ERR_clear_error();
	r = SSL_read(p->ssl, p->in, PIECE);
	if (r > 0) {
		p->in_r = 0;
		p->in_n = (size_t)r;
	} else if (!again(p, r))
		p->client_done = 1;	/* close_notify, or cut off: the
					 * session sees */
}

/* For a session that is gone no more is taken; its last words still leave. */
static void
to_session(struct pump *p)
{
	ssize_t r;

	while (p->in_n) {
		r = send(p->stream, p->in + p->in_r, p->in_n, MSG_NOSIGNAL);
		if (r < 0 && (errno == EAGAIN || errno == EINTR))
			return;
		if (r < 0) {
			p->client_done = 1;
			r = (ssize_t)p->in_n;
		}
		p->in_r += (size_t)r;
		p->in_n -= (size_t)r;
	}
}

static void
from_session(struct pump *p)
{
	ssize_t r = read(p->stream, p->out, PIECE);

	if (r > 0) {
		p->out_r = 0;
		p->out_n = (size_t)r;
	} else if (r == 0)
		p->session_done = 1;
	else if (errno != EAGAIN && errno != EINTR)
		p->session_done = p->session_gone = 1;
}

static int
to_client(struct pump *p)
{
	int r;

	while (p->out_n) {
		ERR_clear_error();
		r = SSL_write(p->ssl, p->out + p->out_r, (int)p->out_n);
		if (r <= 0)
			return again(p, r) ? 0 : -1;
		p->out_r += (size_t)r;
		p->out_n -= (size_t)r;
	}
	return 0;
}

/* Does SSL only wait for the socket?  Then for what is in want. */
static int
again(struct pump *p, int r)
{
	switch (SSL_get_error(p->ssl, r)) {
	case SSL_ERROR_WANT_READ:
		p->want = POLLIN;
		return 1;
	case SSL_ERROR_WANT_WRITE:
		p->want = POLLOUT;
		return 1;
	}
	return 0;
}

static void
failed(const struct facts *f, const char *alpn, long verify)
{
	const char *why = ERR_reason_error_string(ERR_peek_error());
	struct log g;

	log_open(&g, LOG_INFO, "handshake");
	facts_log_client(&g, f);
	facts_log_rest(&g, f);
	if (*alpn)
		log_str(&g, "proto", alpn);
	log_str(&g, "result", "fail");
	log_str(&g, "reason", why ? why : "cut off or too slow");
	if (verify != X509_V_OK)
		log_str(&g, "rule", X509_verify_cert_error_string(verify));
	log_close(&g);
}

/* A client that may send already, as of TLS 1.3 it may, has our alert. */
static void
see_out(const struct pump *p)
{
	unsigned char b[4096];
	struct stream s = { .fd = p->client, .b = b, .size = sizeof b };

	if (ERR_peek_error() == 0 || fcntl(p->client, F_SETFL, 0) < 0)
		return;
	stream_linger(&s);
}
