/* message_test - a message that its owner changes while it is looked at. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "imapd/message.h"
#include "sys/file.h"
#include "sys/remove_tree.h"

enum { BIG = 600000 };

static char dir[64];
static struct tree tree;

static int
setup(void **state)
{
	(void)state;
	memcpy(dir, "/tmp/message_test.XXXXXX", 25);
	return mkdtemp(dir) ? tree_open(&tree, dir, "host.test") : -1;
}

static int
teardown(void **state)
{
	(void)state;
	tree_close(&tree);
	return remove_tree(dir);
}

/* A file of BIG bytes; its descriptor. */
static int
put_big(void)
{
	struct buf b = { .max = BIG + 100 };
	char path[128];
	int fd;

	snprintf(path, sizeof path, "%s/cur/1.a:2,", dir);
	fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);
	assert_true(fd >= 0);
	buf_adds(&b, "Subject: big\n\n");
	while (b.n < BIG)
		buf_adds(&b, "0123456789012345678901234567890123456789\n");
	assert_int_equal(file_write(fd, span_sub(buf_span(&b), 0, BIG)), 0);
	buf_free(&b);
	return fd;
}

/* The file is this text, its % n letters. */
static void
put_text(int fd, const char *text, size_t n)
{
	struct buf b = { .max = 1 << 20 };

	for (; *text; text++)
		if (*text != '%')
			buf_addc(&b, (unsigned char)*text);
		else
			while (n-- > 0)
				buf_addc(&b, 'x');
	assert_int_equal(ftruncate(fd, 0), 0);
	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	assert_int_equal(file_write(fd, buf_span(&b)), 0);
	buf_free(&b);
}

static void
put_file(const char *path, const char *text)
{
	int fd = open(path, O_RDWR | O_CREAT, 0600);

	assert_true(fd >= 0);
	put_text(fd, text, 0);
	close(fd);
}

/* What was announced as a literal is there to its end. */
static void
test_truncated_meanwhile(void **state)
{
	struct message m = { 0 };
	struct folder *f;
	size_t i, lines = 0;
	int fd;

	(void)state;
	fd = put_big();
	assert_int_equal(folder_open(&f, &tree, "INBOX", FOLDER_READ), 0);
	assert_int_equal(message_start(&m, f, 1, 0), 0);
	assert_int_equal(message_parse(&m), 0);
	assert_int_equal(m.bytes.n, BIG);
	assert_int_equal(ftruncate(fd, 20), 0);
	for (i = 0; i < m.bytes.n; i++)
		lines += m.bytes.p[i] == '\n';
	assert_true(lines > BIG / 50);
	assert_true(span_starts(m.bytes, SPAN("Subject: big\n\n0")));

	/* the next look has what there is, the one after all again */
	assert_int_equal(message_start(&m, f, 1, 0), 0);
	assert_int_equal(message_load(&m), 0);
	assert_int_equal(m.bytes.n, 20);
	close(put_big());
	assert_int_equal(message_start(&m, f, 1, 0), 0);
	assert_int_equal(message_load(&m), 0);
	assert_int_equal(m.bytes.n, BIG);
	close(fd);
	message_free(&m);
	folder_close(f);
}

/* Fields, whether only they are asked for or all is; with the header's end at
 * each place about the end of what is read at first. */
static void
test_fields(void **state)
{
	static const char *const v[][2] = {
		{ "", "\n" }, { "Subject: a", "Subject: a\n" },
		{ "Subject: a\n\nTo: b\n", "Subject: a\n\n" },
		{ "From x Thu\nX: y\nSubject: a\n b\n\n",
		    "Subject: a\n b\n\n" },
		{ "Subject: a\r\nX: y\r\n\r\nTo: b",
		    "Subject: a\r\n\n" },
		{ "Subject: a\nno field\nTo: b\n", "Subject: a\n\n" },
		{ "X: y\n %\nTo: b\n c\n\nTo: d\n", "To: b\n c\n\n" },
		{ "X: y\n %\nno field\nTo: b\n", "\n" },
		{ "X: y\n %\nTo: b\n", "To: b\n\n" },
	};
	struct message m = { 0 };
	struct folder *f;
	size_t i, n;
	unsigned kind;
	int fd;

	(void)state;
	fd = put_big();
	for (i = 0; i < sizeof v / sizeof *v; i++)
		for (n = 16384 - 40; n < 16384 + 3;
		    n += strchr(v[i][0], '%') ? 1 : 100)
			for (kind = 0; kind < 2; kind++) {
				put_text(fd, v[i][0], n);
				unlinkat(tree.root, "correo-cache", 0);
				assert_int_equal(folder_open(&f, &tree,
				    "INBOX", FOLDER_READ), 0);
				assert_int_equal(message_start(&m, f, 1, 0),
				    0);
				assert_int_equal(message_blobs(&m,
				    1u << KIND_FIELDS | kind), 0);
				if (!span_eq(m.blob[KIND_FIELDS],
				    span_of(v[i][1])))
					fail_msg("fields %zu %zu %u: %.*s", i,
					    n, kind, SPAN_ARG(
					    m.blob[KIND_FIELDS]));
				folder_close(f);
			}
	close(fd);
	message_free(&m);
}

