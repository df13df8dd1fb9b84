/* sha256: FIPS 180-2 appendix B, RFC 4231, RFC 7914 section 11, RFC 7677. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <string.h>

#include "base/encode.h"
#include "base/sha256.h"

#define TEN(x) x x x x x x x x x x

static void
is(const unsigned char *got, const char *want, const char *what, size_t i)
{
	struct buf b = { .max = 2 * SHA256_SIZE };

	assert_int_equal(encode_hex(&b, span_mem(got, SHA256_SIZE)), 0);
	if (!span_eq(buf_span(&b), span_of(want)))
		fail_msg("%s %zu: %.*s", what, i, SPAN_ARG(buf_span(&b)));
	buf_free(&b);
}

static void
digests(void **state)
{
	static const struct {
		const char *in, *out;
	} t[] = {
		{ "", "e3b0c44298fc1c149afbf4c8996fb924"
		    "27ae41e4649b934ca495991b7852b855" },
		{ "abc", "ba7816bf8f01cfea414140de5dae2223"
		    "b00361a396177a9cb410ff61f20015ad" },
		{ "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
		    "248d6a61d20638b8e5c026930c3e6039"
		    "a33ce45964ff2167f6ecedd419db06c1" }
	};
	unsigned char out[SHA256_SIZE];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof t / sizeof *t; i++) {
		sha256(span_of(t[i].in), out);
		is(out, t[i].out, "digest", i);
	}
}

static void
keyed_digests(void **state)
{
	static const struct {
		const char *key, *text, *out;
	} t[] = {
		{ TEN("\x0b") TEN("\x0b"), "Hi There",
		    "b0344c61d8db38535ca8afceaf0bf12b"
		    "881dc200c9833da726e9376c2e32cff7" },
		{ "Jefe", "what do ya want for nothing?",
		    "5bdcc146bf60754e6a042426089575c7"
		    "5a003f089d2739839dec58b964ec3843" },
		/* a key longer than a block */
		{ TEN(TEN("\xaa")) TEN("\xaa") TEN("\xaa") TEN("\xaa") "\xaa",
		    "Test Using Larger Than Block-Size Key - Hash Key First",
		    "60e431591ee0b67f0d8a26aacbf5b77f"
		    "8e0bc6213728c5140546040f0ee37f54" }
	};
	unsigned char out[SHA256_SIZE];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof t / sizeof *t; i++) {
		sha256_hmac(span_of(t[i].key), span_of(t[i].text), out);
		is(out, t[i].out, "HMAC", i);
	}
}

static void
slow_digests(void **state)
{
	static const unsigned char salt[] = { 0x5b, 0x6d, 0x99, 0x68, 0x9d,
	    0x12, 0x35, 0x8e, 0xec, 0xa0, 0x4b, 0x14, 0x12, 0x36, 0xfa, 0x81 };
	unsigned char out[SHA256_SIZE];

	(void)state;
	sha256_pbkdf2(SPAN("passwd"), SPAN("salt"), 1, out);
	is(out, "55ac046e56e3089fec1691c22544b605"
	    "f94185216dde0465e68b9d57c20dacbc", "PBKDF2", 0);
	sha256_pbkdf2(SPAN("Password"), SPAN("NaCl"), 80000, out);
	is(out, "4ddcd8f60b98be21830cee5ef22701f9"
	    "641a4418d04c0414aeff08876b34ab56", "PBKDF2", 1);
	sha256_pbkdf2(SPAN("pencil"), span_mem(salt, sizeof salt), 4096, out);
	is(out, "c4a49510323ab4f952cac1fa99441939"
	    "e78ea74d6be81ddf7096e87513dc615d", "PBKDF2", 2);
}

static void
equal_secrets(void **state)
{
	(void)state;
	assert_true(secret_equal(SPAN("abc"), SPAN("abc")));
	assert_true(secret_equal(SPAN(""), SPAN("")));
	assert_false(secret_equal(SPAN("abc"), SPAN("abd")));
	assert_false(secret_equal(SPAN("abc"), SPAN("bbc")));
	assert_false(secret_equal(SPAN("abc"), SPAN("abcd")));
}

int
main(void)
{
	const struct CMUnitTest test[] = {
		cmocka_unit_test(digests), cmocka_unit_test(keyed_digests),
		cmocka_unit_test(slow_digests),
		cmocka_unit_test(equal_secrets)
	};

	return cmocka_run_group_tests(test, NULL, NULL);
}
