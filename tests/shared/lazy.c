/*
 * lazy DIRECTORY MOUNTPOINT MS [seconds] - a directory as one machine of several
 * sees it: what another has changed (sizes, times, which file a name leads to)
 * it learns up to MS later; as GlusterFS it cannot rename without replacing,
 * does not say what a name is, and has times of whole seconds if so told.  Who
 * would wait for a lock is refused: that is where GlusterFS locks up.
 */
#define FUSE_USE_VERSION 34
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <fuse_lowlevel.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { BUCKETS = 4096 };

struct node {
	struct node *next;
	ino_t ino;
	uint64_t refs;
	int fd;				/* O_PATH: the file has no other here */
};

static struct node *table[BUCKETS], root;
static double believed;
static int whole;

static struct node *
node_of(fuse_ino_t n)
{
	return n == FUSE_ROOT_ID ? &root : (struct node *)n;
}

static const char *
path_of(fuse_ino_t n)
{
	static char path[32];

	snprintf(path, sizeof path, "/proc/self/fd/%d", node_of(n)->fd);
	return path;
}

static int
look(int fd, const char *name, struct stat *st)
{
	if (fstatat(fd, name, st, AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW) < 0)
		return -1;
	if (whole)
		st->st_mtim.tv_nsec = st->st_ctim.tv_nsec = 0;
	return 0;
}

static int
enter(fuse_ino_t parent, const char *name, struct fuse_entry_param *e)
{
	struct node **at, *n;
	int fd;

	*e = (struct fuse_entry_param){ .attr_timeout = believed,
	    .entry_timeout = believed };
	fd = openat(node_of(parent)->fd, name, O_PATH | O_NOFOLLOW);
	if (fd < 0 || look(fd, "", &e->attr) < 0)
		return -1;
	at = &table[e->attr.st_ino % BUCKETS];
	for (n = *at; n && n->ino != e->attr.st_ino; n = n->next)
		;
	if (n)
		close(fd);
	else {
		if ((n = calloc(1, sizeof *n)) == NULL)
			abort();
		*n = (struct node){ *at, e->attr.st_ino, 0, fd };
		*at = n;
	}
	n->refs++;
	e->ino = (fuse_ino_t)n;
	return 0;
}

static void
said(fuse_req_t q, int r)
{
	fuse_reply_err(q, r < 0 ? errno : 0);
}

static void
entered(fuse_req_t q, fuse_ino_t parent, const char *name)
{
	struct fuse_entry_param e;

	if (enter(parent, name, &e) < 0)
		fuse_reply_err(q, errno);
	else
		fuse_reply_entry(q, &e);
}

static void
do_forget(fuse_req_t q, fuse_ino_t ino, uint64_t times)
{
	struct node *n = node_of(ino), **at;

	if (n != &root && (n->refs -= times) == 0) {
		at = &table[n->ino % BUCKETS];
		while (*at != n)
			at = &(*at)->next;
		*at = n->next;
		close(n->fd);
		free(n);
	}
	fuse_reply_none(q);
}

static void
do_getattr(fuse_req_t q, fuse_ino_t n, struct fuse_file_info *fi)
{
	struct stat st;

	(void)fi;
	if (look(node_of(n)->fd, "", &st) < 0)
		fuse_reply_err(q, errno);
	else
		fuse_reply_attr(q, &st, believed);
}

static void
do_setattr(fuse_req_t q, fuse_ino_t n, struct stat *to, int set,
    struct fuse_file_info *fi)
{
	struct timespec t[2] = { { 0, UTIME_OMIT }, { 0, UTIME_OMIT } };
	int r = 0;

	if (set & FUSE_SET_ATTR_MODE)
		r |= chmod(path_of(n), to->st_mode);
	if (set & (FUSE_SET_ATTR_UID | FUSE_SET_ATTR_GID))
		r |= chown(path_of(n), set & FUSE_SET_ATTR_UID ? to->st_uid :
		    (uid_t)-1, set & FUSE_SET_ATTR_GID ? to->st_gid :
		    (gid_t)-1);
	if (set & FUSE_SET_ATTR_SIZE)
		r |= truncate(path_of(n), to->st_size);
	if (set & FUSE_SET_ATTR_ATIME_NOW)
		t[0].tv_nsec = UTIME_NOW;
	else if (set & FUSE_SET_ATTR_ATIME)
		t[0] = to->st_atim;
	if (set & FUSE_SET_ATTR_MTIME_NOW)
		t[1].tv_nsec = UTIME_NOW;
	else if (set & FUSE_SET_ATTR_MTIME)
		t[1] = to->st_mtim;
	r |= utimensat(AT_FDCWD, path_of(n), t, 0);
	if (r < 0)
		fuse_reply_err(q, errno);
	else
		do_getattr(q, n, fi);
}

