#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <cmocka.h>

#include "sys/held.h"

static void
put(const char *path, const char *mode, const char *text)
{
	FILE *f = fopen(path, mode);

	assert_non_null(f);
	fputs(text, f);
	assert_int_equal(fclose(f), 0);
}

/* Until the clock of the file system ticks: a change within one tick of the
 * making of a file is none. */
static void
tick(const char *dir)
{
	char path[64];
	struct held h;

	snprintf(path, sizeof path, "%s/tick", dir);
	put(path, "w", "");
	held_begin(&h, path, 20);
	do
		put(path, "w", "x");
	while (!held_changed(&h));
	close(h.fd);
	unlink(path);
}

static void
changes(void **state)
{
	char dir[] = "/tmp/held.XXXXXX", a[64], b[64];
	struct held h;
	int how;

	(void)state;
	assert_non_null(mkdtemp(dir));
	snprintf(a, sizeof a, "%s/a", dir);
	snprintf(b, sizeof b, "%s/b", dir);
	for (how = 0; how < 3; how++) {
		put(a, "w", "one\n");
		put(b, "w", "two\n");
		held_begin(&h, a, 20);
		assert_true(h.fd >= 20);
		tick(dir);
		assert_false(held_changed(&h));
		if (how == 0)
			put(a, "a", "more\n");
		else if (how == 1)
			assert_int_equal(rename(b, a), 0);
		else
			assert_int_equal(unlink(a), 0);
		if (!held_changed(&h))
			fail_msg("way %d", how);
		close(h.fd);
		unlink(a);
		unlink(b);
	}
	held_begin(&h, a, 20);
	assert_int_equal(h.fd, -1);
	assert_false(held_changed(&h));
	rmdir(dir);
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(changes) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
