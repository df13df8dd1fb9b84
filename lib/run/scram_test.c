#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include "run/app_password.h"
#include "run/scram.h"

/* RFC 7677 3: user "user", password "pencil". */
#define FIRST "n=user,r=rOprNGfwEbeRWgbNEkqO"
#define NONCE "rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0"
#define SERVER "r=" NONCE ",s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096"
#define FINAL "c=biws,r=" NONCE
#define PROOF ",p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ="
#define KEYS "SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==$" \
    "WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:" \
    "wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU="

static void
begin_as_rfc(struct scram *s)
{
	*s = (struct scram){ .first.max = 4096, .nonce.max = 4096,
	    .channel.max = 4096 };
	assert_int_equal(scram_keys_parse(SPAN(KEYS), &s->keys), 0);
	buf_adds(&s->first, FIRST "," SERVER);
	buf_adds(&s->nonce, NONCE);
	buf_adds(&s->channel, "biws");
}

static const struct {
	const char *message;
	int result;
} finals[] = {
	{ FINAL PROOF, 1 },
	{ "c=eSws,r=" NONCE PROOF, 0 },			/* "y,," */
	{ "c=biws,r=" NONCE "x" PROOF, 0 },
	{ "c=biws,r=rOprNGfwEbeRWgbNEkqO" PROOF, 0 },
	{ FINAL ",p=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=", 0 },
	{ FINAL ",p=AAAA", -1 },
	{ FINAL ",p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVR=", -1 },
	{ FINAL, -1 }, { "", -1 }, { "c=biws", -1 }, { PROOF, -1 }
};

static void
the_exchange_of_the_rfc(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < sizeof finals / sizeof *finals; i++) {
		unsigned char tag[SCRAM_HASH];
		struct buf out = { .max = 256 };
		struct scram s;
		int r;

		begin_as_rfc(&s);
		r = scram_finish(&s, span_of(finals[i].message), &out, tag);
		if (r != finals[i].result)
			fail_msg("case %zu: %d", i, r);
		if (r == 1 && !span_eq(buf_span(&out), SPAN("v=6rriTRBi23WpRR"
		    "/wtup+mMhUZUn/dB5nLTJRsjl95G4=")))
			fail_msg("case %zu: %.*s", i, SPAN_ARG(buf_span(&out)));
		buf_free(&out);
		scram_free(&s);
	}
}

static void
keys_as_text(void **state)
{
	static const char *const bad[] = { "", "SCRAM-SHA-256$",
	    "SCRAM-SHA-256$4095:QUJD$QUJD:QUJD", "SCRAM-SHA-1" KEYS,
	    KEYS "=", KEYS ":", "SCRAM-SHA-256$99999999999:QUJD$QUJD:QUJD" };
	struct scram_keys k, again;
	struct buf b = { .max = 1024 };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof bad / sizeof *bad; i++)
		if (scram_keys_parse(span_of(bad[i]), &k) == 0)
			fail_msg("case %zu", i);
	scram_keys_make(SPAN("pencil"), &k);
	assert_int_equal(scram_keys_format(&b, &k), 0);
	assert_int_equal(scram_keys_parse(buf_span(&b), &again), 0);
	assert_memory_equal(&k, &again, sizeof k);
	buf_free(&b);
}

static void
fake_keys(void **state)
{
	static const unsigned char secret[32] = "the same";
	struct scram_keys a, b, c;

	(void)state;
	scram_keys_fake(secret, SPAN("a"), &a);
	scram_keys_fake(secret, SPAN("a"), &b);
	scram_keys_fake(secret, SPAN("b"), &c);
	assert_memory_equal(a.salt, b.salt, a.salt_n);
	assert_memory_not_equal(a.salt, c.salt, a.salt_n);
	assert_memory_not_equal(a.stored, b.stored, SCRAM_HASH);
}

static void
app_passwords(void **state)
{
	char id[2][APP_ID + 1], text[2][APP_TEXT], mac[2][APP_MAC];
	int i;

	(void)state;
	for (i = 0; i < 2; i++) {
		app_password_make(id[i], text[i]);
		assert_int_equal(strlen(id[i]), APP_ID);
		assert_int_equal(strlen(text[i]), APP_TEXT - 1);
		assert_memory_equal(id[i], text[i], APP_ID);
	}
	assert_string_not_equal(text[0], text[1]);
	app_password_mac("a@b", id[0], SPAN("x"), mac[0]);
	app_password_mac("a@b", id[0], SPAN("x"), mac[1]);
	assert_string_equal(mac[0], mac[1]);
	app_password_mac("a@c", id[0], SPAN("x"), mac[1]);
	assert_string_not_equal(mac[0], mac[1]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_exchange_of_the_rfc),
		cmocka_unit_test(keys_as_text), cmocka_unit_test(fake_keys),
		cmocka_unit_test(app_passwords) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
