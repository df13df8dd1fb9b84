/* spool - the file that a message of sendmail becomes. */
#include <sys/stat.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "admin/spool.h"
#include "base/crc32c.h"
#include "sys/file.h"

static void close_all(struct spool *);
static int open_dirs(struct spool *);
static int give_group(const struct spool *);
static void hint(const struct spool *);

static const struct spool empty = { .fd = -1, .tmp = -1, .new = -1 };

int
spool_open(struct spool *s, const char *state_dir, uint64_t max)
{
	*s = empty;
	s->max = max;
	s->state_dir = state_dir;
	queue_id(s->name);
	if (open_dirs(s) < 0 || (s->fd = openat(s->tmp, s->name, O_RDWR |
	    O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0640)) < 0 ||
	    give_group(s) < 0 || lseek(s->fd, QUEUE_HEAD, SEEK_SET) < 0) {
		spool_abort(s);
		return -1;
	}
	return 0;
}

int
spool_open_nameless(struct spool *s, uint64_t max)
{
	char path[] = "/tmp/correo-sendmail.XXXXXXXXXX";

	*s = empty;
	s->max = max;
	queue_id(s->name);
	if ((s->fd = mkostemp(path, O_CLOEXEC)) < 0)
		return -1;
	(void)unlink(path);
	return lseek(s->fd, QUEUE_HEAD, SEEK_SET) < 0 ? -1 : 0;
}

int
spool_add(struct spool *s, struct span b)
{
	if (b.n > s->max - s->head.body) {
		errno = EFBIG;
		return -1;
	}
	s->head.bodysum = crc32c(s->head.bodysum, b);
	s->head.body += b.n;
	return file_write(s->fd, b);
}

/* The order of these calls is the promise (DESIGN 4, Drop). */
int
spool_commit(struct spool *s, struct span envelope)
{
	char first[QUEUE_HEAD];
	int fd = s->fd, r = 0;

	s->head.env = envelope.n;
	s->head.envsum = crc32c(0, envelope);
	queue_head_format(&s->head, first);
	if (file_write(fd, envelope) < 0 || pwrite(fd, first, sizeof first,
	    0) != (ssize_t)sizeof first || fsync(fd) < 0) {
		spool_abort(s);
		return -1;
	}
	s->fd = -1;
	if (close(fd) < 0 ||
	    renameat(s->tmp, s->name, s->new, s->name) < 0) {
		spool_abort(s);
		return -1;
	}
	if (fsync(s->new) < 0) {
		r = errno;
		(void)unlinkat(s->new, s->name, 0);
	} else
		hint(s);
	close_all(s);
	errno = r;
	return r ? -1 : 0;
}

void
spool_abort(struct spool *s)
{
	int e = errno;

	if (s->tmp >= 0)
		(void)unlinkat(s->tmp, s->name, 0);
	close_all(s);
	errno = e;
}

static void
close_all(struct spool *s)
{
	if (s->fd >= 0)
		close(s->fd);
	if (s->tmp >= 0)
		close(s->tmp);
	if (s->new >= 0)
		close(s->new);
	s->fd = s->tmp = s->new = -1;
}

/* The caller may name a state_dir of his own, and put another in its place in
 * between: what goes into new/ was never in a directory of his. */
static int
open_dirs(struct spool *s)
{
	struct stat tmp, new;
	char path[1024];
	int n;

	n = snprintf(path, sizeof path, "%s/drop/tmp", s->state_dir);
	if (n < 0 || (size_t)n >= sizeof path) {
		errno = ENAMETOOLONG;
		return -1;
	}
	if ((s->tmp = file_open_dir(AT_FDCWD, path)) < 0)
		return -1;
	memcpy(path + n - 3, "new", 3);
	if ((s->new = file_open_dir(AT_FDCWD, path)) < 0 ||
	    fstat(s->tmp, &tmp) < 0 || fstat(s->new, &new) < 0)
		return -1;
	if (tmp.st_uid == new.st_uid)
		return 0;
	errno = EPERM;
	return -1;
}

/* Root, and members of the group, bring another one; queued reads by it. */
static int
give_group(const struct spool *s)
{
	struct stat dir, file;

	if (fstat(s->new, &dir) < 0 || fstat(s->fd, &file) < 0)
		return -1;
	if (file.st_gid != dir.st_gid && fchown(s->fd, (uid_t)-1,
	    dir.st_gid) < 0)
		return -1;
	return fchmod(s->fd, 0640);
}

static void
hint(const struct spool *s)
{
	char text[1024];
	int fd, n;

	snprintf(text, sizeof text, "%s/drop/trigger", s->state_dir);
	fd = open(text, O_WRONLY | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return;			/* queued finds it by its own looks */
	n = snprintf(text, sizeof text, "drop %s\n", s->name);
	if (n > 0 && write(fd, text, (size_t)n) < 0)
		errno = 0;
	close(fd);
}