/* A size in a name that is not the file's is not believed; W= beside one that
 * is, until it is read. */
static void
test_sizes_of_a_name(void **state)
{
	static const struct {
		const char *name;
		uint64_t vsize;		/* told before it is read */
	} t[] = {
		{ "1.a,S=8,W=11", 11 }, { "1.a,S=99,W=99", 11 },
		{ "1.a,S=2,W=3", 11 }, { "1.a,S=8,W=99", 99 },
		{ "1.a,W=99", 11 }, { "1.a,S=99", 11 }, { "1.a", 11 },
		/* the date is in the name of what we delivered */
		{ "1.Q0f2k8r1q3m5xz9ab2c7dR1.h,S=8,W=11", 11 }
	};
	struct message m = { .folder = NULL };
	uint64_t size, vsize;
	struct folder *f;
	char path[192];
	size_t i;
	int again;

	(void)state;
	for (i = 0; i < sizeof t / sizeof *t; i++) {
		snprintf(path, sizeof path, "%s/cur/%s:2,", dir, t[i].name);
		put_file(path, "a: b\n\nx\n");
		for (again = 0; again < 2; again++) {
			assert_int_equal(folder_open(&f, &tree, "INBOX",
			    FOLDER_WRITE), 0);
			assert_int_equal(folder_sizes(f, 1, &size, &vsize), 0);
			assert_int_equal(vsize, again ? 11 : t[i].vsize);
			assert_int_equal(message_start(&m, f, 1, 0), 0);
			assert_int_equal(message_load(&m), 0);
			assert_int_equal(folder_sizes(f, 1, &size, &vsize), 0);
			assert_int_equal(size, 8);
			assert_int_equal(vsize, 11);
			folder_close(f);
		}
		assert_int_equal(unlink(path), 0);
	}
	message_free(&m);
}

/* Nor is that of a copy, whose name says the same. */
static void
test_sizes_of_a_copy(void **state)
{
	uint32_t one[] = { 1 }, uid[1];
	struct folder *f, *g;
	uint64_t size, vsize;
	char path[192];
	int64_t date;
	int looked;

	(void)state;
	assert_int_equal(tree_create(&tree, "To"), 0);
	snprintf(path, sizeof path, "%s/cur/1.a,S=99,W=99:2,", dir);
	put_file(path, "a: b\n\nx\n");
	assert_int_equal(folder_open(&f, &tree, "INBOX", FOLDER_WRITE), 0);
	assert_int_equal(folder_open(&g, &tree, "To", FOLDER_WRITE), 0);
	for (looked = 0; looked < 2; looked++) {
		if (looked)
			assert_int_equal(folder_date(f, 1, &date), 0);
		assert_int_equal(folder_copy(f, one, 1, g, uid), 0);
		while (folder_next(g, 1).kind != CHANGE_NONE)
			;
		assert_int_equal(folder_sizes(g, folder_count(g), &size,
		    &vsize), 0);
		assert_int_equal(size, 8);
		assert_int_equal(vsize, 11);
	}
	folder_close(g);
	folder_close(f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_truncated_meanwhile,
		    setup, teardown),
		cmocka_unit_test_setup_teardown(test_fields, setup, teardown),
		cmocka_unit_test_setup_teardown(test_sizes_of_a_name, setup,
		    teardown),
		cmocka_unit_test_setup_teardown(test_sizes_of_a_copy, setup,
		    teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