static void
do_mkdir(fuse_req_t q, fuse_ino_t parent, const char *name, mode_t mode)
{
	const struct fuse_ctx *c = fuse_req_ctx(q);
	int d = node_of(parent)->fd;

	if (mkdirat(d, name, mode) < 0 || fchownat(d, name, c->uid, c->gid,
	    AT_SYMLINK_NOFOLLOW) < 0)
		fuse_reply_err(q, errno);
	else
		entered(q, parent, name);
}

static void
do_create(fuse_req_t q, fuse_ino_t parent, const char *name, mode_t mode,
    struct fuse_file_info *fi)
{
	const struct fuse_ctx *c = fuse_req_ctx(q);
	struct fuse_entry_param e;
	struct stat st;
	int d = node_of(parent)->fd, there, fd;

	there = fstatat(d, name, &st, AT_SYMLINK_NOFOLLOW) == 0;
	fd = openat(d, name, (fi->flags | O_CREAT) & ~O_NOFOLLOW, mode);
	if (fd < 0 || (!there && fchown(fd, c->uid, c->gid) < 0) ||
	    enter(parent, name, &e) < 0) {
		fuse_reply_err(q, errno);
		return;
	}
	fi->fh = (uint64_t)fd;
	fuse_reply_create(q, &e, fi);
}

static void
do_open(fuse_req_t q, fuse_ino_t n, struct fuse_file_info *fi)
{
	int fd = open(path_of(n), fi->flags & ~O_NOFOLLOW);

	if (fd < 0) {
		fuse_reply_err(q, errno);
		return;
	}
	fi->fh = (uint64_t)fd;
	fuse_reply_open(q, fi);
}

static void
do_read(fuse_req_t q, fuse_ino_t n, size_t size, off_t at,
    struct fuse_file_info *fi)
{
	char *b = malloc(size);
	ssize_t r = b ? pread((int)fi->fh, b, size, at) : -1;

	(void)n;
	if (r < 0)
		fuse_reply_err(q, errno);
	else
		fuse_reply_buf(q, b, (size_t)r);
	free(b);
}

static void
do_write(fuse_req_t q, fuse_ino_t n, const char *b, size_t size, off_t at,
    struct fuse_file_info *fi)
{
	ssize_t r = pwrite((int)fi->fh, b, size, at);

	(void)n;
	if (r < 0)
		fuse_reply_err(q, errno);
	else
		fuse_reply_write(q, (size_t)r);
}

static void
do_release(fuse_req_t q, fuse_ino_t n, struct fuse_file_info *fi)
{
	(void)n;
	said(q, close((int)fi->fh));
}

static void
do_fsync(fuse_req_t q, fuse_ino_t n, int data, struct fuse_file_info *fi)
{
	(void)n;
	said(q, data ? fdatasync((int)fi->fh) : fsync((int)fi->fh));
}

static void
do_link(fuse_req_t q, fuse_ino_t n, fuse_ino_t parent, const char *name)
{
	if (linkat(AT_FDCWD, path_of(n), node_of(parent)->fd, name,
	    AT_SYMLINK_FOLLOW) < 0)
		fuse_reply_err(q, errno);
	else
		entered(q, parent, name);
}

static void
do_unlink(fuse_req_t q, fuse_ino_t parent, const char *name)
{
	said(q, unlinkat(node_of(parent)->fd, name, 0));
}

static void
do_rmdir(fuse_req_t q, fuse_ino_t parent, const char *name)
{
	said(q, unlinkat(node_of(parent)->fd, name, AT_REMOVEDIR));
}

