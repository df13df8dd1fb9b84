/* become - a process that may be root turns into a mailbox's user, for good. */
#include <sys/prctl.h>
#include <sys/resource.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <unistd.h>

#include "run/become.h"
#include "sys/confine.h"
#include "sys/log.h"

enum { FILES = 256, DATA_BYTES = 256 << 20 };

static int  reach(const struct become *, const struct mailbox *,
    struct maildir *, int *, const char **);

void
become_user(int root, const struct mailbox *m)
{
	gid_t gid = m->gid, rg, eg, sg;
	uid_t uid = m->uid, ru, eu, su;

	if (!root)
		return;
	if (uid == 0) {
		errno = 0;
		log_die(LOG_FIX, "a mailbox of uid 0 gets no mail: alias its "
		    "address to a person");
	}
	if (setgroups(0, NULL) < 0 || setresgid(gid, gid, gid) < 0 ||
	    setresuid(uid, uid, uid) < 0)
		log_die(LOG_AGAIN, "change of ids to %u:%u", m->uid, m->gid);
	if (getresuid(&ru, &eu, &su) < 0 || getresgid(&rg, &eg, &sg) < 0 ||
	    ru != uid || eu != uid || su != uid || rg != gid || eg != gid ||
	    sg != gid || setresuid(0, 0, 0) == 0)
		log_die(LOG_FIX, "ids could be changed back");
	/* changing ids has cleared it */
	prctl(PR_SET_PDEATHSIG, SIGTERM);
}

int
become(const struct become *b, const struct mailbox *m, struct maildir *md,
    int *home, const char **path)
{
	struct confine c = { .name = b->name, .may = b->may, .files = FILES,
	    .data_bytes = b->data_bytes ? b->data_bytes : DATA_BYTES,
	    .filtered = b->filtered };
	struct buf missing = { .max = 256 };
	struct rlimit none = { 0, 0 };
	int r, e;

	become_user(b->root, m);
	r = reach(b, m, md, home, path);
	e = errno;
	if (r == 0) {
		c.dir[0] = m->maildir;
		c.dir[1] = b->home ? m->home : NULL;
	}
	if (!(b->may & MAY_FORK))
		setrlimit(RLIMIT_NPROC, &none);
	confine(&c, &missing);
	buf_free(&missing);		/* zygotes have said it already */
	errno = e;
	return r;
}

static int
reach(const struct become *b, const struct mailbox *m, struct maildir *md,
    int *home, const char **path)
{
	if (b->home) {
		*path = m->home;
		*home = open(m->home, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (*home < 0)
			return -1;
	}
	*path = m->maildir;
	return maildir_open(md, AT_FDCWD, m->maildir);
}
