/* check_tables - what the tables say, and whether it leads anywhere. */
#include <sys/stat.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "admin/check_dns.h"
#include "admin/check_tables.h"
#include "admin/config.h"
#include "admin/dangling.h"
#include "admin/tables.h"
#include "mail/address.h"
#include "mail/idna.h"
#include "run/mechanisms.h"

static void check_age(struct check *, const struct tables *, int);
static void check_lists(struct check *, const struct tables *);
static void check_scram(struct check *, const struct tables *);
static int  offers_scram(const struct check *, const struct conf_key *);
static void check_relay(struct check *, const struct tables *);
static void check_homes(struct check *, const struct tables *);
static void home_gone(struct check *, struct span, const struct mailbox *,
    const char *);
static void check_targets(struct check *, const struct tables *);
static void check_routes(struct check *, const struct tables *);
static void check_postmaster(struct check *, const struct tables *);
static void check_names(struct check *, const struct tables *);
static int  check_domain(struct check *, struct check_dns *, struct span);

static const struct conf_key offers[] = {
	MECHANISMS_KEY("smtpd", 0), MECHANISMS_KEY("pop3d", 0),
	MECHANISMS_KEY("imapd", 0)
};

void
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
		check_lists(c, &t);
		check_scram(c, &t);
		check_relay(c, &t);
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
		found(c, OK, tables_name(table), "%zu entries",
		    t->set[table].n);
}

/* Nobody reads a list again but `correo tables`. */
static void
check_lists(struct check *c, const struct tables *t)
{
	struct span in = buf_span(&t->lists), path;
	struct stat list, cdb;
	char name[PATH_MAX];

	if (fstatat(t->dir, "aliases.cdb", &cdb, 0) < 0)
		return;
	while (span_cut(&in, '\n', &path))
		if (span_str(path, name, sizeof name) == 0 &&
		    stat(name, &list) == 0 &&
		    cdb.st_mtim.tv_sec < list.st_mtim.tv_sec)
			found(c, WARN, "aliases", "the list %s is newer than "
			    "aliases.cdb: correo tables", name);
}

/* A client that knows SCRAM takes it, and does not come in. */
static void
check_scram(struct check *c, const struct tables *t)
{
	const struct tables_set *s = &t->set[SOURCE_PASSWORDS];
	char key[SOURCE_KEY + 8];
	struct span first = { 0 };
	size_t i, n = 0;

	for (i = 0; i < s->n; i++) {
		if (span_find(tables_key(s, i), ' ') < tables_key(s, i).n)
			continue;
		snprintf(key, sizeof key, "%.*s scram",
		    SPAN_ARG(tables_key(s, i)));
		if (tables_find(s, span_of(key)) == NULL && n++ == 0)
			first = tables_key(s, i);
	}
	for (i = 0; n && i < sizeof offers / sizeof *offers; i++)
		if (offers_scram(c, &offers[i]))
			found(c, WARN, offers[i].name, "offers SCRAM, and %zu "
			    "users (%.*s) have a password without its keys: "
			    "correo user password, or leave it PLAIN LOGIN",
			    n, SPAN_ARG(first));
}

static int
offers_scram(const struct check *c, const struct conf_key *key)
{
	const struct conf_key keys[] = { *key,
	    { NULL, 0, 0, NULL, 0, 0, NULL } };
	struct conf_words w;

	return config_some(c->config, keys, &w) == 0 &&
	    (mechanisms_find(&w, 1, SPAN("SCRAM-SHA-256")) ||
	    mechanisms_find(&w, 1, SPAN("SCRAM-SHA-256-PLUS")));
}

/* Of a domain that is no relay domain nobody asks. */
static void
check_relay(struct check *c, const struct tables *t)
{
	const struct tables_set *s = &t->set[TABLE_RELAY];
	const struct tables_set *domains = &t->set[TABLE_DOMAINS];
	const struct tables_entry *e;
	struct span key, local;
	size_t i;

	for (i = 0; i < s->n; i++) {
		key = tables_key(s, i);
		if (!span_starts(key, SPAN("rcpt ")))
			continue;
		address_split(span_from(key, 5), &local, &key);
		e = tables_find(domains, key);
		if (e == NULL || !span_eq(tables_value(domains, (size_t)(e -
		    domains->entry)), SPAN("relay")))
			found(c, WARN, "relay", "rcpt %.*s %.*s: %.*s is no "
			    "relay domain: correo domain add", SPAN_ARG(key),
			    SPAN_ARG(local), SPAN_ARG(key));
	}
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
			home_gone(c, tables_key(s, i), &m, strerror(errno));
		else if (st.st_uid != m.uid)
			found(c, WARN, "users", "%.*s: %s belongs to uid %u, "
			    "and not to %u", SPAN_ARG(tables_key(s, i)), m.home,
			    (unsigned)st.st_uid, (unsigned)m.uid);
}

/* The home of a user of the machine may well be meant to be none. */
static void
home_gone(struct check *c, struct span user, const struct mailbox *m,
    const char *why)
{
	char cure[sizeof m->home + 64] = "";

	if (!m->system)
		snprintf(cure, sizeof cure, ": install -d -m 700 -o %u -g %u "
		    "%s", m->uid, m->gid, m->home);
	found(c, FAIL, "users", "%.*s: %s: %s; its mail waits%s",
	    SPAN_ARG(user), m->home, why, cure);
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
		found(c, WARN, "resolver", "%s does not answer: no mail can be "
		    "sent to other servers", *c->site->resolver ?
		    c->site->resolver : "that of /etc/resolv.conf");
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
