/* scram_client: the exchange of the RFC, and with our own server's half. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include "run/scram.h"
#include "run/scram_client.h"

/* RFC 7677 3: user "user", password "pencil". */
#define OURS "rOprNGfwEbeRWgbNEkqO"
#define NONCE OURS "%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0"
#define SALT ",s=W22ZaJ0SNY7soEsUEjb6gQ=="
#define FINAL "c=biws,r=" NONCE \
    ",p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ="

static const struct {
	const char *server, *final;	/* NULL: not taken */
} firsts[] = {
	{ "r=" NONCE SALT ",i=4096", FINAL },
	{ "r=x" NONCE SALT ",i=4096", NULL },
	{ "r=" SALT ",i=4096", NULL },
	{ "r=" NONCE ",s=!,i=4096", NULL },
	{ "r=" NONCE SALT, NULL },
	{ "", NULL }
};

static const struct {
	const char *server;
	int trusts;
} finals[] = {
	{ "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=", 1 },
	{ "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G8=", 0 },
	{ "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95A==", 0 },
	{ "e=invalid-proof", 0 }, { "v=", 0 }, { "", 0 }
};

static void
the_exchange_of_the_rfc(void **state)
{
	struct buf out = { .max = 1024 };
	struct scram_client s;
	size_t i, j;

	(void)state;
	for (i = 0; i < sizeof firsts / sizeof *firsts; i++) {
		s = (struct scram_client){ 0 };
		buf_reset(&out);
		assert_int_equal(scram_client_first(&s, SPAN("user"),
		    SPAN(OURS), &out), 0);
		assert_true(span_eq(buf_span(&out),
		    SPAN("n,,n=user,r=" OURS)));
		buf_reset(&out);
		if ((scram_client_final(&s, span_of(firsts[i].server),
		    SPAN("pencil"), &out) == 0) != (firsts[i].final != NULL))
			fail_msg("first %zu", i);
		if (firsts[i].final && !span_eq(buf_span(&out),
		    span_of(firsts[i].final)))
			fail_msg("first %zu: %.*s", i,
			    SPAN_ARG(buf_span(&out)));
		for (j = 0; firsts[i].final && j < sizeof finals /
		    sizeof *finals; j++)
			if (scram_client_trusts(&s,
			    span_of(finals[j].server)) != finals[j].trusts)
				fail_msg("final %zu", j);
		scram_client_free(&s);
	}
	buf_free(&out);
}

/* A right and a wrong password, and a name that has to be written otherwise. */
static void
both_halves(void **state)
{
	static const char *const password[] = { "pencil", "Pencil" };
	unsigned char tag[SCRAM_HASH];
	struct scram_first f;
	const char *why;
	int i;

	(void)state;
	for (i = 0; i < 2; i++) {
		struct buf a = { .max = 1024 }, b = { .max = 1024 };
		struct scram_client c = { 0 };
		struct scram s = { 0 };

		scram_keys_make(SPAN("pencil"), &s.keys);
		assert_int_equal(scram_client_first(&c, SPAN("a,b=c"),
		    SPAN("nonce"), &a), 0);
		assert_int_equal(scram_first_parse(buf_span(&a), &f, &why), 0);
		assert_int_equal(scram_begin(&s, &f, SPAN(""), &b), 0);
		buf_reset(&a);
		assert_int_equal(scram_client_final(&c, buf_span(&b),
		    span_of(password[i]), &a), 0);
		buf_reset(&b);
		assert_int_equal(scram_finish(&s, buf_span(&a), &b, tag), !i);
		assert_int_equal(scram_client_trusts(&c, buf_span(&b)), !i);
		scram_client_free(&c);
		scram_free(&s);
		buf_free(&a);
		buf_free(&b);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_exchange_of_the_rfc),
		cmocka_unit_test(both_halves) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
