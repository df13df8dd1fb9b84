/* file - whatever must survive goes through here. */
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>
#include <linux/magic.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <unistd.h>

#include "sys/file.h"

enum {
	READ_STEP = 16384,
	LOCK_POLL_MS = 10,
	BELIEVED = 100,			/* looks for a file that was replaced */
	BELIEVED_MS = 50
};

static long read_some(int, void *, size_t, off_t);
static int  lock(int, struct flock *, int);
static int  may_wait(int);
static int  open_locked(int, const char *);
static int  is_still(int, int, const char *);
static int  replace_with(int, int, const char *, const char *, struct span);

int
file_write(int fd, struct span s)
{
	struct iovec v = { (void *)(size_t)s.p, s.n };

	return file_writev(fd, &v, 1);
}

int
file_writev(int fd, struct iovec *v, int n)
{
	ssize_t r;

	for (;;) {
		while (n > 0 && v->iov_len == 0)
			v++, n--;
		if (n == 0)
			return 0;
		r = writev(fd, v, n);
		if (r < 0 && errno == EINTR)
			continue;
		if (r == 0)
			errno = EIO;
		if (r <= 0)
			return -1;
		for (; n > 0 && (size_t)r >= v->iov_len; v++, n--)
			r -= (ssize_t)v->iov_len;
		if (n > 0) {
			v->iov_base = (char *)v->iov_base + r;
			v->iov_len -= (size_t)r;
		}
	}
}

int
file_pread(int fd, void *p, size_t n, off_t offset)
{
	size_t done;
	long r;

	for (done = 0; done < n; done += (size_t)r) {
		r = read_some(fd, (char *)p + done, n - done,
		    offset + (off_t)done);
		if (r == 0)
			errno = EIO;
		if (r <= 0)
			return -1;
	}
	return 0;
}

int
file_read(int fd, struct buf *b)
{
	off_t offset = 0;
	size_t room;
	char more;
	long r;

	do {
		room = b->max - b->n;
		if (room == 0) {
			/* full: right only if the file ends here */
			r = read_some(fd, &more, 1, offset);
			if (r > 0)
				errno = EFBIG;
			return r == 0 ? 0 : -1;
		}
		if (room > READ_STEP)
			room = READ_STEP;
		if (buf_room(b, room) < 0) {
			errno = ENOMEM;
			return -1;
		}
		r = read_some(fd, b->p + b->n, room, offset);
		if (r < 0)
			return -1;
		b->n += (size_t)r;
		offset += r;
	} while (r > 0);
	return 0;
}

int
file_read_at(int dir, const char *name, struct buf *b)
{
	int fd;

	fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		return -1;
	if (file_read(fd, b) < 0)
		return file_close_failed(fd);
	close(fd);
	return 0;
}

/* NAME.tmp is locked, so that two at once do not write the same one; what a
 * crash left of it is taken over. */
int
file_replace(int dir, const char *name, struct span s, mode_t mode,
    uid_t uid, gid_t gid)
{
	char tmp[NAME_MAX + 1];
	int fd;

	if ((size_t)snprintf(tmp, sizeof tmp, "%s.tmp", name) >= sizeof tmp) {
		errno = ENAMETOOLONG;
		return -1;
	}
	if ((fd = open_locked(dir, tmp)) < 0)
		return -1;
	if (((uid != (uid_t)-1 || gid != (gid_t)-1) &&
	    fchown(fd, uid, gid) < 0) || fchmod(fd, mode) < 0 ||
	    replace_with(fd, dir, tmp, name, s) < 0) {
		int e = errno;

		unlinkat(dir, tmp, 0);
		errno = e;
		return file_close_failed(fd);
	}
	close(fd);
	return fsync(dir);
}

int
file_move(int from, const char *name, int to, const char *newname)
{
	struct statx x;

	/* EINVAL: a file system of many machines (GlusterFS, NFS) */
	if (renameat2(from, name, to, newname, RENAME_NOREPLACE) == 0)
		return 0;
	if (errno != EINVAL)
		return -1;
	/* both names for a moment; a crash between leaves the first as well */
	if (linkat(from, name, to, newname, 0) < 0)
		return -1;
	if (unlinkat(from, name, 0) == 0)
		return 0;
	/* Another has moved it meanwhile: one of us.  But its only name is what
	 * an NFS server leaves that removed the first one, and was asked again
	 * after a restart. */
	if (errno != ENOENT)
		return -1;
	if (statx(to, newname, AT_SYMLINK_NOFOLLOW | AT_STATX_FORCE_SYNC,
	    STATX_NLINK, &x) == 0 && x.stx_nlink == 1)
		return 0;
	unlinkat(to, newname, 0);
	errno = ENOENT;
	return -1;
}

int
file_stat_now(int fd, struct stat *st)
{
	struct statx x;

	if (statx(fd, "", AT_EMPTY_PATH | AT_STATX_FORCE_SYNC,
	    STATX_TYPE | STATX_INO | STATX_SIZE | STATX_NLINK, &x) < 0)
		return -1;
	*st = (struct stat){ .st_mode = x.stx_mode, .st_ino = x.stx_ino,
	    .st_size = (off_t)x.stx_size, .st_nlink = x.stx_nlink,
	    .st_dev = makedev(x.stx_dev_major, x.stx_dev_minor) };
	if (st->st_nlink)
		return 0;
	errno = ESTALE;
	return -1;
}

/* After a rename by another machine ours may lead to the file before for as
 * long as it believes in names: a second or so. */
