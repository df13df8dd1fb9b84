/* certs, and the client of lib/sys: a peer that only changes its keys. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <openssl/x509v3.h>
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include "sys/clock.h"
#include "sys/stream.h"
#include "sys/tls_client.h"
#include "tls/certs.h"

enum { UPDATES = 50 };

static struct certs certs;

static int
setup(void **state)
{
	struct cert *k = &certs.cert[certs.n++];

	(void)state;
	signal(SIGPIPE, SIG_IGN);
	k->key = EVP_EC_gen("P-256");
	k->leaf = X509_new();
	k->chain = sk_X509_new_null();
	X509_set_version(k->leaf, X509_VERSION_3);
	X509_gmtime_adj(X509_getm_notBefore(k->leaf), -60);
	X509_gmtime_adj(X509_getm_notAfter(k->leaf), 3600);
	X509_set_pubkey(k->leaf, k->key);
	return X509_sign(k->leaf, k->key, EVP_sha256()) ?
	    certs_ready(&certs) : -1;
}

/* In a child: its side of the handshake, then new keys. */
static pid_t
peer(SSL_CTX *ctx, int fd, int (*shake)(SSL *))
{
	SSL *s;
	pid_t pid = fork();
	int i;

	if (pid != 0)
		return pid;
	if ((s = SSL_new(ctx)) == NULL || SSL_set_fd(s, fd) != 1 ||
	    shake(s) != 1)
		_exit(1);
	for (i = 0; i < UPDATES; i++)
		if (SSL_key_update(s, SSL_KEY_UPDATE_NOT_REQUESTED) != 1 ||
		    SSL_do_handshake(s) != 1)
			_exit(1);
	_exit(0);
}

static void
ended(pid_t pid)
{
	int st;

	assert_int_equal(waitpid(pid, &st, 0), pid);
	assert_true(WIFEXITED(st) && WEXITSTATUS(st) == 0);
}

static int
unread(int fd)
{
	int n;

	assert_int_equal(ioctl(fd, FIONREAD, &n), 0);
	return n;
}

/* A relay has to hear of its session's end between two of them. */
static void
server_reads_one_at_a_time(void **state)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
	SSL *s = SSL_new(certs_default(&certs));
	unsigned char b;
	int fd[2], r;
	pid_t pid;

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fd), 0);
	pid = peer(ctx, fd[1], SSL_connect);
	close(fd[1]);
	assert_int_equal(SSL_set_fd(s, fd[0]), 1);
	assert_int_equal(SSL_accept(s), 1);
	ended(pid);
	assert_int_equal(fcntl(fd[0], F_SETFL, O_NONBLOCK), 0);
	r = SSL_read(s, &b, 1);
	assert_int_equal(SSL_get_error(s, r), SSL_ERROR_WANT_READ);
	assert_true(unread(fd[0]) > 0);
	SSL_free(s);
	SSL_CTX_free(ctx);
	close(fd[0]);
}

/* And a client of its deadline. */
static void
client_looks_at_the_clock(void **state)
{
	const char *why;
	struct tls_ask ask = { .name = "mx.test", .domain = "",
	    .proof = TLS_ANYONE };
	struct tls_site *site = tls_site_new(-1, &why);
	struct tls_client *c;
	struct tls_fault f;
	unsigned char b;
	int fd[2];
	pid_t pid;

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fd), 0);
	pid = peer(certs_default(&certs), fd[1], SSL_accept);
	close(fd[1]);
	assert_int_equal(fcntl(fd[0], F_SETFL, O_NONBLOCK), 0);
	c = tls_client_start(site, fd[0], &ask, clock_mono_ms() + 60000, &f);
	assert_non_null(c);
	ended(pid);
	assert_int_equal(tls_client_read(c, &b, 1, 1), STREAM_TIMEOUT);
	assert_true(unread(fd[0]) > 0);
	tls_client_end(c);
	close(fd[0]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(server_reads_one_at_a_time),
		cmocka_unit_test(client_looks_at_the_clock)
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
