/* maildir - a Maildir as a place to deliver to. */
#include <sys/stat.h>
#include <sys/syscall.h>
#include <linux/openat2.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "store/maildir.h"
#include "sys/file.h"

enum { HOST_MAX = 100 };

struct sought {
	int dir;			/* where to unlink it, or -1 */
	struct span id;
	unsigned number;
};

static int open_path(int, const char *);
static int open_parts(struct maildir *);
static int make(struct maildir *, int, const char *);
static int make_top(struct maildir *, int, const char *);
static int make_dir(int, const char *);
static int is_sought(void *, const char *);

int
maildir_open(struct maildir *m, int dir, const char *path)
{
	int e;

	m->tmp = m->new = m->cur = -1;
	m->dir = open_path(dir, path);
	if (m->dir >= 0 && open_parts(m) == 0)
		return 0;
	if (errno == ENOENT && make(m, dir, path) == 0 && open_parts(m) == 0)
		return 0;
	e = errno;
	maildir_close(m);
	errno = e;
	return -1;
}

int
maildir_mark_folder(int dir)
{
	int fd = openat(dir, "maildirfolder", O_WRONLY | O_CREAT | O_NOFOLLOW |
	    O_NONBLOCK | O_CLOEXEC, 0600);

	return fd < 0 ? -1 : close(fd);
}

void
maildir_close(struct maildir *m)
{
	int *const fd[] = { &m->dir, &m->tmp, &m->new, &m->cur };
	size_t i;

	for (i = 0; i < sizeof fd / sizeof *fd; i++) {
		if (*fd[i] >= 0)
			close(*fd[i]);
		*fd[i] = -1;
	}
}

void
maildir_name(char out[MAILDIR_NAME], int64_t seconds, struct span id,
    unsigned number, const char *host)
{
	char h[HOST_MAX + 5];
	size_t n = 0;

	for (; *host && n < HOST_MAX; host++)
		if (*host == '/' || *host == ':') {
			memcpy(h + n, *host == '/' ? "\\057" : "\\072", 4);
			n += 4;
		} else
			h[n++] = *host;
	h[n] = '\0';
	snprintf(out, MAILDIR_NAME, "%lld.Q%.*sR%u.%s", (long long)seconds,
	    SPAN_ARG(id), number, h);
}

int
maildir_name_is(const char *file, struct span id, unsigned number)
{
	struct span s = span_of(file), head;
	char part[64];

	if (!span_cut(&s, '.', &head))
		return 0;
	snprintf(part, sizeof part, "Q%.*sR%u.", SPAN_ARG(id), number);
	return span_starts(s, span_of(part));
}

int
maildir_name_sized(char out[MAILDIR_NAME], const char *name, uint64_t bytes,
    uint64_t crlf_bytes)
{
	int n = snprintf(out, MAILDIR_NAME, "%s,S=%llu,W=%llu", name,
	    (unsigned long long)bytes, (unsigned long long)crlf_bytes);

	return n > 0 && n < MAILDIR_NAME ? 0 : -1;
}

int
maildir_find(const struct maildir *m, struct span id, unsigned number)
{
	struct sought tmp = { m->tmp, id, number };
	struct sought s = { -1, id, number };
	int r;

	if (file_each(m->tmp, is_sought, &tmp) < 0)
		return -1;
	/* new before cur, the way a reader moves it; a file that was moved
	 * while new/ was read is met in cur/ */
	if ((r = file_each(m->new, is_sought, &s)) == 0)
		r = file_each(m->cur, is_sought, &s);
	if (r > 0 && (fsync(m->new) < 0 || fsync(m->cur) < 0))
		return -1;
	return r;
}

/*
 * The pid keeps apart a living process of an earlier family and its successor
 * with the same job: neither can rename what the other is still writing.
 */
int
maildir_create(const struct maildir *m, const char *name,
    char out[MAILDIR_NAME])
{
	int flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
	int fd;

	snprintf(out, MAILDIR_NAME, "%s.%ld", name, (long)getpid());
	fd = openat(m->tmp, out, flags, 0600);
	if (fd >= 0 || errno != EEXIST)
		return fd;
	/* of a process that had our pid, and is gone */
	if (unlinkat(m->tmp, out, 0) < 0)
		return -1;
	return openat(m->tmp, out, flags, 0600);
}

static int
open_path(int dir, const char *path)
{
	struct open_how how = {
	    .flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC,
	    .resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS };

	if (dir == AT_FDCWD)
		return open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return (int)syscall(SYS_openat2, dir, path, &how, sizeof how);
}

static int
open_parts(struct maildir *m)
{
	if (m->tmp < 0 && (m->tmp = file_open_dir(m->dir, "tmp")) < 0)
		return -1;
	if (m->new < 0 && (m->new = file_open_dir(m->dir, "new")) < 0)
		return -1;
	if (m->cur < 0 && (m->cur = file_open_dir(m->dir, "cur")) < 0)
		return -1;
	return 0;
}

/* cur/ comes last, when what was made before it is durable: where cur/ stands,
 * a crash has left nothing half done. */
static int
make(struct maildir *m, int dir, const char *path)
{
	char parent[1024], last[MAILDIR_NAME];
	struct span s = span_of(path);
	size_t slash;
	int up;

	while (s.n > 1 && s.p[s.n - 1] == '/')
		s.n--;
	slash = span_rfind(s, '/');
	if (slash == s.n) {		/* a name alone */
		memcpy(parent, ".", 2);
		slash = SIZE_MAX;
	} else if (span_str(span_sub(s, 0, slash ? slash : 1), parent,
	    sizeof parent) < 0)
		goto toolong;
	if (span_str(span_from(s, slash + 1), last, sizeof last) < 0)
		goto toolong;
	if ((up = open_path(dir, parent)) < 0) {
		if (m->dir < 0 || errno != EACCES)
			return -1;
	} else if (make_top(m, up, last) < 0)
		return -1;
	if (make_dir(m->dir, "tmp") < 0 || make_dir(m->dir, "new") < 0 ||
	    (last[0] == '.' && maildir_mark_folder(m->dir) < 0) ||
	    fsync(m->dir) < 0 || make_dir(m->dir, "cur") < 0)
		return -1;
	return fsync(m->dir);
toolong:
	errno = ENAMETOOLONG;
	return -1;
}

/* Takes the descriptor of the directory above over. */
static int
make_top(struct maildir *m, int up, const char *name)
{
	int r = 0, e;

	if (m->dir < 0 && (make_dir(up, name) < 0 ||
	    (m->dir = file_open_dir(up, name)) < 0))
		r = -1;
	if (r == 0)
		r = fsync(up);
	e = errno;
	close(up);
	errno = e;
	return r;
}

static int
make_dir(int dir, const char *name)
{
	return mkdirat(dir, name, 0700) < 0 && errno != EEXIST ? -1 : 0;
}

static int
is_sought(void *arg, const char *file)
{
	const struct sought *s = arg;

	if (!maildir_name_is(file, s->id, s->number))
		return 0;
	if (s->dir < 0)
		return 1;
	return unlinkat(s->dir, file, 0) < 0 && errno != ENOENT ? -1 : 0;
}
