/* site_test - values that are wrong for a reason no table of keys can tell. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "run/site.h"

static const char *const copies[] = {
	"archive@example.test", "example.test=archive@example.test"
};
static const char *const address[] = { "archive" };
static const char *const domain[] = { "a..b=archive@example.test" };
static const char *const services[] = { "smtps", "smtp", "smtpd" };

static const struct site good = { .delimiter = "+", .user_prefix = "correo",
	.always_bcc = { 2, copies }, .uid_first = 70000, .uid_last = 70000 };

static const struct {
	const char *delimiter, *user_prefix;
	struct conf_words always_bcc, client_ask, client_require;
	uint64_t uid_last;
	const char *error;		/* how the lines begin; "": none */
} rows[] = {
	{ .error = "" },
	{ .delimiter = "", .error = "" },
	{ .delimiter = "-", .error = "" },
	{ .delimiter = "++", .error = "delimiter: " },
	{ .delimiter = "/", .error = "delimiter: " },
	{ .delimiter = "@", .error = "delimiter: " },
	{ .delimiter = "x", .error = "delimiter: " },
	{ .user_prefix = "mail_2", .error = "" },
	{ .user_prefix = "", .error = "user_prefix: " },
	{ .user_prefix = "a b", .error = "user_prefix: " },
	{ .user_prefix = "../x", .error = "user_prefix: " },
	{ .user_prefix = "abcdefghijklmnopqrstu", .error = "user_prefix: " },
	{ .always_bcc = { 1, address }, .error = "always_bcc: archive: " },
	{ .always_bcc = { 1, domain }, .error = "always_bcc: a..b=" },
	{ .client_ask = { 2, services }, .error = "" },
	{ .client_ask = { 3, services },
	    .error = "tls.client_ask: smtpd: " },
	{ .client_require = { 2, services },
	    .error = "tls.client_require: smtp: " },
	{ .client_require = { 1, services },
	    .error = "tls.client_require: needs tls.client_ca" },
	{ .uid_last = 69999, .error = "uid_last: " }
};

static void
values(void **state)
{
	struct buf errors;
	struct site s;
	size_t i, n;

	(void)state;
	for (i = 0; i < sizeof rows / sizeof *rows; i++) {
		s = good;
		if (rows[i].delimiter)
			s.delimiter = rows[i].delimiter;
		if (rows[i].user_prefix)
			s.user_prefix = rows[i].user_prefix;
		if (rows[i].always_bcc.n)
			s.always_bcc = rows[i].always_bcc;
		s.client_ask = rows[i].client_ask;
		s.client_require = rows[i].client_require;
		if (rows[i].uid_last)
			s.uid_last = rows[i].uid_last;
		errors = (struct buf){ .max = 4096 };
		site_check(&s, &errors);
		n = strlen(rows[i].error);
		if (errors.n < n || memcmp(errors.n ? errors.p :
		    (const unsigned char *)"", rows[i].error, n) != 0 ||
		    (n == 0 && errors.n))
			fail_msg("row %zu: %.*s", i, (int)errors.n,
			    errors.p ? (const char *)errors.p : "");
		buf_free(&errors);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(values) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
