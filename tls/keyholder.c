/* keyholder - the one process that holds private keys. */
#include <sys/epoll.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/ssl.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sys/clock.h"
#include "sys/file.h"
#include "sys/log.h"
#include "tls/keyholder.h"

enum { KEYS = 64, KEY_FILE_MAX = 65536 };

struct held {				/* newest first */
	EVP_PKEY *key;
	unsigned char spki[KEY_HASH];
};

struct channel {
	int fd;
	unsigned signatures;
};

static struct held held[KEYS];

static void take_file(struct role_env *, const char *, int);
static void hold(EVP_PKEY *, const unsigned char *);
static int  watch(int, int, struct channel *);
static void watch_links(struct role_env *, int);
static void new_channels(struct role_env *, int);
static void serve(int, struct channel *);
static void within_rate(void);
static uint32_t sign(const struct key_request *, struct key_reply *);
static EVP_PKEY *find(const unsigned char *);

int
keyholder_role(struct role_env *env)
{
	struct channel control, *c;
	struct epoll_event e[16];
	int ep, i, n, k;

	OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG |
	    OPENSSL_INIT_NO_LOAD_CRYPTO_STRINGS, NULL);
	env->file = take_file;
	role_confine(env, &(struct confine){ .files = 16384 });
	if ((ep = epoll_create1(EPOLL_CLOEXEC)) < 0)
		log_die(LOG_AGAIN, "epoll");
	role_wait(env);
	if (watch(ep, env->control, &control) < 0)
		log_die(LOG_AGAIN, "epoll_ctl");
	watch_links(env, ep);
	for (;;) {
		n = epoll_wait(ep, e, 16, -1);
		/* new keys first: a relay asks once it has been told of them */
		while (n > 0 && (k = role_note(env, 0)) >= 0)
			if (k == 0)
				return 0;
			else if (k == NOTE_LINK)
				watch_links(env, ep);
		for (i = 0; i < n; i++) {
			c = e[i].data.ptr;
			if (c == NULL)
				new_channels(env, ep);
			else if (c != &control)
				serve(ep, c);
		}
	}
}

/* ------------------------------------------------ keys */

static void
take_file(struct role_env *env, const char *name, int fd)
{
	struct buf b = { .max = KEY_FILE_MAX };
	unsigned char spki[KEY_HASH];
	EVP_PKEY *k = NULL;
	BIO *in;

	(void)env;
	if (fd >= 0 && file_read(fd, &b) == 0 &&
	    (in = BIO_new_mem_buf(b.p, (int)b.n)) != NULL) {
		k = PEM_read_bio_PrivateKey(in, NULL, NULL, (void *)"");
		BIO_free(in);
	}
	if (b.p)
		explicit_bzero(b.p, b.n);
	buf_free(&b);
	if (k && remote_key_hash(k, spki) == 0)
		hold(k, spki);
	else
		log_warn("key", "%s: no private key in it (PEM, without a "
		    "password); those known stay in use", name);
}

/* In front; the same key again is not held twice, the oldest falls off. */
static void
hold(EVP_PKEY *k, const unsigned char *spki)
{
	size_t i;

	for (i = 0; i < KEYS - 1 && held[i].key; i++)
		if (memcmp(held[i].spki, spki, KEY_HASH) == 0)
			break;
	EVP_PKEY_free(held[i].key);
	memmove(held + 1, held, i * sizeof *held);
	held[0].key = k;
	memcpy(held[0].spki, spki, KEY_HASH);
}

static EVP_PKEY *
find(const unsigned char *spki)
{
	size_t i;

	for (i = 0; i < KEYS && held[i].key; i++)
		if (memcmp(held[i].spki, spki, KEY_HASH) == 0)
			return held[i].key;
	return NULL;
}

/* ------------------------------------------------ channels */

static int
watch(int ep, int fd, struct channel *c)
{
	struct epoll_event e = { .events = EPOLLIN, .data.ptr = c };

	return epoll_ctl(ep, EPOLL_CTL_ADD, fd, &e);
}

/* One that was closed has left the set by itself; those in it stay. */
static void
watch_links(struct role_env *env, int ep)
{
	struct epoll_event e = { .events = EPOLLIN, .data.ptr = NULL };
	size_t i;

	for (i = 0; i < ROLE_LINKS; i++)
		if (env->link[i].fd >= 0 && epoll_ctl(ep, EPOLL_CTL_ADD,
		    env->link[i].fd, &e) < 0 && errno != EEXIST)
			log_die(LOG_AGAIN, "epoll_ctl");
}

