/* dangling - mail that reaches nobody, though the tables are right. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "admin/dangling.h"
#include "admin/say.h"
#include "store/alias.h"
#include "sys/file.h"
#include "wire/hop.h"

static int open_all(const struct tables *, struct directory *);
static void look_at(struct directory *, struct span, struct span,
    struct buf *);
static int leads_somewhere(struct directory *, struct span);
static void look_at_route(const struct tables_set *, size_t,
    const struct buf *, struct buf *);

int
dangling_find(const struct tables *t, struct span key, struct buf *lines)
{
	const struct tables_set *s = &t->set[TABLE_ALIASES];
	struct directory d;
	size_t i;

	if (open_all(t, &d) < 0)
		return -1;
	for (i = 0; i < s->n; i++)
		if (!key.p || span_eq(tables_key(s, i), key))
			look_at(&d, tables_key(s, i), tables_value(s, i),
			    lines);
	directory_close(&d);
	return 0;
}

void
dangling_say(const struct tables *t, struct span key)
{
	struct buf lines = { .max = 1 << 20 };

	(void)dangling_find(t, key, &lines);
	say_lines(&lines);
	buf_free(&lines);
}

int
dangling_unread(const struct tables *t, const char *name)
{
	const struct tables_entry *e = tables_find(&t->set[TABLE_USERS],
	    SPAN("postmaster"));
	struct directory d;
	struct recipient r;
	int bad;

	if (open_all(t, &d) < 0)
		return -1;
	bad = directory_lookup(&d, span_of(name), &r);
	directory_close(&d);
	return bad < 0 ? -1 : r.kind == RECIPIENT_MAILBOX &&
	    span_eq(span_of(r.key), SPAN("postmaster")) && e && e->nr == 0;
}

void
dangling_logins(const struct tables *t, struct buf *lines)
{
	static const char *const name[] = { "relay-passwords", "relay-tokens" };
	struct buf secrets[2] = { { .max = 1 << 16 }, { .max = 1 << 20 } };
	size_t i;
	int unread = t->secrets < 0;

	for (i = 0; i < 2 && !unread; i++)
		unread = file_read_at(t->secrets, name[i], &secrets[i]) < 0 &&
		    errno != ENOENT;
	for (i = 0; i < t->set[TABLE_ROUTES].n && !unread; i++)
		look_at_route(&t->set[TABLE_ROUTES], i, secrets, lines);
	for (i = 0; i < 2; i++) {
		if (secrets[i].p)
			explicit_bzero(secrets[i].p, secrets[i].n);
		buf_free(&secrets[i]);
	}
}

static int
open_all(const struct tables *t, struct directory *d)
{
	char name[32];
	int i, fd[TABLE_COUNT];

	*d = (struct directory){ .hostname = t->site->hostname,
	    .domains = site_domains(t->site),
	    .delimiter = t->site->delimiter[0] };
	for (i = 0; i < TABLE_COUNT; i++) {
		snprintf(name, sizeof name, "%s.cdb", directory_name[i]);
		fd[i] = openat(t->dir, name, O_RDONLY | O_CLOEXEC);
	}
	return directory_open(d, fd);
}

static void
look_at(struct directory *d, struct span key, struct span value,
    struct buf *lines)
{
	struct buf target = { .max = 2 * ADDRESS_MAX };
	const char *why;

	while (alias_target(d, key, &value, &target, &why) == 1)
		if (!leads_somewhere(d, buf_span(&target))) {
			buf_addspan(lines, key);
			buf_adds(lines, " -> ");
			buf_addspan(lines, buf_span(&target));
			buf_adds(lines, ": no such recipient\n");
		}
	buf_free(&target);
}

static int
leads_somewhere(struct directory *d, struct span to)
{
	int no_alias = span_starts(to, SPAN("\\"));
	char normal[ADDRESS_MAX + 1];
	struct recipient r;
	const char *why;

	return source_address(span_from(to, no_alias != 0), normal, &why) == 0 &&
	    (no_alias ? directory_lookup_user(d, span_of(normal), &r) :
	    directory_lookup(d, span_of(normal), &r)) == 0 &&
	    r.kind != RECIPIENT_NONE;
}

static void
look_at_route(const struct tables_set *s, size_t i, const struct buf *secrets,
    struct buf *lines)
{
	struct span user, secret;
	struct hop hop;
	const char *why;

	if (hop_parse(tables_value(s, i), &hop, &why) < 0 || !hop.login.n ||
	    hop_secret(buf_span(&secrets[0]), hop.login, &user, &secret) ||
	    hop_secret(buf_span(&secrets[1]), hop.login, &user, &secret))
		return;
	buf_addspan(lines, tables_key(s, i));
	buf_addf(lines, ": login=%.*s has no line in secrets/relay-passwords, "
	    "and its mail waits\n", SPAN_ARG(hop.login));
}
