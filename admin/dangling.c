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

enum {
	ALIASES = 10,			/* one behind the other: queued(8) */
	LOOKS = 1000			/* at targets of one alias */
};

static int open_all(const struct tables *, struct directory *);
static void look_at(struct directory *, struct span, struct span,
    struct buf *);
static void look_at_copy(struct directory *, struct span, struct buf *);
static int normal(struct span, const char *, int *, char [ADDRESS_MAX + 1]);
static int leads_somewhere(struct directory *, struct span, const char *);
static int is_endless(struct directory *, const char *, struct span);
static void look_at_domain(struct directory *, struct span, struct buf *);
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
	for (i = 0; !key.p && i < t->site->always_bcc.n; i++)
		look_at_copy(&d, span_of(t->site->always_bcc.word[i]), lines);
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
	int got;

	if (open_all(t, &d) < 0)
		return -1;
	got = directory_lookup(&d, span_of(name), &r);
	if (got == 0)
		got = r.kind == RECIPIENT_ALIAS ?
		    2 * is_endless(&d, name, r.targets) :
		    r.kind == RECIPIENT_MAILBOX &&
		    span_eq(span_of(r.key), SPAN("postmaster")) && e &&
		    e->nr == 0;
	directory_close(&d);
	return got;
}

void
dangling_routes(const struct tables *t, struct buf *lines)
{
	static const char *const name[] = { "relay-passwords", "relay-tokens" };
	struct buf secrets[2] = { { .max = 1 << 16 }, { .max = 1 << 20 } };
	const struct tables_set *s = &t->set[TABLE_ROUTES];
	struct directory d;
	size_t i;
	int unread = t->secrets < 0;

	if (open_all(t, &d) == 0) {
		for (i = 0; i < s->n; i++)
			look_at_domain(&d, tables_key(s, i), lines);
		directory_close(&d);
	}

	for (i = 0; i < 2 && !unread; i++)
		unread = file_read_at(t->secrets, name[i], &secrets[i]) < 0 &&
		    errno != ENOENT;
	for (i = 0; i < s->n && !unread; i++)
		look_at_route(s, i, secrets, lines);
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
	struct span all = value;
	char of[2 * ADDRESS_MAX];
	const char *why;
	int bare = span_find(key, '@') == key.n;

	snprintf(of, sizeof of, "%.*s%s%s", SPAN_ARG(key), bare ? "@" : "",
	    bare ? d->hostname : "");		/* as alias_target has it */
	while (alias_target(d, key, &value, &target, &why) == 1)
		if (!leads_somewhere(d, buf_span(&target), of)) {
			buf_addspan(lines, key);
			buf_adds(lines, " -> ");
			buf_addspan(lines, buf_span(&target));
			buf_adds(lines, ": no such recipient\n");
		}
	if (is_endless(d, of, all)) {
		buf_addspan(lines, key);
		buf_addf(lines, ": comes back to itself, or passes more than "
		    "%d aliases\n", ALIASES);
	}
	buf_free(&target);
}

/* Nobody hears of a copy that fails.  [ domain "=" ] address */
static void
look_at_copy(struct directory *d, struct span word, struct buf *lines)
{
	size_t at = span_find(word, '=');

	if (at < word.n)
		word = span_from(word, at + 1);
	if (leads_somewhere(d, word, ""))
		return;
	buf_adds(lines, "always_bcc -> ");
	buf_addspan(lines, word);
	buf_adds(lines, ": no such recipient\n");
}

/* A target of the alias `of`, as the tables know it; *user: aliases end. */
static int
normal(struct span to, const char *of, int *user, char out[ADDRESS_MAX + 1])
{
	const char *why;

	*user = span_starts(to, SPAN("\\"));
	if (source_address(span_from(to, *user != 0), out, &why) < 0)
		return -1;
	*user |= strcmp(out, of) == 0;
	return 0;
}

static int
leads_somewhere(struct directory *d, struct span to, const char *of)
{
	char address[ADDRESS_MAX + 1];
	struct recipient r;
	int user;

	return normal(to, of, &user, address) == 0 &&
	    (user ? directory_lookup_user(d, span_of(address), &r) :
	    directory_lookup(d, span_of(address), &r)) == 0 &&
	    r.kind != RECIPIENT_NONE;
}

/* Aliases of aliases are a tree, walked without recursion: depth first, so
 * that a ring shows at once. */
static int
is_endless(struct directory *d, const char *of, struct span targets)
{
	struct {
		char of[ADDRESS_MAX + 1];
		struct span rest;
	} list[ALIASES + 1], *l;
	struct buf target = { .max = 2 * ADDRESS_MAX };
	struct recipient r;
	const char *why;
	int user, looks, n = 1;

	list->rest = targets;
	snprintf(list->of, sizeof list->of, "%s", of);
	for (looks = 0; n > 0 && n <= ALIASES && looks < LOOKS; looks++) {
		l = &list[n - 1];
		if (alias_target(d, span_of(l->of), &l->rest, &target, &why) !=
		    1)
			n--;
		else if (normal(buf_span(&target), l->of, &user,
		    l[1].of) == 0 && !user &&
		    directory_lookup(d, span_of(l[1].of), &r) == 0 &&
		    r.kind == RECIPIENT_ALIAS)
			list[n++].rest = r.targets;
	}
	buf_free(&target);
	return n > ALIASES;
}

/* A transport of Postfix holds for its own domains too. */
static void
look_at_domain(struct directory *d, struct span domain, struct buf *lines)
{
	enum domain_class class;
	struct span other;

	if (directory_domain(d, domain, &class, &other) == 0 &&
	    (class == DOMAIN_LOCAL || class == DOMAIN_ALIAS)) {
		buf_addspan(lines, domain);
		buf_adds(lines, ": a domain of ours: its mail is delivered "
		    "here, and goes by no route (correo domain set DOMAIN "
		    "relay)\n");
	}
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
