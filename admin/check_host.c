/* check_host - users, directories and files, their owners and modes. */
#include <sys/stat.h>
#include <errno.h>
#include <grp.h>
#include <limits.h>
#include <pwd.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "admin/check_host.h"
#include "admin/programs.h"
#include "sys/passwd.h"

struct place {				/* DESIGN 3 */
	size_t base;			/* which path of struct site */
	const char *path;		/* below it */
	const char *owner, *group;	/* "root", or behind user_prefix */
	mode_t mode;
};

static void check_users(struct check *);
static void check_places(struct check *);
static void check_place(struct check *, const struct place *);
static void check_way(struct check *, const char *);
static void name_of(const struct check *, const char *, char *, size_t);
static void check_sendmail(struct check *);
static void check_keys(struct check *);

#define BASE(field) offsetof(struct site, field)

static const struct place place[] = {
	{ BASE(state_dir), "/queue", "-queue", "-ops", 0750 },
	{ BASE(state_dir), "/queue/tmp", "-queue", "-ops", 0750 },
	{ BASE(state_dir), "/queue/new", "-queue", "-ops", 0750 },
	{ BASE(state_dir), "/queue/cur", "-queue", "-ops", 0750 },
	{ BASE(state_dir), "/queue/hold", "-queue", "-ops", 0750 },
	{ BASE(state_dir), "/queue/bad", "-queue", "-ops", 0750 },
	{ BASE(state_dir), "/queue/state", "-queue", "-ops", 0750 },
	{ BASE(state_dir), "/drop", "-queue", "-drop", 0710 },
	{ BASE(state_dir), "/drop/tmp", "-queue", "-drop", 01770 },
	{ BASE(state_dir), "/drop/new", "-queue", "-drop", 01770 },
	{ BASE(state_dir), "/drop/trigger", "-queue", "-drop", 0620 },
	{ BASE(state_dir), "/auth", "-auth", "-auth", 0700 },
	{ BASE(state_dir), "/sts", "-sts", "-ops", 0750 },
	{ BASE(state_dir), "/sts/policy", "-sts", "-ops", 0750 },
	{ BASE(state_dir), "/sts/failed", "-sts", "-ops", 0750 },
	{ BASE(state_dir), "/sts/count", "-sts", "-ops", 0750 },
	{ BASE(tables_dir), "", "root", "root", 0755 },
	{ BASE(secrets_dir), "", "root", "root", 0711 },
	{ BASE(secrets_dir), "/passwords", "root", "root", 0600 },
	{ BASE(secrets_dir), "/passwords.cdb", "root", "-auth", 0640 },
	{ BASE(secrets_dir), "/relay-passwords", "root", "-queue", 0640 },
	{ BASE(secrets_dir), "/relay-tokens", "root", "-queue", 0640 },
	{ BASE(secrets_dir), "/srs", "root", "-queue", 0640 },
	{ BASE(empty_dir), "", "root", "root", 0555 },
	{ BASE(mail_dir), "", "root", "root", 0711 }
};

void
check_host(struct check *c)
{
	if (c->root) {
		check_users(c);
		check_places(c);
		check_sendmail(c);
	} else
		found(c, WARN, "rights", "an ordinary user's instance: all "
		    "processes have one uid, and owners are not looked at");
	check_keys(c);
}

static void
check_users(struct check *c)
{
	static const char *const user[] = { "-listen", "-smtpd", "-queue",
	    "-tls", "-login", "-auth", "-key", "-dns", "-remote",
	    "-sts" };
	static const char *const group[] = { "-drop", "-ops" };
	char name[128];
	uid_t uid;
	gid_t gid;
	size_t i, bad = 0;

	for (i = 0; i < sizeof user / sizeof *user; i++) {
		name_of(c, user[i], name, sizeof name);
		if (passwd_ids(PASSWD_FILE, name, &uid, &gid) < 0) {
			bad++;
			found(c, FAIL, name, "no such user in " PASSWD_FILE
			    "; etc/setup users makes it (INSTALL, Upgrading)");
		} else if (uid == 0) {
			bad++;
			found(c, FAIL, name, "is root; it must have a uid of "
			    "its own");
		}
	}
	for (i = 0; i < sizeof group / sizeof *group; i++) {
		name_of(c, group[i], name, sizeof name);
		if (getgrnam(name) == NULL && ++bad)
			found(c, FAIL, name, "no such group: groupadd "
			    "--system %s", name);
	}
	if (bad == 0)
		found(c, OK, "users", "all service users and groups are "
		    "there");
}

