/* become - a child of a parent that is root turns into a mailbox's user. */
#include <unistd.h>

#include "run/become.h"
#include "sys/log.h"

enum { NOBODY = 65534 };

static int  look_up(const struct role_env *, const char *, struct mailbox *,
    struct verdict *);

int
become(struct role_env *env, const char *key, struct mailbox *m,
    struct verdict *v)
{
	int r = look_up(env, key, m, v);

	/* the tables, which no mailbox's user may hold */
	close_range(ROLE_TABLE_FD, ~0U, 0);
	if (r < 0)
		log_warn("unreachable", "%s", v->text);
	if (env->root && r < 0)
		confine_ids(NOBODY, NOBODY);
	else if (env->root)
		confine_ids(m->uid, m->gid);
	return r;
}

/* In a table that root owns, by a key that is bytes to compare and no more. */
static int
look_up(const struct role_env *env, const char *key, struct mailbox *m,
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
	if (r == 1 && !(env->root && m->uid == 0))
		return 0;
	if (r == 1)
		*v = verdict_make(550, "5.2.1", "root (uid 0) receives no mail "
		    "here: alias its address to a person");
	else
		*v = verdict_make(451, "4.3.5", "mailbox %s: %s", key, why);
	return -1;
}
