/*
 * queue_accept - the one way into the queue.
 *
 * The existence of a name is the state; a process or the machine may die
 * between any two steps:
 *
 *	step			what may be found		promised
 *	1 create tmp/ID, lock	tmp/ID of any content		nothing
 *	2 write			tmp/ID of any content		nothing
 *	3 fsync(file)		tmp/ID whole, or no name	nothing
 *	4 rename to new/ID	tmp/ID or new/ID, whole		nothing
 *	5 fsync(new)		new/ID, whole			the message
 *	6 answer, then hint	new/ID, whole			the message
 *
 * Two commits of the journal, one after the other.  Where a flush of the file
 * takes its name along (ext4, xfs, btrfs: file_flush_takes_name) one does:
 *
 *	3 rename to new/ID	tmp/ID or new/ID, any content	nothing
 *	4 fsync(file)		new/ID, whole			the message
 *
 * A power cut between these may leave a torn file in new/; nobody was promised
 * it, and its first line tells it from a whole one (queue_unfinished).  What
 * was promised is whole: tests/crash cuts the power of each of the three.
 *
 * A file in tmp/ that nobody has locked is rubbish.  A whole one in new/ is
 * mail, whether its client heard of it or not: a second copy at worst, when it
 * sends again.
 *
 * A flush that failed is final: the kernel marks the pages clean, and another
 * fsync would say that all is well.  So the file is unlinked and never tried
 * again; where it was the directory's flush, nothing is known of any name in
 * it, and the service stops taking mail (ACCEPT_STOP).
 *
 * The lock is held until the last flush is over, so that nobody takes a file
 * of new/ that may not last.
 */
#include <sys/stat.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/crc32c.h"
#include "store/queue.h"
#include "sys/file.h"

enum { WRITE_OUT = 1 << 20 };	/* begin writing out each so many bytes */

static int  accepted_before(const struct queue *, const char *);
static int  make_way(int, const char *);
static int  create(struct accept *);
static void add_sums(struct accept *, const struct iovec *, int);
static int  write_all(struct accept *, struct iovec *, int);
static int  write_late_head(struct accept *, struct iovec *, int);
static int  flush_once(struct accept *);
static int  flush_twice(struct accept *);
static void drop(struct accept *, int);

int
accept_open(struct accept *a, const struct queue *q, const char *id)
{
	int r;

	*a = (struct accept){ .q = q, .fd = -1 };
	if (id == NULL) {
		queue_id(a->id);
		return create(a);
	}
	if (!queue_id_valid(span_of(id))) {
		errno = EINVAL;
		return -1;
	}
	memcpy(a->id, id, sizeof a->id);
	if ((r = accepted_before(q, id)) != 0) {
		/* by one that may have died before its flush was over */
		if (r > 0 && file_flush_all(q->new) == 0)
			errno = EEXIST;
		return -1;
	}
	if (create(a) == 0)
		return 0;
	return errno == EEXIST && make_way(q->tmp, id) == 0 ? create(a) : -1;
}

int
accept_body(struct accept *a, struct iovec *v, int n)
{
	char blank[QUEUE_HEAD];
	uint64_t before = a->head.body;
	int first = before > 0;

	add_sums(a, v, n);
	if (a->head.body == before)
		return 0;
	if (!first) {
		memset(blank, ' ', sizeof blank);
		v[0] = (struct iovec){ blank, sizeof blank };
	}
	if (file_writev(a->fd, v + first, n - first) < 0)
		return -1;
	if (before / WRITE_OUT != a->head.body / WRITE_OUT)
		file_write_out(a->fd,
		    (off_t)(before / WRITE_OUT * WRITE_OUT));
	return 0;
}

