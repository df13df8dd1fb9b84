/* writer_role - the zygote "writer" of a program that accepts mail. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "run/queue_dirs.h"
#include "run/writer_role.h"
#include "run/zygote.h"
#include "sys/file.h"
#include "sys/log.h"

static void read_key(struct role_env *);
static int serve(struct role_env *, const struct note *, int *);
static int stale(void);

/* What children of this zygote inherit, set once before it forks. */
static struct {
	struct queue queue;
	char path[1024];
	int hint;
	struct writer_limits limits;
	struct buf srs;
	struct held srs_file;
} shared = { .srs.max = 4096 };

int
writer_role(struct role_env *env, const struct writer_limits *limits)
{
	char *queue = shared.path, trigger[1024];
	const char *missing;

	snprintf(queue, sizeof shared.path, "%s/queue", env->site->state_dir);
	snprintf(trigger, sizeof trigger, "%s/drop/trigger",
	    env->site->state_dir);
	shared.hint = queue_trigger(AT_FDCWD, trigger);
	if (shared.hint < 0)
		log_warn("hint", "%s: %s; queued will find mail by its scans",
		    trigger, strerror(errno));
	shared.limits = *limits;
	shared.limits.queue = queue;
	read_key(env);
	role_confine(env, &(struct confine){ .may = MAY_READ | MAY_WRITE,
	    .dir = { queue } });
	if (queue_open(&shared.queue, queue, &missing) < 0)
		log_die(LOG_FIX, "%s/%s%s", queue, missing, errno == EACCES ?
		    " (who stores mail has to pass all directories above: "
		    "chmod o+x)" : "");
	role_wait(env);
	return zygote_run(env, serve);
}

/* Whoever has an old one ends. */
static void
read_key(struct role_env *env)
{
	char path[1024];
	int fd;

	snprintf(path, sizeof path, "%s/srs", env->site->secrets_dir);
	held_begin(&shared.srs_file, path, ROLE_CONFIG + 1);
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd >= 0) {
		if (file_read(fd, &shared.srs) < 0)
			log_warn("file", "%s cannot be read", path);
		close(fd);
	}
	shared.limits.srs = buf_span(&shared.srs);
	shared.limits.srs_file = &shared.srs_file;
	env->stale = stale;
}

static int
stale(void)
{
	return held_changed(&shared.srs_file) ||
	    queue_moved(&shared.queue, shared.path);
}

/* fd[0]: the link to the listener, on which stamped channels come. */
static int
serve(struct role_env *env, const struct note *n, int *fd)
{
	struct writer_limits limits = shared.limits;
	struct note stamp;
	int ch[CHAN_FDS], link = fd[0], r;

	(void)n;
	limits.rates = link;
	if (queue_own(&shared.queue) < 0) {
		log_warn("file", "queue/new: %s", strerror(errno));
		return LOG_AGAIN;
	}
	while (note_recv(link, &stamp, ch, 1) > 0) {
		/* the session asks for another, of a zygote of now; an old key
		 * hurts only whom it is asked of: writer.h */
		if (ch[0] < 0 || queue_moved(&shared.queue, shared.path))
			return LOG_AGAIN;
		r = writer_serve(&shared.queue, shared.hint,
		    env->site->hostname, &limits, &stamp.facts, ch[0]);
		close(ch[0]);
		if (r == ACCEPT_STOP)
			(void)note_say(link, NOTE_STOP, NULL, NULL, 0);
		if (r < 0)
			return LOG_AGAIN;
		if (note_say(link, NOTE_IDLE, NULL, NULL, 0) < 0)
			break;
	}
	return 0;
}
