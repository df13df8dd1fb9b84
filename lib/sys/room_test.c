/* Memory that grows keeps what it has, as a file's and as the process's own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sys/file.h"
#include "sys/room.h"

/* Is that address in a mapping of a file that has no name any more? */
static int
of_a_file(const void *p)
{
	unsigned long from, to;
	char line[512];
	int found = 0;
	FILE *f = fopen("/proc/self/maps", "r");

	while (f && !found && fgets(line, sizeof line, f))
		found = sscanf(line, "%lx-%lx", &from, &to) == 2 &&
		    (unsigned long)p >= from && (unsigned long)p < to &&
		    strstr(line, "/correo-tmp.") && strstr(line, "(deleted)");
	if (f)
		fclose(f);
	return found;
}

static int
any(void *arg, const char *name)
{
	(void)arg;
	(void)name;
	return 1;
}

static void
test_room(void **state)
{
	static const size_t sizes[] = { 8192, ROOM_LARGE - 8, ROOM_LARGE,
	    3 * (size_t)ROOM_LARGE };
	char path[] = "/tmp/correo-room.XXXXXX";
	size_t i, j, size, was;
	unsigned *p;
	int dir[2] = { -1, -1 }, d;

	(void)state;
	assert_non_null(mkdtemp(path));
	dir[1] = file_open_dir(AT_FDCWD, path);
	assert_true(dir[1] >= 0);
	for (d = 0; d < 2; d++) {
		p = NULL;
		was = 0;
		for (i = 0; i < sizeof sizes / sizeof *sizes; i++) {
			size = sizes[i] / sizeof *p;
			p = room_grow(dir[d], p, was * sizeof *p, sizes[i]);
			assert_non_null(p);
			for (j = 0; j < was; j++)
				if (p[j] != j)
					fail_msg("%zu: %zu", i, j);
			for (; j < size; j++)
				p[j] = (unsigned)j;
			was = size;
			assert_int_equal(file_each(dir[1], any, NULL), 0);
		}
#ifdef __linux__
		assert_int_equal(of_a_file(p), d);
#endif
		room_free(p, was * sizeof *p);
	}
	assert_null(room_grow(dir[1], NULL, 0, SIZE_MAX / 2));
	room_free(NULL, 0);
	close(dir[1]);
	rmdir(path);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_room),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
