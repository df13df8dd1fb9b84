/*
 * serve - the root parent, and how its child becomes a mailbox's user.
 *
 * Everything before become() in serve_child runs as root: a look at one table
 * that root owns, by a key that is bytes to compare and nothing more.
 */
#include <sys/prctl.h>
#include <sys/resource.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "localdeliver/config.h"
#include "localdeliver/deliver.h"
#include "localdeliver/program.h"
#include "localdeliver/serve.h"
#include "run/become.h"
#include "run/mailbox_role.h"
#include "run/zygote.h"
#include "sys/log.h"

enum { NOBODY = 65534 };

static int  serve_child(struct role_env *, const struct note *, int *);
static int  refuse_all(struct role_env *, int, const struct verdict *);

int
serve_role(struct role_env *env)
{
	role_wait(env);
	return zygote_run(env, serve_child);
}

static int
serve_child(struct role_env *env, const struct note *n, int *fd)
{
	static struct owner o;
	const struct config *conf = env->conf;
	struct become b = { .name = "deliver", .root = env->root,
	    .may = MAY_READ | MAY_WRITE, .home = 1 };
	struct verdict v;
	const char *path;

	if (fd[0] < 0)
		return LOG_AGAIN;
	o.key = n->text;
	o.hostname = env->site->hostname;
	o.delimiter = env->site->delimiter[0];
	o.max_hops = (unsigned)conf->max_hops;
	o.program_timeout_s = (unsigned)conf->program_timeout;
	if (mailbox_look_up(env, n->text, &o.box, &v) < 0)
		return refuse_all(env, fd[0], &v);
	if (n->arg == SPAWN_PROGRAM) {
		prctl(PR_SET_NAME, "program");
		become_user(env->root, &o.box);
		return program_serve(&o, fd[0]);
	}
	if (become(&b, &o.box, &o.maildir, &o.home, &path) < 0) {
		v = verdict_make(451, errno == EACCES || errno == EPERM ?
		    "4.3.5" : "4.3.0", "%s: %s", path, strerror(errno));
		log_warn("unreachable", "mailbox %s: %s", n->text, v.text);
		return deliver_refuse(fd[0], &v);
	}
	return deliver_serve(&o, fd[0]);
}

/* As nobody, in an empty directory. */
static int
refuse_all(struct role_env *env, int ch, const struct verdict *v)
{
	struct confine c = { .uid = NOBODY, .gid = NOBODY };
	struct rlimit none = { 0, 0 };

	env->uid = c.uid;
	env->gid = c.gid;
	setrlimit(RLIMIT_NPROC, &none);
	role_confine(env, &c);
	return deliver_refuse(ch, v);
}
