/* mailbox_role - the role "mailbox" of pop3d and imapd. */
#include <sys/prctl.h>
#include <sys/resource.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "run/become.h"
#include "run/mailbox_role.h"
#include "run/zygote.h"
#include "sys/log.h"

enum {
	NOBODY = 65534,
	/* the first sight of a folder with a million messages */
	DATA_BYTES = 1 << 30
};

static void become_nobody(const struct role_env *);

int
mailbox_look_up(struct role_env *env, const char *key, struct mailbox *m,
    struct verdict *v)
{
	struct table t;
	struct span value;
	const char *why = "table users is damaged";
	int r = -1;

	if (table_open(&t, env->table[TABLE_USERS]) == 0) {
		r = table_get(&t, span_of(key), &value);
		if (r == 0)
			why = "no such mailbox";
		if (r == 1 && mailbox_parse(value, m, &why) < 0)
			r = -1;
		table_close(&t);
	}
	/* tables, which no mailbox's user may hold */
	close_range(ROLE_TABLE_FD, ~0U, 0);
	if (r == 1 && !(env->root && m->uid == 0))
		return 0;
	if (r == 1)
		*v = verdict_make(550, "5.2.1", "root (uid 0) receives no mail "
		    "here: alias its address to a person");
	else
		*v = verdict_make(451, "4.3.5", "mailbox %s: %s", key, why);
	log_warn("unreachable", "%s", v->text);
	return -1;
}

int
mailbox_role(struct role_env *env, int (*serve)(struct role_env *,
    const struct note *, int fd[CHAN_FDS]))
{
	struct buf missing = { .max = 64 };

	prctl(PR_SET_NAME, env->role->name);
	confine_filter(MAY_READ | MAY_WRITE | MAY_FORK, &missing);
	if (missing.n)
		log_warn("confine", "%s runs without %.*s", env->role->name,
		    (int)missing.n, (const char *)missing.p);
	buf_free(&missing);
	role_wait(env);
	return zygote_run(env, serve);
}

int
mailbox_enter(struct role_env *env, const struct note *n, struct mailbox *m,
    struct verdict *v)
{
	struct become b = { .name = "reader", .root = env->root,
	    .may = MAY_READ | MAY_WRITE, .filtered = 1,
	    .data_bytes = DATA_BYTES };
	struct maildir md;
	const char *path;

	if (mailbox_look_up(env, n->text, m, v) < 0) {
		become_nobody(env);
		return -1;
	}
	if (become(&b, m, &md, NULL, &path) < 0) {
		*v = verdict_make(errno == EACCES || errno == EPERM ||
		    errno == ENOTDIR || errno == ELOOP ? 550 : 451, "4.3.0",
		    "%s: %s", path, strerror(errno));
		log_warn("unreachable", "mailbox %s: %s", n->text, v->text);
		return -1;
	}
	maildir_close(&md);
	return 0;
}

static void
become_nobody(const struct role_env *env)
{
	struct confine c = { .name = env->role->name, .root = env->root,
	    .uid = NOBODY, .gid = NOBODY, .filtered = 1 };
	struct rlimit none = { 0, 0 };
	struct buf missing = { .max = 64 };

	confine(&c, &missing);
	buf_free(&missing);
	setrlimit(RLIMIT_NPROC, &none);
}
