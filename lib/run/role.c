/* role - one kind of process in a program's family. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "run/role.h"
#include "sys/heap.h"
#include "sys/log.h"

static void take_table(struct role_env *, unsigned, int);
static void take_link(struct role_env *, const char *, int);
static void take_listen(struct role_env *, unsigned, int);

void
role_confine(const struct role_env *env, struct confine *c)
{
	struct buf missing = { .max = 256 };

	if (c->name == NULL)
		c->name = env->role->name;
	c->uid = env->uid;
	c->gid = env->gid;
	c->root = env->root;
	if (c->empty_dir == NULL && !(c->may & (MAY_READ | MAY_WRITE)))
		c->empty_dir = env->site->empty_dir;
	confine(c, &missing);
	if (missing.n)
		log_warn("confine", "%s runs without%.*s", env->role->name,
		    (int)missing.n, (const char *)missing.p);
	buf_free(&missing);
}

int
role_note(struct role_env *env, int wait)
{
	struct note n;
	int fd[CHAN_FDS], r;

	do
		r = note_recv(env->control, &n, fd, wait);
	while (r < 0 && errno == EINTR && wait);
	if (r < 0 && (errno == EAGAIN || errno == EINTR))
		return -1;
	if (r <= 0)
		return 0;
	switch (n.kind) {
	case NOTE_TABLE:
		take_table(env, n.arg, fd[0]);
		break;
	case NOTE_UNREADABLE:
		if (n.arg < TABLE_COUNT)
			take_table(env, n.arg, TABLE_UNREADABLE);
		else if (env->file)
			env->file(env, n.text, TABLE_UNREADABLE);
		break;
	case NOTE_LINK:
		take_link(env, n.text, fd[0]);
		break;
	case NOTE_LISTEN:
		take_listen(env, n.arg, fd[0]);
		break;
	case NOTE_FILE:
		if (env->file)
			env->file(env, n.text, fd[0]);
		if (fd[0] >= 0)
			close(fd[0]);
		break;
	case NOTE_GO:
		if (env->go)
			env->go(env);
		heap_settle();
		break;
	}
	return (int)n.kind;
}

void
role_wait(struct role_env *env)
{
	int kind;

	while ((kind = role_note(env, 1)) != NOTE_GO)
		if (kind == 0)
			exit(0);
}

int
role_link(const struct role_env *env, const char *name)
{
	size_t i;

	for (i = 0; i < ROLE_LINKS; i++)
		if (env->link[i].fd >= 0 &&
		    strcmp(env->link[i].name, name) == 0)
			return env->link[i].fd;
	return -1;
}

int
role_move(int fd, int from)
{
	int to = fcntl(fd, F_DUPFD_CLOEXEC, from);

	if (to < 0)
		log_die(LOG_AGAIN, "descriptors; the cure: a higher ulimit -n");
	close(fd);
	return to;
}

static void
take_table(struct role_env *env, unsigned i, int fd)
{
	if (i >= TABLE_COUNT)
		log_die(LOG_AGAIN, "no such table");
	if (env->table[i] >= 0)
		close(env->table[i]);
	env->table[i] = fd < 0 ? fd : role_move(fd, ROLE_TABLE_FD);
}

static void
take_link(struct role_env *env, const char *name, int fd)
{
	size_t i, free = ROLE_LINKS;

	for (i = ROLE_LINKS; i-- > 0;)
		if (env->link[i].fd < 0)
			free = i;
	for (i = 0; i < ROLE_LINKS; i++)
		if (env->link[i].fd >= 0 &&
		    strcmp(env->link[i].name, name) == 0) {
			close(env->link[i].fd);
			free = i;
		}
	if (free == ROLE_LINKS || fd < 0)
		log_die(LOG_AGAIN, "too many links");
	(void)span_str(span_of(name), env->link[free].name,
	    sizeof env->link[free].name);
	env->link[free].fd = role_move(fd, ROLE_PRIVATE_FD);
}

static void
take_listen(struct role_env *env, unsigned service, int fd)
{
	if (env->nlisten == ROLE_SOCKETS || fd < 0)
		log_die(LOG_FIX, "more than %d listening addresses",
		    ROLE_SOCKETS);
	env->service[env->nlisten] = service;
	env->listen[env->nlisten++] = fd;
}
