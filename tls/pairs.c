/* pairs - can the pairs that tls.cert and tls.key name be used? */
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <fcntl.h>
#include <unistd.h>

#include "sys/file.h"
#include "tls/certs.h"
#include "tls/pairs.h"

static int  clients(const char *);
static const char *wrong(X509 *, EVP_PKEY *);
static int no_passphrase(char *, int, int, void *);

void
pairs_check(const struct site *site, const void *conf, struct buf *errors)
{
	size_t i;

	(void)conf;
	for (i = 0; i < site->tls_cert.n && i < site->tls_key.n; i++) {
		const char *file = site->tls_cert.word[i], *why;
		BIO *in = BIO_new_file(file, "r");
		X509 *leaf = in ? PEM_read_bio_X509(in, NULL, NULL, NULL) :
		    NULL;
		EVP_PKEY *key;

		BIO_free(in);
		if (leaf == NULL)
			buf_addf(errors, "tls.cert: %s: no certificate that "
			    "can be read\n", file);
		in = BIO_new_file(site->tls_key.word[i], "r");
		key = in ? PEM_read_bio_PrivateKey(in, NULL, no_passphrase,
		    NULL) : NULL;
		BIO_free(in);
		if (key == NULL)
			buf_addf(errors, "tls.key: %s: no private key that "
			    "can be read\n", site->tls_key.word[i]);
		if (leaf && key && (why = wrong(leaf, key)) != NULL)
			buf_addf(errors, "tls.cert: %s: %s\n", file, why);
		X509_free(leaf);
		EVP_PKEY_free(key);
	}
	for (i = 0; i < site->client_ca.n; i++)
		if (clients(site->client_ca.word[i]) < 0)
			buf_addf(errors, "tls.client_ca: %s: no certificates "
			    "that can be read\n", site->client_ca.word[i]);
	ERR_clear_error();
}

static int
clients(const char *file)
{
	struct buf pem = { .max = CERTS_FILE };
	struct certs c = { 0 };
	int fd = open(file, O_RDONLY | O_CLOEXEC), r;

	r = fd < 0 || file_read(fd, &pem) < 0 ? -1 :
	    certs_add_clients(&c, buf_span(&pem));
	certs_free(&c);
	buf_free(&pem);
	if (fd >= 0)
		close(fd);
	return r;
}

static const char *
wrong(X509 *leaf, EVP_PKEY *key)
{
	if (X509_check_private_key(leaf, key) != 1)
		return "belongs to another key than tls.key names";
	if (X509_cmp_current_time(X509_get0_notBefore(leaf)) > 0)
		return "is not valid yet";
	if (X509_cmp_current_time(X509_get0_notAfter(leaf)) <= 0)
		return "has expired";
	return NULL;
}

/* A key with one is not asked for it: no service could. */
static int
no_passphrase(char *out, int size, int writing, void *arg)
{
	(void)out;
	(void)size;
	(void)writing;
	(void)arg;
	return -1;
}
