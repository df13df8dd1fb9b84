/* policy - whether this server takes mail for an address from this client. */
#include "run/site.h"
#include "smtpd/policy.h"
#include "sys/log.h"

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
