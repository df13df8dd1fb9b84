/* authorities: a chain is believed by the one that signed it, whatever else
 * has its name, and wherever it stands in the file. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <unistd.h>

#include "sys/authorities.h"

enum { FIRST, TWIN, OTHER, STRANGER, COUNT };

static const char *const name[COUNT] = { "same name", "same name", "other",
    "stranger" };

static void
extend(X509 *x, X509 *issuer, int nid, const char *value)
{
	X509_EXTENSION *e;
	X509V3_CTX c;

	X509V3_set_ctx(&c, issuer, x, NULL, NULL, 0);
	e = X509V3_EXT_nconf_nid(NULL, &c, nid, value);
	assert_non_null(e);
	assert_int_equal(X509_add_ext(x, e, -1), 1);
	X509_EXTENSION_free(e);
}

/* Signed by itself where there is no issuer. */
static X509 *
make(const char *subject, EVP_PKEY *key, X509 *issuer, EVP_PKEY *by)
{
	static long serial;
	X509 *x = X509_new();

	assert_non_null(x);
	X509_set_version(x, X509_VERSION_3);
	ASN1_INTEGER_set(X509_get_serialNumber(x), ++serial);
	X509_gmtime_adj(X509_getm_notBefore(x), -3600);
	X509_gmtime_adj(X509_getm_notAfter(x), 3600);
	X509_set_pubkey(x, key);
	assert_int_equal(X509_NAME_add_entry_by_txt(X509_get_subject_name(x),
	    "CN", MBSTRING_ASC, (const unsigned char *)subject, -1, -1, 0), 1);
	X509_set_issuer_name(x, X509_get_subject_name(issuer ? issuer : x));
	extend(x, x, NID_basic_constraints, issuer ? "CA:FALSE" :
	    "critical,CA:TRUE");
	extend(x, x, NID_subject_key_identifier, "hash");
	if (issuer)
		extend(x, issuer, NID_authority_key_identifier, "keyid");
	assert_true(X509_sign(x, by, EVP_sha256()) > 0);
	return x;
}

static int
believed(X509_STORE *store, X509 *leaf)
{
	X509_STORE_CTX *c = X509_STORE_CTX_new();
	int r;

	assert_int_equal(X509_STORE_CTX_init(c, store, leaf, NULL), 1);
	r = X509_verify_cert(c);
	X509_STORE_CTX_free(c);
	return r == 1;
}

static void
chains(void **state)
{
	EVP_PKEY *key[COUNT], *mine = EVP_EC_gen("P-256");
	X509_STORE *store = X509_STORE_new();
	X509 *ca[COUNT], *leaf;
	FILE *f = tmpfile();
	size_t i, again;

	(void)state;
	assert_non_null(f);
	for (i = 0; i < COUNT; i++) {
		key[i] = EVP_EC_gen("P-256");
		ca[i] = make(name[i], key[i], NULL, key[i]);
		fprintf(f, "# %s: words between\n", name[i]);
		if (i != STRANGER)
			assert_int_equal(PEM_write_X509(f, ca[i]), 1);
	}
	fflush(f);
	assert_int_equal(authorities_add(store, fileno(f)), COUNT - 1);
	fclose(f);			/* what it needs it keeps */
	for (again = 0; again < 2; again++)
		for (i = COUNT; i-- > 0;) {
			leaf = make("leaf", mine, ca[i], key[i]);
			if (believed(store, leaf) != (i != STRANGER))
				fail_msg("%s, number %zu", name[i], i);
			X509_free(leaf);
		}
	for (i = 0; i < COUNT; i++) {
		EVP_PKEY_free(key[i]);
		X509_free(ca[i]);
	}
	EVP_PKEY_free(mine);
	X509_STORE_free(store);
}

static void
no_file(void **state)
{
	X509_STORE *store = X509_STORE_new();
	FILE *f = tmpfile();

	(void)state;
	assert_int_equal(authorities_add(store, -1), 0);
	assert_int_equal(authorities_add(store, fileno(f)), 0);
	fputs("-----BEGIN CERTIFICATE-----\nAAAA\n", f);
	fflush(f);
	assert_int_equal(authorities_add(store, fileno(f)), 0);
	fclose(f);
	X509_STORE_free(store);
}

int
main(void)
{
	const struct CMUnitTest test[] = {
		cmocka_unit_test(chains), cmocka_unit_test(no_file)
	};

	return cmocka_run_group_tests(test, NULL, NULL);
}
