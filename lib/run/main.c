/* main - what every program's main does before the monitor or a role runs. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "run/monitor.h"
#include "run/sockets.h"
#include "sys/clock.h"
#include "sys/file.h"
#include "sys/log.h"
#include "sys/passwd.h"

static struct site site;

static int  be_role(const struct family *, const char *, const char *);
static int  be_monitor(const struct family *, const char *, int);
static int  read_conf(const struct family *, int, const char *);

int
monitor_main(int argc, char **argv, const struct family *family)
{
	const char *conf = site_conf, *role = NULL;
	int c, check = 0;

	log_program(family->program);
	clock_init();
	while ((c = getopt(argc, argv, "c:mnr:")) != -1)
		switch (c) {
		case 'c':
			conf = optarg;
			break;
		case 'm':
			conf_mdoc(family->keys);
			return 0;
		case 'n':
			check = 1;
			break;
		case 'r':
			role = optarg;
			break;
		default:
			fprintf(stderr, "usage: %s [-mn] [-c file]\n",
			    family->program);
			return LOG_FIX;
		}
	if (role)
		return be_role(family, role, conf);
	return be_monitor(family, conf, check);
}

static int
be_role(const struct family *f, const char *name, const char *conf)
{
	static struct role_env env;
	const struct role *r = f->role;
	char user[64];
	size_t i;

	while (r->name && (strcmp(r->name, name) != 0 || r->serve == NULL))
		r++;
	if (r->name == NULL)
		log_die(LOG_FIX, "-r %s: no such role", name);
	if (read_conf(f, ROLE_CONFIG, conf) < 0)
		return LOG_FIX;
	close(ROLE_CONFIG);
	env.role = r;
	env.site = &site;
	env.conf = f->conf;
	env.control = ROLE_CONTROL;
	env.root = geteuid() == 0;
	env.uid = getuid();
	env.gid = getgid();
	for (i = 0; i < TABLE_COUNT; i++)
		env.table[i] = -1;
	for (i = 0; i < ROLE_LINKS; i++)
		env.link[i].fd = -1;
	if (env.root && !(r->flags & ROLE_KEEPS_ROOT)) {
		snprintf(user, sizeof user, "%s-%s", site.user_prefix,
		    r->user);
		if (passwd_ids(PASSWD_FILE, user, &env.uid, &env.gid) < 0 ||
		    env.uid == 0)
			log_die(LOG_FIX, "no user %s in " PASSWD_FILE
			    ": etc/setup users makes it (INSTALL, Upgrading)",
			    user);
	}
	return r->serve(&env);
}

static int
be_monitor(const struct family *f, const char *conf, int check)
{
	struct buf errors = { .max = 1 << 16 };
	int fd;

	/* nothing of the caller's but the sockets that it passed on purpose */
	close_range(3 + sockets_passed(), ~0U, 0);
	if ((fd = open(conf, O_RDONLY | O_CLOEXEC)) < 0)
		log_die(LOG_FIX, "%s (INSTALL has a first one)", conf);
	if (read_conf(f, fd, conf) < 0)
		return LOG_FIX;
	site_check(&site, &errors);
	if (f->check)
		f->check(&site, f->conf, &errors);
	if (errors.n) {
		conf_place(fd, conf, &errors);
		(void)file_write(STDERR_FILENO, buf_span(&errors));
		return LOG_FIX;
	}
	return check ? 0 : monitor_run(f, &site, conf, fd);
}

/* All errors, each on a line of its own, and exit status 100. */
static int
read_conf(const struct family *f, int fd, const char *path)
{
	const struct conf_key *const table[] = { site_keys, f->keys };
	void *const out[] = { &site, f->conf };
	struct buf errors = { .max = 1 << 16 };

	if (conf_read(fd, path, table, 2, out, &errors) == 0)
		return 0;
	(void)file_write(STDERR_FILENO, buf_span(&errors));
	return -1;
}
