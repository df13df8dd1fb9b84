/* serve - the root parent, and how its child becomes a mailbox's user. */
#include <sys/prctl.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "localdeliver/config.h"
#include "localdeliver/deliver.h"
#include "localdeliver/program.h"
#include "localdeliver/serve.h"
#include "run/become.h"
#include "run/enclose.h"
#include "run/jobs.h"
#include "run/zygote.h"
#include "sys/log.h"

static int  serve_child(struct role_env *, const struct note *, int *);

int
serve_role(struct role_env *env)
{
	role_wait(env);
	return zygote_run(env, serve_child);
}

/* Root's until become(). */
static int
serve_child(struct role_env *env, const struct note *n, int *fd)
{
	static struct owner o;
	const struct config *conf = env->conf;
	const struct enclose e = { .name = "deliver", .home = 1 };
	struct verdict v;
	const char *path;
	int r;

	if (fd[0] < 0)
		return LOG_AGAIN;
	r = become(env, n->text, &o.box, &v);
	(void)alarm(JOBS_KILLED_S);	/* its home may hang */
	o.key = n->text;
	o.hostname = env->site->hostname;
	o.delimiter = env->site->delimiter[0];
	o.max_hops = (unsigned)conf->max_hops;
	o.program_timeout_s = (unsigned)conf->program_timeout;
	if (r == 0 && n->arg == SPAWN_PROGRAM) {
		prctl(PR_SET_NAME, "program");
		return program_serve(&o, fd[0]);
	}
	if (enclose(&e, r < 0 ? NULL : &o.box, &o.maildir, &o.home, &path) == 0)
		return deliver_serve(&o, fd[0]);
	if (r == 0) {
		v = verdict_make(451, errno == EACCES || errno == EPERM ?
		    "4.3.5" : "4.3.0", "%s: %s", path, strerror(errno));
		log_warn("unreachable", "mailbox %s: %s", n->text, v.text);
	}
	return deliver_refuse(fd[0], &v);
}
