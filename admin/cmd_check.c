/*
 * cmd_check - is all in place?  Each finding is one line, with its cure.
 *
 * "fail" is what stops mail or loosens rights, "warn" what an operator should
 * look at, "ok" the rest; exit status 1 when anything failed.
 */
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/time.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "admin/check_dns.h"
#include "admin/commands.h"
#include "admin/dangling.h"
#include "admin/message.h"
#include "admin/programs.h"
#include "admin/say.h"
#include "admin/tables.h"
#include "base/encode.h"
#include "base/json.h"
#include "mail/idna.h"
#include "sys/net.h"
#include "sys/passwd.h"

enum level { OK, WARN, FAIL };

struct check {
	const struct site *site;
	const struct args *a;
	const char *config;
	int root;
	int failed;
};

struct place {				/* DESIGN 3 */
	size_t base;			/* which path of struct site */
	const char *path;		/* below it */
	const char *owner, *group;	/* "root", or of user_prefix: "-queue" */
	mode_t mode;
};

struct ports {
	struct conf_words smtp, submission, smtps, pop3, pop3s, imap, imaps;
	const char *greet;
};

static void found(struct check *, enum level, const char *what,
    const char *fmt, ...) __attribute__((format(printf, 4, 5)));
static void check_programs(struct check *);
static void check_users(struct check *);
static void check_places(struct check *);
static void check_place(struct check *, const struct place *);
static void name_of(const struct check *, const char *, char *, size_t);
static void check_sendmail(struct check *);
static void check_keys(struct check *);
static void check_tables(struct check *);
static void check_age(struct check *, const struct tables *, int);
static void check_homes(struct check *, const struct tables *);
static void check_targets(struct check *, const struct tables *);
static void check_routes(struct check *, const struct tables *);
static void check_postmaster(struct check *, const struct tables *);
static void check_names(struct check *, const struct tables *);
static int  check_domain(struct check *, struct check_dns *, struct span);
static void found_lines(struct check *, const char *, struct buf *);
static void check_queue(struct check *);
static void check_space(struct check *, const char *);
static void check_ports(struct check *);
static void check_port(struct check *, const char *, const char *);
static void check_greeting(struct check *, const char *, const char *, int);

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

#define AT(field) offsetof(struct ports, field)

/* The defaults of smtpd; of readers, whom not each host has, what is named. */
static const struct conf_key port_keys[] = {
	{ "smtpd.listen", CONF_LISTEN, AT(smtp), "0.0.0.0:25 [::]:25", 0, 0,
	    "" },
	{ "smtpd.submission.listen", CONF_LISTEN, AT(submission), "", 0, 0,
	    "" },
	{ "smtpd.smtps.listen", CONF_LISTEN, AT(smtps), "", 0, 0, "" },
	{ "pop3d.listen", CONF_LISTEN, AT(pop3), "0.0.0.0:110 [::]:110", 0, 0,
	    "" },
	{ "pop3d.pop3s.listen", CONF_LISTEN, AT(pop3s), "", 0, 0, "" },
	{ "imapd.listen", CONF_LISTEN, AT(imap), "0.0.0.0:143 [::]:143", 0, 0,
	    "" },
	{ "imapd.imaps.listen", CONF_LISTEN, AT(imaps), "", 0, 0, "" },
	{ "smtpd.greet", CONF_TEXT, AT(greet), "", 0, 0, "" },
	{ NULL, 0, 0, NULL, 0, 0, NULL }
};

int
cmd_check(const struct site *site, const struct args *a)
{
	struct check c = { .site = site, .a = a, .root = geteuid() == 0,
	    .config = a->config ? a->config : site_conf };

	check_programs(&c);
	if (c.root) {
		check_users(&c);
		check_places(&c);
		check_sendmail(&c);
	} else
		found(&c, WARN, "rights", "an ordinary user's instance: all "
		    "processes have one uid, and owners are not looked at");
	check_keys(&c);
	check_tables(&c);
	check_queue(&c);
	check_space(&c, site->state_dir);
	check_space(&c, site->mail_dir);
	check_ports(&c);
	return c.failed ? SAY_FOUND : SAY_OK;
}

