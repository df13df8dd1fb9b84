/* maildirsize_test - the quota file: its grammar, counting, when it is thrown
 * away. */
#include <sys/stat.h>
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

#include "store/maildirsize.h"
#include "sys/file.h"

static char top[64];
static int dir;

static int
enter(void **state)
{
	(void)state;
	strlcpy(top, "/tmp/correo-maildirsize-XXXXXX", sizeof top);
	if (mkdtemp(top) == NULL || chdir(top) < 0 || mkdir("new", 0700) < 0 ||
	    mkdir("cur", 0700) < 0 || mkdir("tmp", 0700) < 0 ||
	    mkdir(".Sub", 0700) < 0 || mkdir(".Sub/cur", 0700) < 0)
		return -1;
	dir = file_open_dir(AT_FDCWD, ".");
	return dir < 0 ? -1 : 0;
}

static int
leave(void **state)
{
	static const char *const name[] = { "new/a,S=100,W=101",
	    "cur/b:2,S,S=7", ".Sub/cur/c,S=1000:2,", "maildirsize", "target" };
	size_t i;

	(void)state;
	close(dir);
	for (i = 0; i < sizeof name / sizeof *name; i++)
		(void)unlink(name[i]);
	return rmdir("new") || rmdir("cur") || rmdir("tmp") ||
	    rmdir(".Sub/cur") || rmdir(".Sub") || chdir("/") || rmdir(top);
}

static void
put(const char *name, const char *text)
{
	int fd = open(name, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(file_write(fd, span_of(text)), 0);
	close(fd);
}

static void
grammar(void **state)
{
	static const struct {
		const char *text;
		int r;
		uint64_t max_bytes, max_count;
		int64_t bytes, count;
	} row[] = {
		{ "1000S\n", 0, 1000, 0, 0, 0 },
		{ "1000S,5C\n 10 1\n-3 -1\n", 0, 1000, 5, 7, 0 },
		{ "5C,1000S\n10 1\n", 0, 1000, 5, 10, 1 },
		{ "1S\n           35            1\n", 0, 1, 0, 35, 1 },
		{ "1S\n5 1", -1, 0, 0, 0, 0 },		/* being written */
		{ "1S\n5\n", -1, 0, 0, 0, 0 },
		{ "1S\n5 1 2\n", -1, 0, 0, 0, 0 },
		{ "1S\n5 x\n", -1, 0, 0, 0, 0 },
		{ "1S\n9223372036854775807 0\n1 0\n", -1, 0, 0, 0, 0 },
		{ "1X\n", -1, 0, 0, 0, 0 }, { "S\n", -1, 0, 0, 0, 0 },
		{ "1S,\n", 0, 1, 0, 0, 0 }, { "1S", -1, 0, 0, 0, 0 },
		{ "\n", -1, 0, 0, 0, 0 }, { "", -1, 0, 0, 0, 0 }
	};
	struct quota q;
	const char *why;
	size_t i;
	int r;

	(void)state;
	for (i = 0; i < sizeof row / sizeof *row; i++) {
		why = NULL;
		r = maildirsize_parse(span_of(row[i].text), &q, &why);
		if (r != row[i].r || (r < 0 && why == NULL) || (r == 0 &&
		    (q.max_bytes != row[i].max_bytes ||
		    q.max_count != row[i].max_count ||
		    q.bytes != row[i].bytes || q.count != row[i].count)))
			fail_msg("row %zu", i);
	}
}

static void
room(void **state)
{
	static const struct {
		struct quota q;
		uint64_t bytes;
		int fits;
	} row[] = {
		{ { 0, 0, 1 << 30, 9, 0 }, UINT64_MAX, 1 },
		{ { 10, 0, 4, 9, 0 }, 6, 1 }, { { 10, 0, 4, 9, 0 }, 7, 0 },
		{ { 10, 0, 11, 9, 0 }, 0, 0 }, { { 0, 9, 0, 9, 0 }, 0, 0 },
		{ { 0, 9, 0, 8, 0 }, 99, 1 }, { { 10, 0, -5, 0, 0 }, 10, 1 },
		{ { 10, 0, 0, 0, 0 }, UINT64_MAX, 0 }
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof row / sizeof *row; i++)
		if (maildirsize_fits(&row[i].q, row[i].bytes) != row[i].fits)
			fail_msg("row %zu", i);
}

static void
counting(void **state)
{
	/* what stands in the file at first, and whether it is believed */
	static const struct {
		const char *text;
		int believed;
	} row[] = {
		{ "5000S\n77 7\n", 1 },
		{ "5000S\n70 6\n7 1\n", 1 },
		{ NULL, 0 },
		{ "4000S\n77 7\n", 0 },			/* another limit */
		{ "5000S,3C\n77 7\n", 0 },
		{ "5000S\n-77 7\n", 0 },
		{ "5000S\n4990 1\n10 1\n", 0 },		/* full: make sure */
		{ "junk", 0 }
	};
	struct quota q;
	char big[6000];
	size_t i;

	(void)state;
	put("new/a,S=100,W=101", "x");
	put("cur/b:2,S,S=7", "1234567890");
	put(".Sub/cur/c,S=1000:2,", "x");
	for (i = 0; i < sizeof row / sizeof *row; i++) {
		(void)unlink("maildirsize");
		if (row[i].text)
			put("maildirsize", row[i].text);
		q = (struct quota){ .max_bytes = 5000 };
		assert_int_equal(maildirsize_load(dir, &q), 0);
		if (q.bytes != (row[i].believed ? 77 : 1110) ||
		    q.count != (row[i].believed ? 7 : 3))
			fail_msg("row %zu: %lld", i, (long long)q.bytes);
	}
	/* the file written by counting is one that is believed, and added to */
	assert_int_equal(maildirsize_add(dir, -110, -2), 0);
	q = (struct quota){ .max_bytes = 5000 };
	assert_int_equal(maildirsize_load(dir, &q), 0);
	assert_int_equal(q.bytes, 1000);
	assert_int_equal(q.lines, 2);
	/* one that has grown too long is counted afresh */
	memset(big, ' ', sizeof big);
	memcpy(big, "5000S\n", 6);
	memcpy(big + sizeof big - 6, "1 1 \n", 6);
	put("maildirsize", big);
	q = (struct quota){ .max_bytes = 5000 };
	assert_int_equal(maildirsize_load(dir, &q), 0);
	assert_int_equal(q.bytes, 1110);
	/* a link is neither read nor written through */
	assert_int_equal(unlink("maildirsize"), 0);
	put("target", "5000S\n77 7\n");
	assert_int_equal(symlink("target", "maildirsize"), 0);
	assert_int_equal(maildirsize_add(dir, 1, 1), -1);
	q = (struct quota){ .max_bytes = 5000 };
	assert_int_equal(maildirsize_load(dir, &q), 0);
	assert_int_equal(q.bytes, 1110);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(grammar),
		cmocka_unit_test(room),
		cmocka_unit_test_setup_teardown(counting, enter, leave)
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
