/* clean - what dead processes left behind is taken away. */
#include <sys/stat.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "queued/clean.h"
#include "sys/file.h"

struct sweep {
	int dir;
	int64_t before;			/* changed last before that */
	int locks;			/* a lock says that it is in use */
	unsigned n;
};

struct ids {				/* of all messages there are */
	char (*id)[QUEUE_ID];
	size_t n, size;
	int failed;
	struct sweep sweep;
};

static int sweep_one(void *, const char *);
static int in_use(int, const char *);
static int add_id(void *, const char *);
static int drop_orphan(void *, const char *);
static int by_id(const void *, const void *);

unsigned
clean_tmp(const struct places *p, int64_t now)
{
	struct sweep q = { p->queue.tmp, now - CLEAN_TMP_S, 1, 0 };
	struct sweep d = { p->drop_tmp, now - CLEAN_DROP_S, 0, 0 };

	(void)file_each(q.dir, sweep_one, &q);
	(void)file_each(d.dir, sweep_one, &d);
	return q.n + d.n;
}

unsigned
clean_states(const struct places *p, int64_t now)
{
	struct ids ids = { .sweep = { .dir = p->queue.state,
	    .before = now - CLEAN_STATE_S } };
	const int dir[] = { p->queue.new, p->queue.cur, p->queue.hold,
	    p->queue.bad };
	size_t i;

	for (i = 0; i < sizeof dir / sizeof *dir; i++)
		if (file_each(dir[i], add_id, &ids) != 0)
			ids.failed = 1;
	if (!ids.failed) {
		if (ids.n)
			qsort(ids.id, ids.n, sizeof *ids.id, by_id);
		(void)file_each(p->queue.state, drop_orphan, &ids);
	}
	free(ids.id);
	return ids.sweep.n;
}

static int
sweep_one(void *arg, const char *name)
{
	struct sweep *s = arg;
	struct stat st;

	if (fstatat(s->dir, name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
	    !S_ISDIR(st.st_mode) && st.st_ctime < s->before &&
	    !(s->locks && in_use(s->dir, name)) &&
	    unlinkat(s->dir, name, 0) == 0)
		s->n++;
	return 0;
}

static int
in_use(int dir, const char *name)
{
	int fd, r;

	fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK |
	    O_CLOEXEC);
	if (fd < 0)
		return 1;
	r = file_locked(fd);
	close(fd);
	return r != 0;
}

static int
add_id(void *arg, const char *name)
{
	struct ids *ids = arg;
	size_t size = ids->size ? 2 * ids->size : 1024;
	void *p;

	if (strlen(name) < QUEUE_ID)
		return 0;
	if (ids->n == ids->size) {
		if ((p = realloc(ids->id, size * sizeof *ids->id)) == NULL)
			return -1;
		ids->id = p;
		ids->size = size;
	}
	memcpy(ids->id[ids->n++], name, QUEUE_ID);
	return 0;
}

static int
drop_orphan(void *arg, const char *name)
{
	struct ids *ids = arg;

	if (strlen(name) == QUEUE_ID && (ids->n == 0 ||
	    bsearch(name, ids->id, ids->n, sizeof *ids->id, by_id) == NULL))
		(void)sweep_one(&ids->sweep, name);
	return 0;
}

static int
by_id(const void *a, const void *b)
{
	return memcmp(a, b, QUEUE_ID);
}
