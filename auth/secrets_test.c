/* secrets: whose record a name means, and what an app password is good for. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <cdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "auth/secrets.h"
#include "run/app_password.h"

static void
add(struct cdb_make *c, const char *key, const char *value)
{
	assert_int_equal(cdb_make_add(c, key, (unsigned)strlen(key), value,
	    (unsigned)strlen(value)), 0);
}

static int
open_table(void **state)
{
	char path[] = "/tmp/secrets_test.XXXXXX", mac[APP_MAC], app[128];
	struct cdb_make c;
	int fd = mkstemp(path);

	(void)state;
	assert_true(fd >= 0);
	unlink(path);
	app_password_mac("alice", "abcde", SPAN("secret"), mac);
	snprintf(app, sizeof app, "smtp,imap:%s:0:telephone", mac);
	assert_int_equal(cdb_make_start(&c, fd), 0);
	add(&c, "alice", "hash");
	add(&c, "alice scram", "keys");
	add(&c, "alice app abcde", app);
	add(&c, "alice app wrong", "no such form");
	assert_int_equal(cdb_make_finish(&c), 0);
	assert_int_equal(secrets_open(fd), 0);
	close(fd);
	return 0;
}

static void
names(void **state)
{
	static const struct {
		const char *name, *key;	/* NULL: no name of ours */
	} t[] = {
		{ "alice", "alice" }, { "ALICE", "alice" },
		{ "bob", "bob@a.test" }, { "Bob@A.Test", "bob@a.test" },
		{ "", NULL }, { "bob@", NULL }, { "@a.test", NULL },
		/* records that are no user's hash */
		{ "alice scram", NULL }, { "alice app abcde", NULL }
	};
	char key[512];
	size_t i;
	int r;

	(void)state;
	for (i = 0; i < sizeof t / sizeof *t; i++) {
		r = secrets_user(span_of(t[i].name), SPAN("a.test b.test"),
		    key, sizeof key);
		if ((r == 0) != (t[i].key != NULL) ||
		    (r == 0 && strcmp(key, t[i].key) != 0))
			fail_msg("case %zu: %d %s", i, r, key);
	}
}

static void
app_passwords(void **state)
{
	static const struct {
		const char *key, *password, *scope;
		int r;
	} t[] = {
		{ "alice", "abcde-secret", "smtp", 1 },
		{ "alice", "abcde-secret", "imap", 1 },
		{ "alice", "abcde-secret", "pop3", 2 },
		{ "alice", "abcde-secret", "smt", 2 },
		{ "alice", "abcde-Secret", "pop3", 0 },
		{ "alice", "abcde-", "smtp", 0 },
		{ "alice", "abcde", "smtp", 0 }, { "alice", "-", "smtp", 0 },
		{ "alice", "abcdf-secret", "smtp", 0 },
		{ "bob", "abcde-secret", "smtp", 0 },
		{ "alice", "wrong-secret", "smtp", -1 }
	};
	char id[17];
	size_t i;
	int r;

	(void)state;
	for (i = 0; i < sizeof t / sizeof *t; i++) {
		r = secrets_app(t[i].key, span_of(t[i].password), t[i].scope,
		    id);
		if (r != t[i].r || strcmp(id, r == 1 ? "abcde" : "") != 0)
			fail_msg("case %zu: %d %s", i, r, id);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(names),
	    cmocka_unit_test(app_passwords) };

	return cmocka_run_group_tests(tests, open_table, NULL);
}
