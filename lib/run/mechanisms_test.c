/* Which mechanisms are offered, and what is no list of them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "run/mechanisms.h"

static const char *const words[] = { "SCRAM-SHA-256-PLUS", "LOGIN", "PLAIN" };
static const struct conf_words three = { 3, words };

static void
offered(void **state)
{
	(void)state;
	assert_string_equal(mechanisms_at(&three, 1, 0), "SCRAM-SHA-256-PLUS");
	assert_string_equal(mechanisms_at(&three, 1, 2), "PLAIN");
	assert_null(mechanisms_at(&three, 1, 3));
	assert_string_equal(mechanisms_at(&three, 0, 0), "LOGIN");
	assert_string_equal(mechanisms_at(&three, 0, 1), "PLAIN");
	assert_null(mechanisms_at(&three, 0, 2));
	assert_null(mechanisms_at(&(struct conf_words){ 0 }, 1, 0));

	assert_string_equal(mechanisms_find(&three, 0, SPAN("plain")),
	    "PLAIN");
	assert_null(mechanisms_find(&three, 0, SPAN("SCRAM-SHA-256-PLUS")));
	assert_non_null(mechanisms_find(&three, 1,
	    SPAN("scram-sha-256-plus")));
	assert_null(mechanisms_find(&three, 1, SPAN("SCRAM-SHA-256")));
	assert_null(mechanisms_find(&three, 1, SPAN("")));
}

static void
checked(void **state)
{
	static const struct {
		const char *word[3];
		const char *errors;
	} cases[] = {
		{ { "PLAIN", "SCRAM-SHA-256", "LOGIN" }, "" },
		{ { "PLAIN", "plain", "LOGIN" },
		    "p.mechanisms: plain is not known\n"
		    "p.mechanisms: plain stands twice\n" },
		{ { "PLAIN", "CRAM-MD5", "PLAIN" },
		    "p.mechanisms: CRAM-MD5 is not known\n"
		    "p.mechanisms: PLAIN stands twice\n" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct buf errors = { .max = 1000 };

		mechanisms_check(&(struct conf_words){ 3, cases[i].word }, "p",
		    &errors);
		if (!span_eq(buf_span(&errors), span_of(cases[i].errors)))
			fail_msg("case %zu: %.*s", i,
			    SPAN_ARG(buf_span(&errors)));
		buf_free(&errors);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(offered),
		cmocka_unit_test(checked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
