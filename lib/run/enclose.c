/* enclose - what has become a mailbox's user gives up all but its Maildir. */
#include <sys/resource.h>
#include <errno.h>
#include <fcntl.h>

#include "run/enclose.h"
#include "sys/confine.h"

enum { FILES = 256, DATA_BYTES = 256 << 20 };

static int  reach(const struct mailbox *, struct maildir *, int *,
    const char **);

int
enclose(const struct enclose *e, const struct mailbox *m, struct maildir *md,
    int *home, const char **path)
{
	struct confine c = { .name = e->name, .files = FILES,
	    .may = m ? MAY_READ | MAY_WRITE : 0,
	    .data_bytes = e->data_bytes ? e->data_bytes : DATA_BYTES,
	    .filtered = e->filtered };
	struct buf missing = { .max = 256 };
	struct rlimit none = { 0, 0 };
	int r = -1, error;

	if (m)
		r = reach(m, md, e->home ? home : NULL, path);
	error = errno;
	if (r == 0) {
		c.dir[0] = m->maildir;
		c.dir[1] = e->home ? m->home : NULL;
		c.shared = e->shared;
	}
	setrlimit(RLIMIT_NPROC, &none);
	confine(&c, &missing);
	buf_free(&missing);		/* zygotes have said it already */
	errno = error;
	return r;
}

static int
reach(const struct mailbox *m, struct maildir *md, int *home,
    const char **path)
{
	if (home) {
		*path = m->home;
		*home = open(m->home, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (*home < 0)
			return -1;
	}
	*path = m->maildir;
	return maildir_open(md, AT_FDCWD, m->maildir);
}