int
file_open_now(int dir, const char *name, int flags, struct stat *st)
{
	int fd, tries;

	for (tries = 0; tries < BELIEVED; tries++) {
		fd = openat(dir, name, flags | O_NOFOLLOW | O_NONBLOCK |
		    O_CLOEXEC);
		if (fd >= 0 && file_stat_now(fd, st) == 0)
			return fd;
		if (errno != ESTALE)
			return fd < 0 ? -1 : file_close_failed(fd);
		if (fd >= 0)
			close(fd);
		poll(NULL, 0, tries ? BELIEVED_MS : 0);
	}
	errno = ESTALE;
	return -1;
}

int
file_flush_takes_name(int dir)
{
	struct statfs s;
	struct statx x;

	if (fstatfs(dir, &s) < 0)
		return 0;
	/* ext2 has the same number, but no time of birth */
	if (s.f_type == EXT4_SUPER_MAGIC)
		return statx(dir, "", AT_EMPTY_PATH, STATX_BTIME, &x) == 0 &&
		    x.stx_mask & STATX_BTIME;
	return s.f_type == XFS_SUPER_MAGIC || s.f_type == BTRFS_SUPER_MAGIC;
}

int
file_flush_all(int dir)
{
	return syncfs(dir);
}

void
file_write_out(int fd, off_t offset)
{
	int e = errno;

	(void)sync_file_range(fd, offset, 0, SYNC_FILE_RANGE_WRITE);
	errno = e;
}

/* What failed is told once: the flush behind it would not say it again. */
int
file_written_out(int fd, off_t offset)
{
	return sync_file_range(fd, offset, 0, SYNC_FILE_RANGE_WAIT_BEFORE |
	    SYNC_FILE_RANGE_WRITE | SYNC_FILE_RANGE_WAIT_AFTER) < 0 &&
	    errno != ENOSYS ? -1 : 0;
}

int
file_lock(int fd, int wait)
{
	return lock(fd, &(struct flock){ .l_type = F_WRLCK,
	    .l_whence = SEEK_SET }, wait);
}

int
file_lock_byte(int fd, off_t at, int type)
{
	return lock(fd, &(struct flock){ .l_type = (short)type,
	    .l_whence = SEEK_SET, .l_start = at, .l_len = 1 }, 1);
}

static int
lock(int fd, struct flock *l, int wait)
{
	int how = F_SETLK, r;

	for (;;) {
		r = fcntl(fd, how, l);
		/* POSIX lets it be either */
		if (r < 0 && errno == EACCES)
			errno = EAGAIN;
		if (r == 0 || !wait || (errno != EAGAIN && errno != EINTR))
			return r < 0 ? -1 : 0;
		if (may_wait(fd))
			how = F_SETLKW;
		else
			poll(NULL, 0, LOCK_POLL_MS);
	}
}

int
file_share(int fd)
{
	struct flock l = { .l_type = F_RDLCK, .l_whence = SEEK_SET };

	return fcntl(fd, F_SETLK, &l);
}

int
file_locked(int fd)
{
	struct flock l = { .l_type = F_WRLCK, .l_whence = SEEK_SET };

	if (fcntl(fd, F_GETLK, &l) < 0)
		return -1;
	return l.l_type == F_UNLCK ? 0 :
	    l.l_type == F_RDLCK ? FILE_SHARED : FILE_LOCKED;
}

int
file_open_dir(int dir, const char *name)
{
	return openat(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW |
	    O_CLOEXEC);
}

int
file_close_failed(int fd)
{
	int e = errno;

	close(fd);
	errno = e;
	return -1;
}

int
file_each(int dir, int (*call)(void *, const char *), void *arg)
{
	struct dirent *e;
	DIR *d;
	int fd, r = 0;

	/* a descriptor of its own: the position in dir is shared with dups */
	if ((fd = file_open_dir(dir, ".")) < 0)
		return -1;
	if ((d = fdopendir(fd)) == NULL)
		return file_close_failed(fd);
	for (;;) {
		errno = 0;
		if ((e = readdir(d)) == NULL) {
			r = errno ? -1 : 0;
			break;
		}
		if (e->d_name[0] != '.' && (r = call(arg, e->d_name)) != 0)
			break;
	}
	fd = errno;
	closedir(d);
	errno = fd;
	return r;
}

static long
read_some(int fd, void *p, size_t n, off_t offset)
{
	ssize_t r;

	do
		r = pread(fd, p, n, offset);
	while (r < 0 && errno == EINTR);
	return r;
}

/* In a file system of user space nobody waits for a lock: GlusterFS locks up,
 * or dies, when one who waits is killed. */
static int
may_wait(int fd)
{
	struct statfs s;

	return fstatfs(fd, &s) < 0 || s.f_type != FUSE_SUPER_MAGIC;
}

/* Opens or makes dir/name and locks it; again when it was renamed or removed
 * while we waited for the lock. */
static int
open_locked(int dir, const char *name)
{
	int fd;

	for (;;) {
		fd = openat(dir, name, O_WRONLY | O_CREAT | O_NOFOLLOW |
		    O_NONBLOCK | O_CLOEXEC, 0600);
		if (fd < 0)
			return -1;
		if (file_lock(fd, 1) < 0)
			return file_close_failed(fd);
		if (is_still(fd, dir, name))
			return fd;
		close(fd);
	}
}

static int
is_still(int fd, int dir, const char *name)
{
	struct stat a, b;

	return fstat(fd, &a) == 0 &&
	    fstatat(dir, name, &b, AT_SYMLINK_NOFOLLOW) == 0 &&
	    a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

static int
replace_with(int fd, int dir, const char *tmp, const char *name, struct span s)
{
	if (ftruncate(fd, 0) < 0 || file_write(fd, s) < 0 || fsync(fd) < 0)
		return -1;
	return renameat(dir, tmp, dir, name);
}
