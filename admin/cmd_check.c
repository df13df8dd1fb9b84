/* cmd_check - is all in place?  Exit status 1 when anything failed. */
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "admin/check_host.h"
#include "admin/check_ports.h"
#include "admin/check_tables.h"
#include "admin/commands.h"
#include "admin/config.h"
#include "admin/message.h"
#include "admin/programs.h"
#include "admin/say.h"

struct sizes {
	uint64_t sendmail, drop;
};

static void check_programs(struct check *);
static void check_sizes(struct check *);
static void check_queue(struct check *);
static void check_space(struct check *, const char *);

int
cmd_check(const struct site *site, const struct args *a)
{
	struct check c = { .site = site, .a = a, .root = geteuid() == 0,
	    .config = a->config ? a->config : site_conf };
	struct stat st;

	/* the programs would want all of it to be the caller's */
	if (!c.root && stat(site->state_dir, &st) == 0 &&
	    st.st_uid != geteuid()) {
		found(&c, FAIL, "user", "only root, or who %s belongs to, can "
		    "see whether all is right", site->state_dir);
		return SAY_FOUND;
	}
	check_programs(&c);
	check_sizes(&c);
	check_host(&c);
	check_tables(&c);
	check_queue(&c);
	check_space(&c, site->state_dir);
	check_space(&c, site->mail_dir);
	check_ports(&c);
	return c.failed ? SAY_FOUND : SAY_OK;
}

static void
check_programs(struct check *c)
{
	char path[1024];
	size_t i;
	int r;

	for (i = 0; programs[i]; i++) {
		if (programs_find(c->site, programs[i], path, sizeof path) < 0)
			continue;
		r = programs_run(path, "-n", c->config);
		if (r == 0)
			found(c, OK, programs[i], "takes the configuration");
		else if (r < 0)
			found(c, FAIL, programs[i], "%s: %s", path,
			    strerror(errno));
		else
			found(c, FAIL, programs[i], "refuses to start (status "
			    "%d); its reasons stand above", r);
	}
}

/* Else sendmail says 0 to its caller, and queued drops what it took. */
static void
check_sizes(struct check *c)
{
	static const struct conf_key keys[] = {
		{ "sendmail.max_size", CONF_SIZE, offsetof(struct sizes,
		    sendmail), "50M", 1, 0, "" },
		{ "queued.drop_size", CONF_SIZE, offsetof(struct sizes, drop),
		    "50M", 1, 0, "" },
		{ NULL, 0, 0, NULL, 0, 0, NULL }
	};
	struct sizes s;

	if (config_some(c->config, keys, &s) == 0 && s.sendmail > s.drop)
		found(c, WARN, "sendmail.max_size", "is more than "
		    "queued.drop_size: mail of a size between them is lost");
}

/* What an operator has moved to where it does not belong. */
static void
check_queue(struct check *c)
{
	struct buf lines = { .max = 1 << 20 };
	char path[1024];
	const char *missing;
	struct queue q;

	snprintf(path, sizeof path, "%s/queue", c->site->state_dir);
	if (queue_open(&q, path, &missing) == 0)
		(void)message_odd(&q, &lines);
	found_lines(c, "queue", &lines);
}

static void
check_space(struct check *c, const char *path)
{
	struct statvfs v;
	unsigned long long mib;

	if (statvfs(path, &v) < 0) {
		found(c, FAIL, path, "%s", strerror(errno));
		return;
	}
	mib = (unsigned long long)v.f_bavail * v.f_frsize >> 20;
	found(c, mib < 64 ? FAIL : mib < 1024 ? WARN : OK, path,
	    "%llu MiB free", mib);
	if (v.f_files && v.f_favail < 10000)
		found(c, WARN, path, "%llu inodes free",
		    (unsigned long long)v.f_favail);
}