int
accept_commit(struct accept *a, struct iovec *v, int n, struct span envelope)
{
	int late = a->head.body > 0, r;

	add_sums(a, v, n);
	a->head.env = envelope.n;
	a->head.envsum = crc32c(0, envelope);
	v[n].iov_base = (void *)(size_t)envelope.p;
	v[n].iov_len = envelope.n;
	r = late ? write_late_head(a, v, n + 1) : write_all(a, v, n + 1);
	if (r < 0) {
		accept_abort(a);
		return -1;
	}
	if ((r = a->q->one_flush ? flush_once(a) : flush_twice(a)) < 0)
		return r;
	/* nothing is unwritten after a good fsync: no error can be in here */
	close(a->fd);
	a->fd = -1;
	return 0;
}

void
accept_abort(struct accept *a)
{
	if (a->fd >= 0)
		drop(a, a->q->tmp);
}

/*
 * 1, 0, or -1 with errno.  All that left new/ undone have a file in state/,
 * made before: one look there instead of a listing of cur/ and hold/.  What a
 * power cut tore in new/ was never accepted, and makes way.
 */
static int
accepted_before(const struct queue *q, const char *id)
{
	struct stat st;
	int fd, r;

	if (fstatat(q->state, id, &st, AT_SYMLINK_NOFOLLOW) == 0)
		return 1;
	fd = openat(q->new, id, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return errno == ENOENT ? 0 : -1;
	r = queue_whole(fd);
	close(fd);
	return r == 0 ? make_way(q->new, id) : r;
}

/* Removes what a dead process left.  0, or -1 (EAGAIN: it lives). */
static int
make_way(int dir, const char *id)
{
	int fd, r, e;

	fd = openat(dir, id, O_WRONLY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return -1;
	if ((r = file_lock(fd, 0)) == 0)
		r = unlinkat(dir, id, 0);
	e = errno;
	close(fd);
	errno = e;
	return r;
}

static int
create(struct accept *a)
{
	a->fd = openat(a->q->tmp, a->id, O_WRONLY | O_CREAT | O_EXCL |
	    O_NOFOLLOW | O_CLOEXEC, 0600);
	if (a->fd < 0)
		return -1;
	if (file_lock(a->fd, 0) < 0) {
		accept_abort(a);
		return -1;
	}
	return 0;
}

static void
add_sums(struct accept *a, const struct iovec *v, int n)
{
	int i;

	for (i = 1; i < n; i++) {
		a->head.body += v[i].iov_len;
		a->head.bodysum = crc32c(a->head.bodysum,
		    span_mem(v[i].iov_base, v[i].iov_len));
	}
}

/* Nothing is in the file yet: one write for all of it. */
static int
write_all(struct accept *a, struct iovec *v, int n)
{
	char line[QUEUE_HEAD];

	queue_head_format(&a->head, line);
	v[0] = (struct iovec){ line, sizeof line };
	return file_writev(a->fd, v, n);
}

/* The rest, then the first line in the place that was left blank for it. */
static int
write_late_head(struct accept *a, struct iovec *v, int n)
{
	char line[QUEUE_HEAD];
	ssize_t r;

	if (file_writev(a->fd, v + 1, n - 1) < 0)
		return -1;
	queue_head_format(&a->head, line);
	r = pwrite(a->fd, line, sizeof line, 0);
	if (r >= 0 && r < QUEUE_HEAD)
		errno = EIO;
	return r == QUEUE_HEAD ? 0 : -1;
}

static int
flush_once(struct accept *a)
{
	if (file_move(a->q->tmp, a->id, a->q->new, a->id) < 0) {
		accept_abort(a);
		return -1;
	}
	if (fsync(a->fd) < 0) {
		drop(a, a->q->new);
		return -1;
	}
	return 0;
}

static int
flush_twice(struct accept *a)
{
	if (fsync(a->fd) < 0 ||
	    file_move(a->q->tmp, a->id, a->q->new, a->id) < 0) {
		accept_abort(a);
		return -1;
	}
	if (fsync(a->q->new) < 0) {
		drop(a, a->q->new);
		return ACCEPT_STOP;
	}
	return 0;
}

/* Unlinks before closing: the lock ends with the descriptor. */
static void
drop(struct accept *a, int dir)
{
	int e = errno;

	unlinkat(dir, a->id, 0);
	close(a->fd);
	a->fd = -1;
	errno = e;
}
