/* pairs: what is told of one before a service starts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <sys/mman.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "tls/pairs.h"

static const struct {
	long from_s, to_s;		/* from now */
	const char *passphrase;
	int other;			/* the key is another certificate's */
	const char *error;		/* how the line ends; NULL: none */
} rows[] = {
	{ -60, 3600, NULL, 0, NULL },
	{ -3600, -60, NULL, 0, ": has expired\n" },
	{ 3600, 7200, NULL, 0, ": is not valid yet\n" },
	{ -60, 3600, "secret", 0, ": no private key that can be read\n" },
	{ -60, 3600, NULL, 1, ": belongs to another key than tls.key names\n" }
};

/* A file without a name, by the path that its descriptor has. */
static FILE *
new_file(char path[32])
{
	int fd = memfd_create("pem", 0);

	assert_true(fd >= 0);
	snprintf(path, 32, "/proc/self/fd/%d", fd);
	return fdopen(fd, "w");
}

static void
write_pair(size_t i, FILE *cert, FILE *key)
{
	EVP_PKEY *own = EVP_EC_gen("P-256"),
	    *there = rows[i].other ? EVP_EC_gen("P-256") : own;
	const char *p = rows[i].passphrase;
	X509 *x = X509_new();

	X509_gmtime_adj(X509_getm_notBefore(x), rows[i].from_s);
	X509_gmtime_adj(X509_getm_notAfter(x), rows[i].to_s);
	X509_set_pubkey(x, own);
	assert_true(X509_sign(x, own, EVP_sha256()) > 0);
	assert_int_equal(PEM_write_X509(cert, x), 1);
	assert_int_equal(PEM_write_PrivateKey(key, there,
	    p ? EVP_aes_128_cbc() : NULL, (const unsigned char *)p,
	    p ? (int)strlen(p) : 0, NULL, NULL), 1);
	assert_int_equal(fflush(cert) | fflush(key), 0);
	X509_free(x);
	if (there != own)
		EVP_PKEY_free(there);
	EVP_PKEY_free(own);
}

static void
pairs(void **state)
{
	char cert[32], key[32];
	const char *cert_word[] = { cert }, *key_word[] = { key };
	const struct site site = { .tls_cert = { 1, cert_word },
	    .tls_key = { 1, key_word } };
	struct buf errors;
	FILE *c, *k;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof rows / sizeof *rows; i++) {
		c = new_file(cert);
		k = new_file(key);
		write_pair(i, c, k);
		errors = (struct buf){ .max = 4096 };
		pairs_check(&site, NULL, &errors);
		if (rows[i].error ? !span_ends(buf_span(&errors),
		    span_of(rows[i].error)) : errors.n > 0)
			fail_msg("row %zu: %.*s", i,
			    SPAN_ARG(buf_span(&errors)));
		buf_free(&errors);
		fclose(c);
		fclose(k);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(pairs) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