static void
check_places(struct check *c)
{
	int before = c->failed;
	size_t i;

	c->failed = 0;
	for (i = 0; i < sizeof place / sizeof *place; i++)
		check_place(c, &place[i]);
	check_way(c, c->site->state_dir);
	check_way(c, c->site->mail_dir);
	if (!c->failed)
		found(c, OK, "directories", "owners and modes are right");
	c->failed |= before;
}

static void
check_place(struct check *c, const struct place *p)
{
	const char *base;
	char path[1024], owner[128], group[128];
	const struct passwd *pw;
	const struct group *gr;
	struct stat st;

	memcpy(&base, (const char *)c->site + p->base, sizeof base);
	snprintf(path, sizeof path, "%s%s", base, p->path);
	name_of(c, p->owner, owner, sizeof owner);
	name_of(c, p->group, group, sizeof group);
	pw = getpwnam(owner);
	gr = getgrnam(group);
	if (lstat(path, &st) < 0) {
		/* a file of secrets that is not there is not used */
		if (errno != ENOENT || p->base != BASE(secrets_dir) ||
		    *p->path == '\0')
			found(c, FAIL, path, "%s: INSTALL, Directories",
			    strerror(errno));
		return;
	}
	if (pw && gr && (st.st_uid != pw->pw_uid || st.st_gid != gr->gr_gid))
		found(c, FAIL, path, "wrong owner: chown %s:%s %s", owner,
		    group, path);
	if ((st.st_mode & 07777) != p->mode)
		found(c, FAIL, path, "mode %04o: chmod %05o %s",
		    (unsigned)st.st_mode & 07777, (unsigned)p->mode, path);
}

/* The service users, and who a mailbox belongs to, are others there. */
static void
check_way(struct check *c, const char *dir)
{
	char path[PATH_MAX], *end;
	struct stat st;

	if (realpath(dir, path) == NULL)
		return;
	for (end = path + strlen(path); end > path; *end = '\0') {
		if (stat(path, &st) == 0 && !(st.st_mode & S_IXOTH))
			found(c, FAIL, path, "mode %04o, which nobody but its "
			    "owner and group can pass: chmod o+x %s",
			    (unsigned)st.st_mode & 07777, path);
		end = strrchr(path, '/');
	}
}

static void
name_of(const struct check *c, const char *name, char *out, size_t size)
{
	snprintf(out, size, "%s%s", *name == '-' ? c->site->user_prefix : "",
	    name);
}

static void
check_sendmail(struct check *c)
{
	char path[1024], name[128];
	const struct group *gr;
	struct stat st;

	name_of(c, "-drop", name, sizeof name);
	if (programs_find(c->site, "sendmail", path, sizeof path) < 0 ||
	    stat(path, &st) < 0 || (gr = getgrnam(name)) == NULL)
		return;
	if (st.st_gid != gr->gr_gid || (st.st_mode & 07777) != 02755)
		found(c, WARN, path, "users cannot send with it: chgrp %s %s; "
		    "chmod 2755 %s (or set sendmail.via)", name, path, path);
	else
		found(c, OK, path, "has its group");
}

/* Who can read a key can be this server. */
static void
check_keys(struct check *c)
{
	const char *path;
	struct stat st;
	size_t i;

	for (i = 0; i < c->site->tls_key.n; i++) {
		path = c->site->tls_key.word[i];
		if (stat(path, &st) == 0 && st.st_mode & 077)
			found(c, FAIL, path, "mode %04o: chmod 0600 %s",
			    (unsigned)st.st_mode & 07777, path);
	}
}
