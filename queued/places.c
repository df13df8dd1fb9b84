/* places - the directories of the queue and of the drop, checked. */
#include <sys/stat.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "queued/places.h"
#include "sys/file.h"
#include "sys/log.h"

static void path(char *, size_t, const char *, const char *);
static void check(const struct role_env *, int, const char *, const char *,
    mode_t);
static int  open_or_die(int, const char *, const char *);

void
places_open(const struct role_env *env, struct places *p)
{
	const char *missing;

	path(p->queue_path, sizeof p->queue_path, env->site->state_dir,
	    "queue");
	path(p->drop_path, sizeof p->drop_path, env->site->state_dir, "drop");
	if (queue_open(&p->queue, p->queue_path, &missing) < 0)
		log_die(LOG_FIX, "%s/%s (the cure: see INSTALL, DIRECTORIES, "
		    "or correo check)", p->queue_path, missing);
	check(env, p->queue.dir, p->queue_path, "", 022);
	check(env, p->queue.tmp, p->queue_path, "/tmp", 022);
	check(env, p->queue.new, p->queue_path, "/new", 022);
	check(env, p->queue.cur, p->queue_path, "/cur", 022);
	check(env, p->queue.hold, p->queue_path, "/hold", 022);
	check(env, p->queue.bad, p->queue_path, "/bad", 022);
	check(env, p->queue.state, p->queue_path, "/state", 022);
	p->drop = open_or_die(AT_FDCWD, p->drop_path, p->drop_path);
	p->drop_tmp = open_or_die(p->drop, "tmp", p->drop_path);
	p->drop_new = open_or_die(p->drop, "new", p->drop_path);
	check(env, p->drop, p->drop_path, "", 022);
	check(env, p->drop_tmp, p->drop_path, "/tmp", 02);
	check(env, p->drop_new, p->drop_path, "/new", 02);
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
		log_die(LOG_FIX, "%s: %s (the cure: see INSTALL, DIRECTORIES, "
		    "or correo check)", shown, name);
	return fd;
}

/* Whoever else may write there could forge mail. */
static void
check(const struct role_env *env, int fd, const char *dir, const char *name,
    mode_t forbidden)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		log_die(LOG_AGAIN, "%s%s", dir, name);
	errno = 0;
	if (st.st_uid != env->uid)
		log_die(LOG_FIX, "%s%s belongs to uid %u, not to uid %u (the "
		    "cure: chown %u %s%s)", dir, name, (unsigned)st.st_uid,
		    (unsigned)env->uid, (unsigned)env->uid, dir, name);
	if (st.st_mode & forbidden)
		log_die(LOG_FIX, "%s%s has mode %04o: others may write there "
		    "(the cure: chmod %s %s%s)", dir, name,
		    (unsigned)(st.st_mode & 07777),
		    forbidden == 02 ? "o-w" : "go-w", dir, name);
}
