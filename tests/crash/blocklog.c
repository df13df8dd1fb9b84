/*
 * blocklog - a disk that remembers all it was told, in order.
 *
 *	blocklog MOUNT MEBIBYTES LOG
 *
 * A FUSE file system of two files.  MOUNT/disk is for a loop device: what is
 * written there, and each flush, goes to LOG.  What is written to MOUNT/mark
 * goes there too, so that a client can note what it was promised.  LOG is a
 * row of {type, offset, length} with that many bytes behind it: type 'W' is a
 * write, 'F' a flush, 'M' a mark; numbers of 8 bytes in the machine's order.
 *
 * One thread: the order in LOG is the order of the answers.
 */
#define FUSE_USE_VERSION 35
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <fuse.h>

enum { DISK, MARK };

static unsigned char *disk;
static uint64_t size;
static int log_fd;

static void
note(uint64_t type, uint64_t offset, const void *p, size_t n)
{
	uint64_t head[3] = { type, offset, n };
	struct iovec v[2] = { { head, sizeof head }, { (void *)(size_t)p, n } };

	if (writev(log_fd, v, 2) != (ssize_t)(sizeof head + n))
		err(1, "log");
}

/* What was read or written once is right for good: no other writer. */
static void *
on_init(struct fuse_conn_info *c, struct fuse_config *f)
{
	(void)c;
	f->attr_timeout = f->entry_timeout = 3600;
	return NULL;
}

static int
on_getattr(const char *path, struct stat *st, struct fuse_file_info *f)
{
	(void)f;
	memset(st, 0, sizeof *st);
	st->st_nlink = 1;
	st->st_mode = S_IFREG | 0600;
	if (strcmp(path, "/") == 0)
		st->st_mode = S_IFDIR | 0700;
	else if (strcmp(path, "/disk") == 0)
		st->st_size = (off_t)size;
	else if (strcmp(path, "/mark") != 0)
		return -ENOENT;
	return 0;
}

static int
on_truncate(const char *path, off_t n, struct fuse_file_info *f)
{
	(void)path;
	(void)n;
	(void)f;
	return 0;
}

static int
on_open(const char *path, struct fuse_file_info *f)
{
	f->fh = strcmp(path, "/disk") == 0 ? DISK : MARK;
	f->direct_io = f->fh == MARK;
	return 0;
}

static int
on_read(const char *path, char *p, size_t n, off_t at,
    struct fuse_file_info *f)
{
	(void)path;
	if (f->fh != DISK || (uint64_t)at >= size)
		return 0;
	if (n > size - (uint64_t)at)
		n = size - (uint64_t)at;
	memcpy(p, disk + at, n);
	return (int)n;
}

static int
on_write(const char *path, const char *p, size_t n, off_t at,
    struct fuse_file_info *f)
{
	(void)path;
	if (f->fh == MARK) {
		note('M', 0, p, n);
		return (int)n;
	}
	if ((uint64_t)at > size || n > size - (uint64_t)at)
		return -ENOSPC;
	memcpy(disk + at, p, n);
	note('W', (uint64_t)at, p, n);
	return (int)n;
}

static int
on_fsync(const char *path, int data, struct fuse_file_info *f)
{
	(void)path;
	(void)data;
	if (f->fh == DISK)
		note('F', 0, NULL, 0);
	return 0;
}

int
main(int argc, char **argv)
{
	static const struct fuse_operations on = { .init = on_init,
	    .getattr = on_getattr, .truncate = on_truncate, .open = on_open,
	    .read = on_read, .write = on_write, .fsync = on_fsync };
	char *arg[] = { argv[0], (char[]){ "-f" }, (char[]){ "-s" }, argv[1],
	    NULL };

	if (argc != 4)
		errx(2, "usage: blocklog MOUNT MEBIBYTES LOG");
	size = strtoull(argv[2], NULL, 10) << 20;
	disk = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE |
	    MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (disk == MAP_FAILED)
		err(1, "%s MiB", argv[2]);
	log_fd = open(argv[3], O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (log_fd < 0)
		err(1, "%s", argv[3]);
	return fuse_main(4, arg, &on, NULL);
}
