/* passwd_test - lines of a password file, and what is none of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "sys/passwd.h"

static const char text[] =
    "root:x:0:0:root:/root:/bin/sh\n"
    "correo-q:x:7:8::/:/bin/false\n"
    "correo-queue:x:401:402:correo:/:/usr/sbin/nologin\n"
    "no-gid:x:403\n"
    "no-number:x:4O4:404::/:/bin/false\n"
    "too-large:x:4294967296:1::/:/bin/false\n"
    "last:x:4294967295:12:";		/* without a line end */

static const struct {
	const char *user;
	int error;
	uid_t uid;
	gid_t gid;
} rows[] = {
	{ "root", 0, 0, 0 },
	{ "correo-queue", 0, 401, 402 },
	{ "correo-q", 0, 7, 8 },
	{ "last", 0, 4294967295, 12 },
	{ "correo", ENOENT, 0, 0 },
	{ "", ENOENT, 0, 0 },
	{ "no-gid", ENOENT, 0, 0 },
	{ "no-number", ENOENT, 0, 0 },
	{ "too-large", ENOENT, 0, 0 }
};

static void
lines(void **state)
{
	char name[] = "/tmp/correo-passwd.XXXXXX";
	int fd = mkstemp(name), r;
	uid_t uid;
	gid_t gid;
	size_t i;

	(void)state;
	assert_int_equal(write(fd, text, sizeof text - 1), sizeof text - 1);
	close(fd);
	for (i = 0; i < sizeof rows / sizeof *rows; i++) {
		r = passwd_ids(name, rows[i].user, &uid, &gid);
		if ((r < 0 ? errno : 0) != rows[i].error || (r == 0 &&
		    (uid != rows[i].uid || gid != rows[i].gid)))
			fail_msg("row %zu: %s", i, rows[i].user);
	}
	unlink(name);
	assert_int_equal(passwd_ids(name, "root", &uid, &gid), -1);
	assert_int_equal(errno, ENOENT);
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(lines) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
