/* What root opens in a directory that is not root's. */
#include <sys/stat.h>
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>
#include <cmocka.h>

#include "run/queue_dirs.h"

static void
trigger(void **state)
{
	static const struct {
		const char *name;
		int error;
	} row[] = {
		{ "fifo", 0 }, { "link", ELOOP }, { "file", EINVAL },
		{ "hard", EINVAL }, { "none", ENOENT }
	};
	char path[] = "/tmp/queue-dirs-XXXXXX";
	int dir, fd;
	size_t i;

	(void)state;
	assert_non_null(mkdtemp(path));
	assert_true((dir = open(path, O_RDONLY | O_DIRECTORY)) >= 0);
	assert_int_equal(mkfifoat(dir, "fifo", 0600), 0);
	assert_int_equal(symlinkat("fifo", dir, "link"), 0);
	fd = openat(dir, "file", O_WRONLY | O_CREAT, 0600);
	assert_int_equal(linkat(dir, "file", dir, "hard", 0), 0);
	close(fd);
	for (i = 0; i < sizeof row / sizeof *row; i++) {
		fd = queue_trigger(dir, row[i].name);
		if ((fd < 0 ? errno : 0) != row[i].error)
			fail_msg("row %zu: %d %d", i, fd, errno);
		if (fd >= 0)
			close(fd);
		(void)unlinkat(dir, row[i].name, 0);
	}
	close(dir);
	assert_int_equal(rmdir(path), 0);
}

int
main(void)
{
	const struct CMUnitTest test[] = { cmocka_unit_test(trigger) };

	return cmocka_run_group_tests(test, NULL, NULL);
}
