/*
 * folder_scratch - a mailbox in a directory of its own, for the tests of
 * folders: files put there and looked for, and what a folder tells, in words.
 * Included by one test each, behind cmocka.h.
 */
#ifndef STORE_FOLDER_SCRATCH_H
#define STORE_FOLDER_SCRATCH_H

#include <sys/stat.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "store/folder_impl.h"
#include "sys/clock.h"
#include "sys/file.h"
#include "sys/remove_tree.h"

static char dir[64];
static struct tree tree;

#define TEST(t) cmocka_unit_test_setup_teardown(t, setup, teardown)

static inline int
setup(void **state)
{
	(void)state;
	memcpy(dir, "/tmp/folder_test.XXXXXX", 24);
	if (mkdtemp(dir) == NULL)
		return -1;
	return tree_open(&tree, dir, "host.test");
}

static inline int
teardown(void **state)
{
	(void)state;
	tree_close(&tree);
	return remove_tree(dir);
}

static inline void
path(char out[512], const char *sub, const char *name)
{
	snprintf(out, 512, "%s/%s/%s", dir, sub, name);
}

static inline void
put(const char *sub, const char *name, const char *text)
{
	char p[512];
	int fd;

	path(p, sub, name);
	fd = open(p, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	assert_true(fd >= 0);
	assert_int_equal(file_write(fd, span_of(text)), 0);
	close(fd);
}

static inline void
move(const char *from, const char *a, const char *to, const char *b)
{
	char p[512], q[512];

	path(p, from, a);
	path(q, to, b);
	assert_int_equal(rename(p, q), 0);
}

/* Gives new/ or cur/ a time so long ago that a look at it is trusted. */
static inline void
make_old(const char *sub, int seconds)
{
	struct timespec t[2] = { { .tv_sec = clock_s() - seconds } };
	char p[512];

	t[1] = t[0];
	path(p, sub, "");
	assert_int_equal(utimensat(AT_FDCWD, p, t, 0), 0);
}

static inline int
there(const char *sub, const char *name)
{
	char p[512];

	path(p, sub, name);
	return access(p, F_OK) == 0;
}

static inline struct folder *
opened(const char *name, enum folder_mode mode)
{
	struct folder *f = NULL;

	if (folder_open(&f, &tree, name, mode) < 0)
		fail_msg("open %s: %s", name, strerror(errno));
	return f;
}

/* "3 x2 f1 e5": what is told, in order; gone as xN, flags fN, exists eN. */
static inline const char *
told(struct folder *f, int gone)
{
	static char s[1024];
	struct change c;
	size_t n = 0;

	s[0] = '\0';
	while ((c = folder_next(f, FOLDER_FLAGS | (gone ? FOLDER_GONE :
	    0))).kind != CHANGE_NONE && n < 1000)
		n += (size_t)snprintf(s + n, sizeof s - n, "%s%c%u",
		    n ? " " : "", " xfe"[c.kind], c.number);
	return s;
}

static inline struct mail
mail(struct folder *f, uint32_t number)
{
	struct mail m = { 0 };

	if (folder_mail(f, number, &m) < 0)
		fail_msg("mail %u: %s", number, strerror(errno));
	return m;
}

static inline uint32_t
append(struct folder *f, const char *text, uint32_t flags)
{
	struct append a = { .flags = flags, .date = 1000000000 };

	assert_int_equal(append_open(f, &a), 0);
	assert_int_equal(append_write(&a, span_of(text)), 0);
	assert_int_equal(folder_append(f, &a, 1), 0);
	return a.uid;
}

#endif