static void
new_channels(struct role_env *env, int ep)
{
	struct channel *c;
	struct note n;
	int fd[CHAN_FDS], i, k;

	for (i = 0; i < ROLE_LINKS; i++)
		while (env->link[i].fd >= 0 &&
		    (k = note_recv(env->link[i].fd, &n, fd, 0)) >= 0) {
			if (k == 0) {
				/* replaced in its turn by a new link */
				epoll_ctl(ep, EPOLL_CTL_DEL,
				    env->link[i].fd, NULL);
				break;
			}
			if (n.kind != NOTE_SPAWN || fd[0] < 0)
				continue;
			if ((c = calloc(1, sizeof *c)) != NULL &&
			    watch(ep, fd[0], c) == 0) {
				c->fd = fd[0];
				continue;
			}
			free(c);
			close(fd[0]);
		}
}

/* One question; the channel ends with the peer, or after its share.  Who sent
 * its end here may hold that still, and then close() leaves it in the set. */
static void
serve(int ep, struct channel *c)
{
	struct key_request q;
	struct key_reply r;
	ssize_t n = chan_recv(c->fd, &q, sizeof q, NULL, 0);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n == sizeof q && c->signatures++ < KEYHOLDER_PER_CHANNEL) {
		within_rate();
		memset(&r, 0, sizeof r);
		r.n = sign(&q, &r);
		if (chan_send(c->fd, span_mem(&r, sizeof r), NULL, 0) == 0)
			return;
	}
	epoll_ctl(ep, EPOLL_CTL_DEL, c->fd, NULL);
	close(c->fd);
	free(c);
}

/* Over the rate questions wait for the next second, all alike. */
static void
within_rate(void)
{
	static uint64_t second;
	static unsigned count;
	uint64_t now = clock_mono_ms();

	if (now / 1000 != second) {
		second = now / 1000;
		count = 0;
	}
	if (++count == KEYHOLDER_PER_SECOND) {
		log_warn("rate", "%u signatures in one second",
		    KEYHOLDER_PER_SECOND);
		usleep((useconds_t)(1000 - now % 1000) * 1000);
	}
}

/* ------------------------------------------------ signatures */

/*
 * TLS 1.3 (RFC 8446 4.4.3): 64 spaces, the server's context string, a zero,
 * the transcript's hash.  TLS 1.2 (RFC 8422 5.4): both randoms, then a named
 * curve, its number, the length of the point and the point, exactly.
 */
int
keyholder_is_tls(struct span t)
{
	static const char context[] = "TLS 1.3, server CertificateVerify";
	size_t i = 0;

	if (t.n >= 64)
		while (i < 64 && t.p[i] == ' ')
			i++;
	if (i == 64)
		return (t.n == 64 + sizeof context + 32 ||
		    t.n == 64 + sizeof context + 48) &&
		    memcmp(t.p + 64, context, sizeof context) == 0;
	if (t.n < 64 + 4 + 32 || t.p[64] != 3)
		return 0;
	return (size_t)t.p[67] == t.n - 68;
}

static uint32_t
sign(const struct key_request *q, struct key_reply *r)
{
	EVP_PKEY *k = find(q->spki);
	EVP_MD_CTX *m;
	EVP_PKEY_CTX *p;
	size_t n = sizeof r->signature;
	int rsa, ok;

	if (k == NULL || q->n > sizeof q->tbs ||
	    memchr(q->digest, 0, sizeof q->digest) == NULL ||
	    !keyholder_is_tls(span_mem(q->tbs, q->n))) {
		log_warn("refused", k ? "asked to sign what no TLS handshake "
		    "needs" : "asked for a key that is not held");
		return 0;
	}
	if ((m = EVP_MD_CTX_new()) == NULL)
		return 0;
	rsa = EVP_PKEY_is_a(k, "RSA");
	ok = EVP_DigestSignInit_ex(m, &p, q->digest[0] ? q->digest : NULL,
	    NULL, NULL, k, NULL) > 0 && (!rsa || !q->pss ||
	    (EVP_PKEY_CTX_set_rsa_padding(p, RSA_PKCS1_PSS_PADDING) > 0 &&
	    EVP_PKEY_CTX_set_rsa_pss_saltlen(p, RSA_PSS_SALTLEN_DIGEST) > 0))
	    && EVP_DigestSign(m, r->signature, &n, q->tbs, q->n) > 0;
	EVP_MD_CTX_free(m);
	return ok ? (uint32_t)n : 0;
}
