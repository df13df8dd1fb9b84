#include <sys/mman.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <unistd.h>
#include <cmocka.h>

#include "queued/secrets.h"

static void
give(const char *name, const char *text)
{
	int fd = memfd_create("secrets", MFD_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	secrets_file(NULL, name, fd);
	close(fd);
}

static void
logins(void **state)
{
	static const struct {
		const char *name, *out;		/* user/secret/token, or NULL */
	} row[] = {
		{ "far", "u@far.test/pass word/0" },
		{ "colon", "u/a:b/0" },
		{ "cloud", "u@far.test/ya29.x/1" },
		{ "both", "t/token/1" },
		{ "empty", NULL }, { "nouser", NULL }, { "#", NULL },
		{ "fa", NULL }, { "", NULL },
	};
	struct span user, secret;
	char got[100];
	size_t i;
	int token, r;

	(void)state;
	give("relay-passwords /x", "far u@far.test:pass word\n"
	    "colon\tu:a:b\r\nempty u:\nnouser :x\nnone\nboth p:word");
	give("relay-tokens /x", "cloud u@far.test:ya29.x\nboth t:token\n");
	for (i = 0; i < sizeof row / sizeof *row; i++) {
		r = secrets_login(span_of(row[i].name), &user, &secret,
		    &token);
		if (r)
			(void)snprintf(got, sizeof got, "%.*s/%.*s/%d",
			    SPAN_ARG(user), SPAN_ARG(secret), token);
		if (r != (row[i].out != NULL) ||
		    (r && strcmp(got, row[i].out) != 0))
			fail_msg("row %zu: %d %s", i, r, got);
	}
	/* the file cannot be opened; is gone */
	secrets_file(NULL, "relay-passwords /x", TABLE_UNREADABLE);
	assert_int_equal(secrets_login(SPAN("far"), &user, &secret, &token),
	    1);
	secrets_file(NULL, "relay-passwords /x", -1);
	assert_int_equal(secrets_login(SPAN("far"), &user, &secret, &token),
	    0);
}

static void
key(void **state)
{
	(void)state;
	assert_int_equal(secrets_srs().n, 0);
	give("srs /x", "abc\n");
	assert_true(span_eq(secrets_srs(), SPAN("abc\n")));
	give("other /x", "def\n");
	assert_true(span_eq(secrets_srs(), SPAN("abc\n")));
}

int
main(void)
{
	const struct CMUnitTest test[] = {
		cmocka_unit_test(logins), cmocka_unit_test(key)
	};

	return cmocka_run_group_tests(test, NULL, NULL);
}
