/* main - what every program's main does before the monitor or a role runs. */
#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "run/monitor.h"
#include "run/monitor_family.h"
#include "base/scan.h"
#include "sys/clock.h"
#include "sys/file.h"
#include "sys/log.h"
#include "sys/net.h"

static struct site site;

static int  read_conf(const struct family *, int, const char *);
static int  be_role(const struct family *, const char *, const char *);
static int  be_monitor(const struct family *, const char *, const char *, int);
static void listen_all(const struct family *, struct start *);
static unsigned passed_sockets(void);
static int  inherited(const struct family *, struct start *);
static void bind_words(struct start *, const char *, unsigned,
	    const struct conf_words *);
static void add_socket(struct start *, int, unsigned);
static char *const *environment(void);

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
	return be_monitor(family, conf, argv[0], check);
}

/* All errors, each on a line of its own, and exit status 100. */
static int
read_conf(const struct family *f, int fd, const char *path)
{
	const struct conf_key *const table[] = { site_keys, f->keys };
	void *const out[] = { &site, f->conf };
	struct buf errors = { .max = 1 << 16 };

	if (conf_read(fd, path, table, 2, out, &errors) < 0) {
		(void)file_write(STDERR_FILENO, buf_span(&errors));
		return -1;
	}
	buf_free(&errors);
	return 0;
}

/* ------------------------------------------------ a role */

static int
be_role(const struct family *f, const char *name, const char *conf)
{
	static struct role_env env;
	const struct role *r = f->role;
	char user[64];
	struct passwd *pw;
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
		if ((pw = getpwnam(user)) == NULL || pw->pw_uid == 0)
			log_die(LOG_FIX, "no user %s: see INSTALL, USERS",
			    user);
		env.uid = pw->pw_uid;
		env.gid = pw->pw_gid;
	}
	return r->serve(&env);
}

/* ------------------------------------------------ the monitor */

static int
be_monitor(const struct family *f, const char *conf, const char *argv0,
    int check)
{
	static struct start start;
	struct buf errors = { .max = 1 << 16 };

	/* nothing of the caller's but the sockets that it passed on purpose */
	close_range(3 + passed_sockets(), ~0U, 0);
	start.conf_path = conf;
	start.conf_fd = open(conf, O_RDONLY | O_CLOEXEC);
	if (start.conf_fd < 0)
		log_die(LOG_FIX, "%s", conf);
	if (read_conf(f, start.conf_fd, conf) < 0)
		return LOG_FIX;
	if (f->check && f->check(&site, f->conf, &errors) < 0) {
		(void)file_write(STDERR_FILENO, buf_span(&errors));
		return LOG_FIX;
	}
	if (check)
		return 0;
	start.site = &site;
	start.root = geteuid() == 0;
	/* the file that runs, also when a new one stands at its path */
	start.self = access("/proc/self/exe", X_OK) == 0 ? "/proc/self/exe" :
	    argv0;
	start.environment = environment();
	listen_all(f, &start);
	return monitor_run(f, &start);
}

int
start_has(const struct start *s, const char *program)
{
	char path[1024];
	int n = snprintf(path, sizeof path, "%s/%s", s->site->libexec_dir,
	    program);

	return n > 0 && (size_t)n < sizeof path && access(path, X_OK) == 0;
}

/* Sockets that a supervisor passed (LISTEN_FDS, systemd.socket(5)) take the
 * place of all addresses in the configuration. */
static void
listen_all(const struct family *f, struct start *s)
{
	const struct service *v;
	const struct conf_words *w;

	if (f->service == NULL || inherited(f, s))
		return;
	for (v = f->service; v->name; v++) {
		w = (const void *)((const char *)f->conf + v->offset);
		bind_words(s, v->name, (unsigned)(v - f->service), w);
	}
	if (s->nsocket == 0)
		log_die(LOG_FIX, "nothing to listen on");
}

static unsigned
passed_sockets(void)
{
	const char *pid = getenv("LISTEN_PID"), *n = getenv("LISTEN_FDS");
	unsigned count;
	uint64_t p;

	if (pid == NULL || n == NULL || scan_u64(span_of(pid), INT32_MAX, &p) ||
	    p != (uint64_t)getpid() ||
	    scan_uint(span_of(n), ROLE_SOCKETS, &count) < 0)
		return 0;
	return count;
}

static int
inherited(const struct family *f, struct start *s)
{
	const char *names = getenv("LISTEN_FDNAMES");
	unsigned i, v, count = passed_sockets();
	struct span in, name;

	if (count == 0)
		return 0;
	in = span_of(names ? names : "");
	for (i = 0; i < count; i++) {
		span_cut(&in, ':', &name);
		for (v = 0; f->service[v].name; v++)
			if (span_eq(name, span_of(f->service[v].name)))
				break;
		if (f->service[v].name == NULL) {
			if (f->service[1].name)
				log_die(LOG_FIX, "LISTEN_FDNAMES: \"%.*s\" is "
				    "no service of %s", SPAN_ARG(name),
				    f->program);
			v = 0;
		}
		fcntl(3 + (int)i, F_SETFD, FD_CLOEXEC);
		if (net_listen_options(3 + (int)i) < 0)
			log_die(LOG_FIX, "passed socket %u", i);
		add_socket(s, 3 + (int)i, v);
	}
	return 1;
}

static void
bind_words(struct start *s, const char *service, unsigned number,
    const struct conf_words *w)
{
	struct ip ip;
	unsigned port;
	size_t i;
	int fd;

	for (i = 0; i < w->n; i++) {
		if (conf_address(span_of(w->word[i]), &ip, &port) < 0)
			continue;	/* the table has checked it */
		if ((fd = net_listen(&ip, port)) < 0)
			log_die(LOG_FIX, "%s: cannot listen on %s", service,
			    w->word[i]);
		add_socket(s, fd, number);
	}
}

static void
add_socket(struct start *s, int fd, unsigned service)
{
	if (s->nsocket == ROLE_SOCKETS)
		log_die(LOG_FIX, "more than %d listening addresses",
		    ROLE_SOCKETS);
	s->socket[s->nsocket++] = (struct bound){ fd, service };
}

static char *const *
environment(void)
{
	static char *e[4];
#ifdef CORREO_TEST
	static const char *const door[] = { "CORREO_TEST_CLOCK",
	    "CORREO_TEST_UNCONFINE", "CORREO_TEST_OBEY" };
	static char room[3][256];
	size_t i, n = 0;
	const char *v;

	for (i = 0; i < 3; i++)
		if ((v = getenv(door[i])) && snprintf(room[n], sizeof room[n],
		    "%s=%s", door[i], v) < (int)sizeof room[n]) {
			e[n] = room[n];
			n++;
		}
#endif
	return e;
}
