/* Whose ids a child has after become(), of which verdict. */
#include <sys/wait.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cdb.h>
#include <cmocka.h>

#include "run/become.h"

static int
users(void)
{
	static const char *const row[][2] = {
		{ "ok", "70001:70002:/h/ok" }, { "root", "0:0:/root" },
		{ "bad", "70001:x" }
	};
	char path[] = "/tmp/become-XXXXXX";
	int fd = mkstemp(path);
	struct cdb_make m;
	size_t i;

	assert_true(fd >= 0);
	unlink(path);
	cdb_make_start(&m, fd);
	for (i = 0; i < sizeof row / sizeof *row; i++)
		cdb_make_add(&m, row[i][0], (unsigned)strlen(row[i][0]),
		    row[i][1], (unsigned)strlen(row[i][1]));
	cdb_make_finish(&m);
	return fd;
}

/* In a child, which can never be root again: "CODE UID GID TABLE". */
static void
tell(int fd, const char *key, int out)
{
	struct role_env env = { .root = geteuid() == 0 };
	struct mailbox m;
	struct verdict v;
	int r;

	env.table[TABLE_USERS] = dup2(fd, ROLE_TABLE_FD);
	out = dup2(out, ROLE_CONTROL);
	r = become(&env, key, &m, &v);
	dprintf(out, "%u %u %u %s", r < 0 ? v.code : 0, geteuid(), getegid(),
	    fcntl(ROLE_TABLE_FD, F_GETFD) < 0 ? "closed" : "open");
	_exit(0);
}

static void
ids(void **state)
{
	static const struct {
		const char *key;
		unsigned code, uid, gid;
	} row[] = {
		{ "ok", 0, 70001, 70002 },
		{ "gone", 451, 65534, 65534 },
		{ "bad", 451, 65534, 65534 },
		{ "root", 550, 65534, 65534 },
	};
	int fd = users(), root = geteuid() == 0, p[2];
	char want[80], got[80];
	size_t i;
	ssize_t n;

	(void)state;
	for (i = 0; i < sizeof row / sizeof *row; i++) {
		assert_int_equal(pipe(p), 0);
		if (fork() == 0)
			tell(fd, row[i].key, p[1]);
		close(p[1]);
		n = read(p[0], got, sizeof got - 1);
		got[n > 0 ? n : 0] = '\0';
		close(p[0]);
		wait(NULL);
		/* an ordinary user's instance keeps its ids, and may have a
		 * uid 0 in its table */
		snprintf(want, sizeof want, "%u %u %u closed",
		    root || row[i].code != 550 ? row[i].code : 0,
		    root ? row[i].uid : geteuid(),
		    root ? row[i].gid : getegid());
		if (strcmp(got, want) != 0)
			fail_msg("row %zu: %s, not %s", i, got, want);
	}
	close(fd);
}

int
main(void)
{
	const struct CMUnitTest test[] = { cmocka_unit_test(ids) };

	return cmocka_run_group_tests(test, NULL, NULL);
}
