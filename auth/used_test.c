/* used: the secret that stays the same. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "auth/used.h"
#include "sys/file.h"
#include "sys/remove_tree.h"

/* Whatever a crash has left of it. */
static void
test_secret(void **state)
{
	static const char *const left[] = { NULL, "", "half of it" };
	unsigned char a[USED_SECRET], b[USED_SECRET];
	char place[] = "/tmp/used_test.XXXXXX";
	size_t i;
	int dir, fd;

	(void)state;
	assert_non_null(mkdtemp(place));
	dir = file_open_dir(AT_FDCWD, place);
	assert_true(dir >= 0);
	for (i = 0; i < sizeof left / sizeof *left; i++) {
		(void)unlinkat(dir, "secret", 0);
		if (left[i]) {
			fd = openat(dir, "secret", O_WRONLY | O_CREAT, 0600);
			assert_int_equal(file_write(fd, span_of(left[i])), 0);
			close(fd);
		}
		used_secret(dir, a);
		used_secret(dir, b);
		if (memcmp(a, b, sizeof a) != 0)
			fail_msg("%zu: another one", i);
	}
	close(dir);
	assert_int_equal(remove_tree(place), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_secret)
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
