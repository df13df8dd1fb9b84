/* places - the directories of the queue and of the drop. */
#include <sys/stat.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "queued/places.h"
#include "run/queue_dirs.h"
#include "sys/file.h"
#include "sys/log.h"

enum { HINTS_BYTES = 1 << 20 };	/* what Linux gives anybody: 49,000 */

static void path(char *, size_t, const char *, const char *);
static int  open_or_die(int, const char *, const char *);

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
places_stay(const struct places *p)
{
	errno = 0;
	if (queue_moved(&p->queue, p->queue_path))
		log_die(LOG_AGAIN, "%s is another directory now, and has to be "
		    "begun with anew", p->queue_path);
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
	int made = mkfifoat(p->drop, "trigger", 0620) == 0;
	int fd = queue_trigger(p->drop, "trigger");

	if (fd < 0) {
		errno = 0;
		log_die(LOG_FIX, "%s/trigger is no FIFO that we may use (the "
		    "cure: rm it; it is made again)", p->drop_path);
	}
	if (made && (fstat(p->drop, &st) < 0 ||
	    fchown(fd, env->uid, st.st_gid) < 0 || fchmod(fd, 0620) < 0))
		log_die(LOG_AGAIN, "%s/trigger", p->drop_path);
	(void)fcntl(fd, F_SETPIPE_SZ, HINTS_BYTES);
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
