/* queue_dirs - are the directories of the queue and of the drop safe? */
#include <sys/stat.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "run/queue_dirs.h"
#include "sys/file.h"
#include "sys/passwd.h"

static void check_one(const char *, const char *, uid_t, mode_t,
    struct buf *);
static int  owner(const struct site *, uid_t *, struct buf *);

/* Whoever else may write there could forge mail. */
void
queue_dirs_check(const struct site *site, struct buf *errors)
{
	static const struct {
		const char *name;
		mode_t forbidden;
	} dir[] = {
		{ "queue", 022 }, { "queue/tmp", 022 }, { "queue/new", 022 },
		{ "queue/cur", 022 }, { "queue/hold", 022 },
		{ "queue/bad", 022 }, { "queue/state", 022 },
		{ "drop", 022 }, { "drop/tmp", 02 }, { "drop/new", 02 }
	};
	uid_t uid;
	size_t i;

	if (owner(site, &uid, errors) < 0)
		return;
	for (i = 0; i < sizeof dir / sizeof *dir; i++)
		check_one(site->state_dir, dir[i].name, uid,
		    dir[i].forbidden, errors);
}

int
queue_trigger(int dir, const char *path)
{
	int fd = openat(dir, path, O_RDWR | O_NONBLOCK | O_NOFOLLOW |
	    O_CLOEXEC);
	struct stat st;

	if (fd < 0 || (fstat(fd, &st) == 0 && S_ISFIFO(st.st_mode)))
		return fd;
	errno = EINVAL;
	return file_close_failed(fd);
}

static void
check_one(const char *dir, const char *name, uid_t uid, mode_t forbidden,
    struct buf *errors)
{
	char p[1200];
	struct stat st;

	(void)snprintf(p, sizeof p, "%s/%s", dir, name);
	errno = 0;
	if (lstat(p, &st) < 0 || !S_ISDIR(st.st_mode))
		buf_addf(errors, "%s: %s; the cure: INSTALL, DIRECTORIES\n",
		    p, errno ? strerror(errno) : "is no directory");
	else if (st.st_uid != uid)
		buf_addf(errors, "%s: belongs to uid %u, not to uid %u; the "
		    "cure: chown %u %s\n", p, (unsigned)st.st_uid,
		    (unsigned)uid, (unsigned)uid, p);
	else if (st.st_mode & forbidden)
		buf_addf(errors, "%s: mode %04o, others may write there; the "
		    "cure: chmod %s %s\n", p, (unsigned)(st.st_mode & 07777),
		    forbidden == 02 ? "o-w" : "go-w", p);
	else if ((st.st_mode & S_IRWXU) != S_IRWXU)
		buf_addf(errors, "%s: mode %04o, its owner may not use it; "
		    "the cure: chmod u+rwx %s\n", p,
		    (unsigned)(st.st_mode & 07777), p);
}

/* Of the queue: the service's user, or whoever starts it without root. */
static int
owner(const struct site *site, uid_t *uid, struct buf *errors)
{
	char user[64];
	gid_t gid;

	*uid = geteuid();
	if (*uid != 0)
		return 0;
	(void)snprintf(user, sizeof user, "%s-queue", site->user_prefix);
	if (passwd_ids(PASSWD_FILE, user, uid, &gid) < 0) {
		buf_addf(errors, "no user %s in " PASSWD_FILE ": etc/setup "
		    "users makes it (INSTALL, Upgrading)\n", user);
		return -1;
	}
	return 0;
}
