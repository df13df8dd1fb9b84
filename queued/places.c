/* places - the directories of the queue and of the drop, checked. */
#include <sys/stat.h>
#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "queued/places.h"
#include "sys/file.h"
#include "sys/log.h"

static void path(char *, size_t, const char *, const char *);
static int  check_one(const char *, const char *, uid_t, mode_t,
    struct buf *);
static uid_t owner(const struct site *);
static int  open_or_die(int, const char *, const char *);

/* Whoever else may write there could forge mail. */
int
places_check(const struct site *site, const void *conf, struct buf *errors)
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
	uid_t uid = owner(site);
	int bad = 0;
	size_t i;

	(void)conf;
	for (i = 0; i < sizeof dir / sizeof *dir; i++)
		bad |= check_one(site->state_dir, dir[i].name, uid,
		    dir[i].forbidden, errors);
	return bad;
}

void
places_open(const struct role_env *env, struct places *p)
{
	const char *missing;

	path(p->queue_path, sizeof p->queue_path, env->site->state_dir,
	    "queue");
	path(p->drop_path, sizeof p->drop_path, env->site->state_dir, "drop");
	if (queue_open(&p->queue, p->queue_path, &missing) < 0)
		log_die(LOG_FIX, "%s/%s", p->queue_path, missing);
	p->drop = open_or_die(AT_FDCWD, p->drop_path, p->drop_path);
	p->drop_tmp = open_or_die(p->drop, "tmp", p->drop_path);
	p->drop_new = open_or_die(p->drop, "new", p->drop_path);
}

void
places_group(struct role_env *env, int dir)
{
	struct stat st;

	if (env->root && fstat(dir, &st) == 0 && st.st_gid != 0)
		env->gid = st.st_gid;
}

int
places_trigger(const struct role_env *env, const struct places *p)
{
	struct stat st;
	int fd;

	if (mkfifoat(p->drop, "trigger", 0620) == 0 &&
	    (fstat(p->drop, &st) < 0 ||
	    fchownat(p->drop, "trigger", env->uid, st.st_gid, 0) < 0 ||
	    fchmodat(p->drop, "trigger", 0620, 0) < 0))
		log_die(LOG_AGAIN, "%s/trigger", p->drop_path);
	fd = openat(p->drop, "trigger", O_RDWR | O_NONBLOCK | O_NOFOLLOW |
	    O_CLOEXEC);
	errno = 0;
	if (fd < 0 || fstat(fd, &st) < 0 || !S_ISFIFO(st.st_mode))
		log_die(LOG_FIX, "%s/trigger is no FIFO that we may use (the "
		    "cure: rm it; it is made again)", p->drop_path);
	return fd;
}

static void
path(char *out, size_t size, const char *dir, const char *name)
{
	int n = snprintf(out, size, "%s/%s", dir, name);

	if (n < 0 || (size_t)n >= size)
		log_die(LOG_FIX, "state_dir is too long");
}

static int
open_or_die(int dir, const char *name, const char *shown)
{
	int fd = file_open_dir(dir, name);

	if (fd < 0)
		log_die(LOG_FIX, "%s: %s", shown, name);
	return fd;
}

static int
check_one(const char *dir, const char *name, uid_t uid, mode_t forbidden,
    struct buf *errors)
{
	char p[1200];
	struct stat st;

	path(p, sizeof p, dir, name);
	errno = 0;
	if (lstat(p, &st) < 0 || !S_ISDIR(st.st_mode)) {
		buf_addf(errors, "%s: %s; the cure: INSTALL, DIRECTORIES\n",
		    p, errno ? strerror(errno) : "is no directory");
		return -1;
	}
	if (st.st_uid != uid) {
		buf_addf(errors, "%s: belongs to uid %u, not to uid %u; the "
		    "cure: chown %u %s\n", p, (unsigned)st.st_uid,
		    (unsigned)uid, (unsigned)uid, p);
		return -1;
	}
	if (st.st_mode & forbidden) {
		buf_addf(errors, "%s: mode %04o, others may write there; the "
		    "cure: chmod %s %s\n", p, (unsigned)(st.st_mode & 07777),
		    forbidden == 02 ? "o-w" : "go-w", p);
		return -1;
	}
	return 0;
}

/* Of the queue: the service's user, or whoever starts it without root. */
static uid_t
owner(const struct site *site)
{
	char user[64];
	struct passwd *pw;

	if (geteuid() != 0)
		return geteuid();
	(void)snprintf(user, sizeof user, "%s-queue", site->user_prefix);
	pw = getpwnam(user);
	return pw ? pw->pw_uid : 0;	/* missing: the monitor says so */
}
