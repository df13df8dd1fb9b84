/*
 * home - the directory of a mailbox, made by root for its owner.
 *
 * The owner gets the home last, when all in it is made: before that nobody
 * else can put a link where root is about to work.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "admin/home.h"
#include "admin/say.h"
#include "sys/file.h"

struct owners {
	int dir;			/* that is listed */
	uid_t last, *high;
};

static int in_domain(void *, const char *);
static int of_one(void *, const char *);
static int make_parents(const char *, const char *);
static int fill(int, uid_t, gid_t);
static int own(int, uid_t, gid_t, mode_t);

int
home_make(const char *base, const char *path, uid_t uid, gid_t gid)
{
	uid_t old_uid;
	gid_t old_gid;
	int fd;

	if (make_parents(base, path) < 0)
		return -1;
	if (mkdir(path, 0700) < 0) {
		if (errno != EEXIST ||
		    home_owner(path, &old_uid, &old_gid) != 1)
			return say_errno(-1, "%s", path);
		if (old_uid != uid)
			return say(-1, "%s belongs to uid %u, not %u", path,
			    (unsigned)old_uid, (unsigned)uid);
		return 0;
	}
	if ((fd = file_open_dir(AT_FDCWD, path)) < 0)
		return say_errno(-1, "%s", path);
	if (fill(fd, uid, gid) < 0 || own(fd, uid, gid, 0700) < 0 ||
	    fsync(fd) < 0) {
		say_errno(-1, "%s", path);
		close(fd);
		return -1;
	}
	return close(fd);
}

int
home_postmaster(const struct tables *t)
{
	const struct tables_set *s = &t->set[TABLE_USERS];
	const struct tables_entry *e = tables_find(s, SPAN("postmaster"));
	struct mailbox m;
	const char *why;

	if (e == NULL || e->nr != 0)
		return 0;
	if (mailbox_parse(tables_value(s, (size_t)(e - s->entry)), &m, &why) <
	    0)
		return say(-1, "%s", why);
	return home_make(t->site->state_dir, m.home, m.uid, m.gid);
}

int
home_owner(const char *path, uid_t *uid, gid_t *gid)
{
	struct stat st;

	if (lstat(path, &st) < 0)
		return errno == ENOENT ? 0 : -1;
	if (!S_ISDIR(st.st_mode)) {
		errno = ENOTDIR;
		return -1;
	}
	*uid = st.st_uid;
	*gid = st.st_gid;
	return 1;
}

void
home_highest(const char *base, uid_t last, uid_t *high)
{
	struct owners o = { open(base, O_RDONLY | O_DIRECTORY | O_CLOEXEC),
	    last, high };

	if (o.dir < 0)
		return;
	(void)file_each(o.dir, in_domain, &o);
	close(o.dir);
}

static int
in_domain(void *arg, const char *name)
{
	struct owners o = *(const struct owners *)arg;

	if ((o.dir = file_open_dir(o.dir, name)) < 0)
		return 0;		/* a file is no domain */
	(void)file_each(o.dir, of_one, &o);
	close(o.dir);
	return 0;
}

static int
of_one(void *arg, const char *name)
{
	const struct owners *o = arg;
	struct stat st;

	if (fstatat(o->dir, name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
	    st.st_uid > *o->high && st.st_uid <= o->last)
		*o->high = st.st_uid;
	return 0;
}

/* Every directory from base to path's parent; 0711, so that a mailbox's owner
 * can go through and nobody can list. */
static int
make_parents(const char *base, const char *path)
{
	char part[1024];
	size_t i = strlen(base);

	if (strlen(path) >= sizeof part)
		return say(-1, "%s: longer than %zu bytes", path,
		    sizeof part - 1);
	for (; path[i]; i++) {
		if (path[i] != '/')
			continue;
		memcpy(part, path, i);
		part[i] = '\0';
		if (mkdir(part, 0711) == 0) {
			if (chmod(part, 0711) < 0)	/* whatever the umask */
				return say_errno(-1, "%s", part);
		} else if (errno != EEXIST)
			return say_errno(-1, "%s", part);
	}
	return 0;
}

static int
fill(int home, uid_t uid, gid_t gid)
{
	static const char *const name[] = { "Maildir", "Maildir/tmp",
	    "Maildir/new", "Maildir/cur" };
	size_t i;
	int fd;

	for (i = 0; i < sizeof name / sizeof *name; i++)
		if (mkdirat(home, name[i], 0700) < 0)
			return -1;
	for (i = sizeof name / sizeof *name; i-- > 0;) {
		if ((fd = file_open_dir(home, name[i])) < 0)
			return -1;
		if (own(fd, uid, gid, 0700) < 0 || fsync(fd) < 0) {
			close(fd);
			return -1;
		}
		close(fd);
	}
	return 0;
}

static int
own(int fd, uid_t uid, gid_t gid, mode_t mode)
{
	if (geteuid() == 0 && fchown(fd, uid, gid) < 0)
		return -1;
	return fchmod(fd, mode);
}