static void
found(struct check *c, enum level level, const char *what, const char *fmt,
    ...)
{
	static const char *const name[] = { "ok", "warn", "fail" };
	struct buf b = { .max = 8192 };
	char words[2048];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(words, sizeof words, fmt, ap);
	va_end(ap);
	c->failed |= level == FAIL;
	if (c->a->json) {
		json_open(&b);
		json_str(&b, "level", name[level]);
		json_str(&b, "what", what);
		json_str(&b, "finding", words);
		json_close(&b);
	} else
		buf_addf(&b, "%s %s: %s\n", name[level], what, words);
	(void)say_out(&b);
	buf_free(&b);
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

static void
check_tables(struct check *c)
{
	struct tables t;
	struct span in, line;
	int i;

	if (tables_open(&t, c->site, 0) < 0)
		found(c, FAIL, "tables", "cannot be read");
	else if (tables_check(&t) < 0) {
		in = buf_span(&t.errors);
		while (span_cut(&in, '\n', &line))
			found(c, FAIL, "tables", "%.*s", SPAN_ARG(line));
	} else {
		for (i = 0; i < SOURCE_COUNT; i++)
			check_age(c, &t, i);
		check_homes(c, &t);
		check_targets(c, &t);
		check_routes(c, &t);
		check_postmaster(c, &t);
		check_names(c, &t);
	}
	tables_close(&t);
}

/* A text that is newer than what was compiled of it. */
static void
check_age(struct check *c, const struct tables *t, int table)
{
	struct stat text, cdb;
	char name[32];
	int dir = tables_dir(t, table);

	snprintf(name, sizeof name, "%s.cdb", tables_name(table));
	if (!t->there[table] || fstatat(dir, tables_name(table), &text, 0) < 0)
		return;
	if (fstatat(dir, name, &cdb, 0) < 0 ||
	    cdb.st_mtim.tv_sec < text.st_mtim.tv_sec)
		found(c, FAIL, tables_name(table), "the text is newer than "
		    "%s: correo tables", name);
	else
		found(c, OK, tables_name(table), "%zu entries", t->set[table].n);
}

/* Without its home a mailbox can have no mail, nor with another's. */
static void
check_homes(struct check *c, const struct tables *t)
{
	const struct tables_set *s = &t->set[TABLE_USERS];
	struct mailbox m;
	struct stat st;
	const char *why;
	size_t i;

	for (i = 0; i < s->n; i++)
		if (mailbox_parse(tables_value(s, i), &m, &why) < 0)
			continue;
		else if (stat(m.home, &st) < 0)
			found(c, FAIL, "users", "%.*s: %s: %s; its mail waits",
			    SPAN_ARG(tables_key(s, i)), m.home,
			    strerror(errno));
		else if (st.st_uid != m.uid)
			found(c, WARN, "users", "%.*s: %s belongs to uid %u, "
			    "and not to %u", SPAN_ARG(tables_key(s, i)), m.home,
			    (unsigned)st.st_uid, (unsigned)m.uid);
}

static void
check_targets(struct check *c, const struct tables *t)
{
	struct buf lines = { .max = 1 << 20 };

	if (dangling_find(t, (struct span){ 0 }, &lines) < 0)
		found(c, FAIL, "tables", "a compiled table is damaged: correo "
		    "tables");
	found_lines(c, "aliases", &lines);
}

static void
check_routes(struct check *c, const struct tables *t)
{
	struct buf lines = { .max = 1 << 20 };

	dangling_routes(t, &lines);
	found_lines(c, "routes", &lines);
}

/* Takes them. */
static void
found_lines(struct check *c, const char *what, struct buf *lines)
{
	struct span in, line;

	for (in = buf_span(lines); span_cut(&in, '\n', &line);)
		found(c, WARN, what, "%.*s", SPAN_ARG(line));
	buf_free(lines);
}

static void
check_postmaster(struct check *c, const struct tables *t)
{
	static const char *const name[] = { "postmaster", "root" };
	size_t i;
	int unread;

	for (i = 0; i < 2; i++)
		if ((unread = dangling_unread(t, name[i])) == 2)
			found(c, FAIL, name[i], "nobody gets its mail: its "
			    "aliases come back to it");
		else if (unread)
			found(c, WARN, name[i], "nobody reads its mail, which "
			    "goes to %s/postmaster: correo alias add %s "
			    "ADDRESS", c->site->state_dir, name[i]);
		else
			found(c, OK, name[i], "its mail has a reader");
}

/* What DNS says of our names; it may know another truth than the world's, so
 * that nothing of it is a failure. */
static void
check_names(struct check *c, const struct tables *t)
{
	const char *host = c->site->hostname;
	const struct tables_set *s = &t->set[TABLE_DOMAINS];
	struct check_dns d;
	size_t i;
	int r = -1;

	if (check_dns_open(&d, c->site->resolver) == 0)
		r = check_dns_host(&d, host);
	if (r > 0)
		found(c, OK, host, "has an address in DNS");
	else if (r == 0)
		found(c, WARN, host, "has no address in DNS: other servers "
		    "will distrust its mail");
	for (i = 0; r >= 0 && i < c->site->domains.n; i++)
		if (!tables_find(s, span_of(c->site->domains.word[i])))
			r = check_domain(c, &d,
			    span_of(c->site->domains.word[i]));
	for (i = 0; r >= 0 && i < s->n; i++)
		if (!span_starts(tables_key(s, i), SPAN("[")))
			r = check_domain(c, &d, tables_key(s, i));
	if (r < 0)
		found(c, WARN, "resolver", "does not answer: no mail can be "
		    "sent to other servers");
}

static int
check_domain(struct check *c, struct check_dns *d, struct span domain)
{
	char name[DNS_NAME], host[DNS_NAME];
	int r;

	if (idna_ascii(domain, name, sizeof name) < 0)
		return 0;
	if ((r = check_dns_mail(d, name, host)) == 0)
		found(c, WARN, name, "has no MX record: other servers cannot "
		    "send mail there");
	else if (r > 0)
		found(c, OK, name, "other servers send its mail to %s", host);
	return r;
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

/* What is wrong with other keys the programs have said already. */
static void
check_ports(struct check *c)
{
	const struct conf_key *const table[] = { port_keys };
	static struct ports p;		/* what is read lives until exit */
	void *const out[] = { &p };
	const struct conf_words *all[] = { &p.smtp, &p.submission, &p.pop3,
	    &p.imap, &p.smtps, &p.pop3s, &p.imaps };
	const char *says[] = { c->site->hostname, c->site->hostname,
	    c->site->hostname, "IMAP4 ready", NULL, NULL, NULL };
	struct buf errors = { .max = 1 << 20 };
	size_t i, k;
	int fd = open(c->config, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return;
	(void)conf_read(fd, c->config, table, 1, out, &errors);
	close(fd);
	buf_free(&errors);
	if (p.greet && *p.greet)
		says[0] = says[1] = p.greet;
	for (i = 0; i < sizeof all / sizeof *all; i++)
		for (k = 0; k < all[i]->n; k++)
			check_port(c, all[i]->word[k], says[i]);
}

/* says: of what our greeting has a part; NULL: with TLS, it is not looked at. */
static void
check_port(struct check *c, const char *word, const char *says)
{
	struct sockaddr_storage ss;
	socklen_t size;
	struct ip ip;
	unsigned port;
	int fd, on = 1;

	if (conf_address(span_of(word), &ip, &port) < 0)
		return;
	fd = net_connect(&ip, port, 5);
	if (fd >= 0) {
		if (says)
			check_greeting(c, word, says, fd);
		else
			found(c, OK, word, "answers");
		close(fd);
		return;
	}
	fd = socket(ip_is_v4(&ip) ? AF_INET : AF_INET6, SOCK_STREAM |
	    SOCK_CLOEXEC, 0);
	size = net_sockaddr(&ip, port, &ss);
	/* as the listener does: connections of before take nothing */
	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on,
	    sizeof on) < 0 || bind(fd, (struct sockaddr *)&ss, size) < 0)
		found(c, FAIL, word, "nobody answers, and it cannot be taken: "
		    "%s", strerror(errno));
	else
		found(c, WARN, word, "nobody answers; it is free");
	if (fd >= 0)
		close(fd);
}

static void
check_greeting(struct check *c, const char *word, const char *says, int fd)
{
	const struct timeval wait = { .tv_sec = 10 };
	struct buf greeting = { .max = 4096 };
	struct span in;
	char reply[512];
	ssize_t n;

	(void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait);
	n = recv(fd, reply, sizeof reply, 0);
	in = span_trim(span_mem(reply, n > 0 ? (size_t)n : 0));
	encode_log(&greeting, in, 1);
	if (in.n == 0)
		found(c, FAIL, word, "takes the connection and says nothing");
	else if (span_search(in, span_of(says)) == in.n)
		found(c, FAIL, word, "another server answers: %.*s",
		    SPAN_ARG(buf_span(&greeting)));
	else
		found(c, OK, word, "answers");
	buf_free(&greeting);
}
