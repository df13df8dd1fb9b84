/* policy - whether this server takes mail for an address from this client. */
#include "run/site.h"
#include "smtpd/config.h"
#include "smtpd/policy.h"
#include "store/alias.h"
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
static int  target_address(struct span, int *, char [ADDRESS_MAX + 1]);
static void open_tables(struct policy *, struct role_env *);
static struct verdict no_tables(void);

struct verdict
policy_rcpt(struct policy *p, struct role_env *env, const struct facts *facts,
    const struct address *a, int *rewritten)
{
	char key[ADDRESS_MAX + 1];
	struct recipient r;

	*rewritten = 0;
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
		break;
	case RECIPIENT_REWRITTEN:
		*rewritten = 1;
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
	struct buf target = { .max = 2 * ADDRESS_MAX };
	struct list *l;
	char to[ADDRESS_MAX + 1];
	const char *why;
	int n, r, no_alias, looks = 0;

	r = look(d, address, 0, user, list);
	for (n = r == 0; r == 0 && n > 0 && looks < LOOKS; looks++) {
		l = &list[n - 1];
		if (alias_target(d, span_of(l->of), &l->rest, &target, &why) !=
		    1) {
			n--;
			continue;
		}
		if (n == LISTS)
			break;
		if (target_address(buf_span(&target), &no_alias, to) < 0)
			continue;
		r = look(d, span_of(to), no_alias || strcmp(to, l->of) == 0,
		    user, &list[n]);
		n += r == 0;
		r = r == NOT ? 0 : r;
	}
	buf_free(&target);
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

/* What an alias leads to: "\address" where aliases end.  0, or -1. */
static int
target_address(struct span s, int *no_alias, char out[ADDRESS_MAX + 1])
{
	struct address a;
	const char *why;

	*no_alias = span_starts(s, SPAN("\\"));
	if (address_mailbox(span_from(s, *no_alias != 0), &a, &why) < 0)
		return -1;
	address_normal(&a, out);
	return 0;
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
	log_warn("tables", "an address table cannot be read; the cure: "
	    "correo tables");
	return verdict_make(451, "4.3.5",
	    "our address tables cannot be read now");
}
