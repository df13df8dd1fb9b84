/* queue_scratch - an empty queue in a directory of its own, for tests. */
#ifndef STORE_QUEUE_SCRATCH_H
#define STORE_QUEUE_SCRATCH_H

#include <sys/stat.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "store/queue.h"
#include "sys/file.h"

static const char *const scratch_sub[] = { "tmp", "new", "cur", "hold", "bad",
	"state" };
enum { SCRATCH_SUBS = sizeof scratch_sub / sizeof *scratch_sub };

static char scratch_path[] = "/tmp/correo-queue.XXXXXX";

static inline void
scratch_open(struct queue *q)
{
	const char *missing;
	int dir, i, ok = 1;

	memset(scratch_path + sizeof scratch_path - 7, 'X', 6);
	if (mkdtemp(scratch_path) == NULL ||
	    (dir = open(scratch_path, O_RDONLY | O_DIRECTORY)) < 0)
		abort();
	for (i = 0; i < SCRATCH_SUBS; i++)
		ok &= mkdirat(dir, scratch_sub[i], 0700) == 0;
	close(dir);
	if (!ok || queue_open(q, scratch_path, &missing) < 0)
		abort();
}

static inline int
scratch_remove(void *dir, const char *name)
{
	return unlinkat(*(int *)dir, name, 0);
}

static inline int
scratch_one_more(void *n, const char *name)
{
	(void)name;
	++*(int *)n;
	return 0;
}

static inline int
scratch_count(int dir)
{
	int n = 0;

	return file_each(dir, scratch_one_more, &n) < 0 ? -1 : n;
}

static inline int
scratch_keep(void *to, const char *name)
{
	snprintf(to, QUEUE_NAME, "%s", name);
	return 1;
}

/* A file there, opened; its name in id. */
static inline int
scratch_first(int dir, char id[QUEUE_NAME])
{
	if (file_each(dir, scratch_keep, id) != 1)
		return -1;
	return openat(dir, id, O_RDWR);
}

static inline void
scratch_close(struct queue *q)
{
	int d[] = { q->tmp, q->new, q->cur, q->hold, q->bad, q->state };
	int i;

	for (i = 0; i < SCRATCH_SUBS; i++) {
		file_each(d[i], scratch_remove, &d[i]);
		unlinkat(q->dir, scratch_sub[i], AT_REMOVEDIR);
		close(d[i]);
	}
	close(q->dir);
	rmdir(scratch_path);
}

#endif