static void
do_rename(fuse_req_t q, fuse_ino_t from, const char *name, fuse_ino_t to,
    const char *newname, unsigned flags)
{
	if (flags)
		fuse_reply_err(q, EINVAL);
	else
		said(q, renameat(node_of(from)->fd, name, node_of(to)->fd,
		    newname));
}

static void
do_opendir(fuse_req_t q, fuse_ino_t n, struct fuse_file_info *fi)
{
	DIR *d = opendir(path_of(n));

	if (d == NULL) {
		fuse_reply_err(q, errno);
		return;
	}
	fi->fh = (uint64_t)(size_t)d;
	fuse_reply_open(q, fi);
}

static void
do_readdir(fuse_req_t q, fuse_ino_t n, size_t size, off_t at,
    struct fuse_file_info *fi)
{
	DIR *d = (DIR *)(size_t)fi->fh;
	struct stat st = { 0 };
	struct dirent *e;
	size_t used = 0, want;
	char b[65536];

	(void)n;
	seekdir(d, at);
	if (size > sizeof b)
		size = sizeof b;
	while ((e = readdir(d)) != NULL) {
		st.st_ino = e->d_ino;
		want = fuse_add_direntry(q, b + used, size - used, e->d_name,
		    &st, e->d_off);
		if (want > size - used)
			break;
		used += want;
	}
	fuse_reply_buf(q, b, used);
}

static void
do_releasedir(fuse_req_t q, fuse_ino_t n, struct fuse_file_info *fi)
{
	(void)n;
	said(q, closedir((DIR *)(size_t)fi->fh));
}

static void
do_fsyncdir(fuse_req_t q, fuse_ino_t n, int data, struct fuse_file_info *fi)
{
	(void)n;
	(void)data;
	said(q, fsync(dirfd((DIR *)(size_t)fi->fh)));
}

/* Of an open file, not of a process: who has it open here has it once. */
static void
do_getlk(fuse_req_t q, fuse_ino_t n, struct fuse_file_info *fi,
    struct flock *l)
{
	(void)n;
	l->l_pid = 0;
	if (fcntl((int)fi->fh, F_OFD_GETLK, l) < 0)
		fuse_reply_err(q, errno);
	else
		fuse_reply_lock(q, l);
}

static void
do_setlk(fuse_req_t q, fuse_ino_t n, struct fuse_file_info *fi,
    struct flock *l, int wait)
{
	(void)n;
	l->l_pid = 0;
	if (wait)
		fuse_reply_err(q, EDEADLK);
	else
		said(q, fcntl((int)fi->fh, F_OFD_SETLK, l));
}

static const struct fuse_lowlevel_ops ops = {
	.lookup = entered, .forget = do_forget, .getattr = do_getattr,
	.setattr = do_setattr, .mkdir = do_mkdir, .create = do_create,
	.open = do_open, .read = do_read, .write = do_write,
	.release = do_release, .fsync = do_fsync, .link = do_link,
	.unlink = do_unlink, .rmdir = do_rmdir, .rename = do_rename,
	.opendir = do_opendir, .readdir = do_readdir,
	.releasedir = do_releasedir, .fsyncdir = do_fsyncdir,
	.getlk = do_getlk, .setlk = do_setlk
};

int
main(int argc, char **argv)
{
	char *v[] = { argv[0], "-oallow_other,default_permissions,fsname=lazy" };
	struct fuse_args args = FUSE_ARGS_INIT(2, v);
	struct rlimit files;
	struct fuse_session *s;

	if (argc < 4) {
		fprintf(stderr, "usage: lazy DIRECTORY MOUNTPOINT MS "
		    "[seconds]\n");
		return 2;
	}
	believed = atof(argv[3]) / 1000;
	whole = argc > 4;
	getrlimit(RLIMIT_NOFILE, &files);
	files.rlim_cur = files.rlim_max;
	setrlimit(RLIMIT_NOFILE, &files);
	umask(0);
	root.fd = open(argv[1], O_PATH | O_DIRECTORY);
	s = fuse_session_new(&args, &ops, sizeof ops, NULL);
	if (root.fd < 0 || s == NULL || fuse_set_signal_handlers(s) < 0 ||
	    fuse_session_mount(s, argv[2]) < 0)
		return 1;
	fuse_session_loop(s);
	fuse_session_unmount(s);
	return 0;
}
