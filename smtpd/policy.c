/* policy - whether this server takes mail for an address from this client. */
#include "mail/target.h"
#include "run/site.h"
#include "smtpd/config.h"
#include "smtpd/policy.h"
#include "sys/log.h"

enum {
	LISTS = 10,			/* depth of aliases */
	LOOKS = 1000,			/* addresses that are looked at */
	NOT = 2
};

struct list {				/* the targets of an alias */
	char of[ADDRESS_MAX + 1];
	struct span rest;
};

static int  named(const struct smtpd_conf *, const char *, struct span);
static int  leads_to(struct directory *, struct span, const char *);
static int  look(struct directory *, struct span, int, const char *,
    struct list *);
static int  target_address(const struct target *, const char *,
    char [ADDRESS_MAX + 1]);
static void open_tables(struct policy *, struct role_env *);
static struct verdict no_tables(void);

struct verdict
policy_rcpt(struct policy *p, struct role_env *env, const struct facts *facts,
    const struct address *a)
{
	char key[ADDRESS_MAX + 1];
	struct recipient r;

	if (p->state == POLICY_NEW)
		open_tables(p, env);
	address_normal(a, key);
	if (p->state == POLICY_BROKEN ||
	    directory_lookup(&p->directory, span_of(key), &r) < 0)
		return no_tables();
	switch (r.kind) {
	case RECIPIENT_MAILBOX:
	case RECIPIENT_ALIAS:
	case RECIPIENT_RELAY:
	case RECIPIENT_REWRITTEN:
		break;
	case RECIPIENT_FOREIGN:
		if (facts->class == CLASS_NET || facts->class == CLASS_USER)
			break;
		return verdict_make(550, "5.7.1",
		    "relay for strangers (RFC 5321 7.1: our domains only)");
	case RECIPIENT_NONE:
		return verdict_make(550, "5.1.1",
		    "no such recipient here (RFC 5321 3.3)");
	}
	return verdict_make(250, "2.1.5", "recipient ok");
}

int
policy_owns(struct policy *p, struct role_env *env, const char *user,
    struct span address)
{
	if (p->state == POLICY_NEW)
		open_tables(p, env);
	if (named(env->conf, user, address))
		return 1;
	return p->state == POLICY_BROKEN ? -1 :
	    leads_to(&p->directory, address, user);
}

/* KEY=ADDRESS or KEY=@DOMAIN */
static int
named(const struct smtpd_conf *conf, const char *user, struct span address)
{
	struct span word, key, local, domain;
	size_t i;

	address_split(address, &local, &domain);
	for (i = 0; i < conf->senders.n; i++) {
		word = span_of(conf->senders.word[i]);
		if (span_cut(&word, '=', &key) &&
		    span_case_eq(key, span_of(user)) &&
		    (span_case_eq(word, address) ||
		    (word.n > 1 && word.p[0] == '@' &&
		    span_case_eq(span_from(word, 1), domain))))
			return 1;
	}
	return 0;
}

/*
 * Aliases of aliases are a tree, walked without recursion: a row of lists that
 * stand in the table's map, each with the address it is of.
 */
static int
leads_to(struct directory *d, struct span address, const char *user)
{
	static struct list list[LISTS];
	struct target t;
	char to[ADDRESS_MAX + 1];
	const char *why;
	int n, r, looks = 0;

	r = look(d, address, 0, user, list);
	for (n = r == 0; r == 0 && n > 0; ) {
		if (target_next(&list[n - 1].rest, &t, &why) <= 0) {
			n--;
			continue;
		}
		if (n == LISTS || looks++ == LOOKS)
			return 0;
		if (target_address(&t, list[n - 1].of, to) < 0)
			continue;
		r = look(d, span_of(to), t.kind == TARGET_BACKSLASH ||
		    strcmp(to, list[n - 1].of) == 0, user, &list[n]);
		n += r == 0;
		r = r == NOT ? 0 : r;
	}
	return r == NOT ? 0 : r;
}

/* 1: it is the user; 0: an alias, *l is its list; NOT: neither; -1. */
static int
look(struct directory *d, struct span address, int no_alias,
    const char *user, struct list *l)
{
	struct recipient r;

	if ((no_alias ? directory_lookup_user(d, address, &r) :
	    directory_lookup(d, address, &r)) < 0)
		return -1;
	if (r.kind == RECIPIENT_MAILBOX && strcmp(r.key, user) == 0)
		return 1;
	if (r.kind != RECIPIENT_ALIAS ||
	    span_str(address, l->of, sizeof l->of) < 0)
		return NOT;
	l->rest = r.targets;
	return 0;
}

/* A name without a domain is of the alias's own.  0, or -1: no address. */
static int
target_address(const struct target *t, const char *alias,
    char out[ADDRESS_MAX + 1])
{
	struct buf text = { .max = 2 * ADDRESS_MAX };
	struct span local, domain;
	struct address a;
	const char *why;
	int r = -1;

	if (t->kind != TARGET_PATH && t->kind != TARGET_PROGRAM &&
	    target_text(t, &text) == 0) {
		if (span_find(buf_span(&text), '@') == text.n) {
			address_split(span_of(alias), &local, &domain);
			buf_addc(&text, '@');
			buf_addspan(&text, domain);
		}
		if (buf_ok(&text) &&
		    (r = address_mailbox(buf_span(&text), &a, &why)) == 0)
			address_normal(&a, out);
	}
	buf_free(&text);
	return r;
}

/* Once: what could not be opened is not to be taken for empty tables. */
static void
open_tables(struct policy *p, struct role_env *env)
{
	int i;

	p->state = directory_open(&p->directory, env->table) < 0 ?
	    POLICY_BROKEN : POLICY_OPEN;
	for (i = 0; i < TABLE_COUNT; i++)
		env->table[i] = -1;
	p->directory.hostname = env->site->hostname;
	p->directory.domains = site_domains(env->site);
	p->directory.delimiter = env->site->delimiter[0];
}

static struct verdict
no_tables(void)
{
	log_warn("tables", "an address table is damaged; see correo tables");
	return verdict_make(451, "4.3.5",
	    "our address tables cannot be read now");
}
