/* route - where one recipient goes, by the tables as they are now. */
#include <stdio.h>

#include "mail/srs.h"
#include "queued/route.h"
#include "queued/secrets.h"
#include "sys/clock.h"

static void way_back(struct span, struct route *);
static int  route_of(struct directory *, struct span, struct span,
    struct span *);
static int  nearest(struct table *, const char *, struct span,
    struct span *);
static void mailbox(struct directory *, struct route *);

void
route_find(struct directory *d, enum mail_class class, int by_client, int user,
    struct span address, struct route *out)
{
	char qualified[2 * ADDRESS_MAX];
	struct recipient r;
	struct address a;
	const char *why;
	int bad;

	*out = (struct route){ .kind = ROUTE_REFUSED };
	if (span_find(address, '@') == address.n) {
		/* RFC 5321 4.5.1: <postmaster> has no domain */
		snprintf(qualified, sizeof qualified, "%.*s@%s",
		    (int)(address.n < ADDRESS_LOCAL ? address.n :
		    ADDRESS_LOCAL), (const char *)address.p, d->hostname);
		address = span_of(qualified);
	}
	if (address_mailbox(address, &a, &why) < 0) {
		out->verdict = verdict_make(553, "5.1.3", "%s", why);
		return;
	}
	address_normal(&a, out->normal);
	bad = user ? directory_lookup_user(d, span_of(out->normal), &r) :
	    directory_lookup(d, span_of(out->normal), &r);
	if (bad) {
		out->verdict = verdict_make(451, "4.3.5",
		    "an address table here is damaged: correo tables");
		return;
	}
	switch (r.kind) {
	case RECIPIENT_NONE:
		out->verdict = verdict_make(550, "5.1.1",
		    "there is nobody of this name here");
		break;
	case RECIPIENT_FOREIGN:
		if (class == CLASS_STRANGER && by_client) {
			out->verdict = verdict_make(550, "5.7.1",
			    "no relay for strangers");
			break;
		}
		/* FALLTHROUGH */
	case RECIPIENT_RELAY:
		out->kind = ROUTE_REMOTE;
		break;
	case RECIPIENT_MAILBOX:
		snprintf(out->key, sizeof out->key, "%s", r.key);
		snprintf(out->ext, sizeof out->ext, "%s", r.ext);
		mailbox(d, out);
		break;
	case RECIPIENT_ALIAS:
		out->kind = ROUTE_ALIAS;
		out->targets = r.targets;
		break;
	case RECIPIENT_REWRITTEN:
		way_back(a.local, out);
	}
}

/* By the routes table as it is now: what waits follows a change. */
void
route_hop(struct directory *d, struct span sender, struct route *out)
{
	struct span local, domain, value = SPAN("mx");
	struct hop hop;
	const char *why = "the table of routes is damaged";

	address_split(span_of(out->normal), &local, &domain);
	if (route_of(d, domain, sender, &value) >= 0 &&
	    hop_parse(value, &hop, &why) == 0) {
		if (hop_key(value, domain, out->key) == 0)
			return;
		why = "a route is too long";
	}
	out->kind = ROUTE_REFUSED;
	out->verdict = verdict_make(451, "4.3.5", "%s: correo tables", why);
}

/* 1, 0, or -1: damaged. */
static int
route_of(struct directory *d, struct span domain, struct span sender,
    struct span *value)
{
	struct table *t = &d->table[TABLE_ROUTES];
	char normal[ADDRESS_MAX + 1];
	struct span local, from = { NULL, 0 };
	struct address a;
	const char *why;
	int r;

	if (sender.n && address_mailbox(sender, &a, &why) == 0) {
		address_normal(&a, normal);
		address_split(span_of(normal), &local, &from);
	}
	if ((r = nearest(t, "", domain, value)) == 0 && from.n)
		r = nearest(t, "from:", from, value);
	return r == 0 ? table_get(t, SPAN("*"), value) : r;
}

/* The domain, else the nearest domain above it that names all below. */
static int
nearest(struct table *t, const char *prefix, struct span domain,
    struct span *value)
{
	struct buf key = { .max = 2 * ADDRESS_MAX };
	int r = 0;

	while (r == 0 && domain.n) {
		buf_reset(&key);
		buf_adds(&key, prefix);
		if (buf_addspan(&key, domain) < 0)
			break;
		r = table_get(t, buf_span(&key), value);
		domain = span_from(domain, 1);
		domain = span_from(domain, span_find(domain, '.'));
	}
	buf_free(&key);
	return r;
}

/* A report to a sender that we rewrote goes on to that sender. */
static void
way_back(struct span local, struct route *out)
{
	struct buf b = { .max = ADDRESS_MAX };
	struct span key = secrets_srs();

	if (key.n == 0)
		out->verdict = verdict_make(451, "4.3.5",
		    "no key to tell a rewritten sender of ours by");
	else if (srs_reverse(key, local, clock_s(), &b) == 1 &&
	    span_str(buf_span(&b), out->back, sizeof out->back) == 0) {
		out->kind = ROUTE_ALIAS;
		out->targets = span_of(out->back);
	} else
		out->verdict = verdict_make(550, "5.1.1", "no rewritten "
		    "sender of ours, or one that is too old");
	buf_free(&b);
}

/* The users table must know it; mail is never delivered as root. */
static void
mailbox(struct directory *d, struct route *out)
{
	struct mailbox m;

	switch (directory_mailbox(d, span_of(out->key), &m)) {
	case 1:
		if (m.uid != 0) {
			out->kind = ROUTE_LOCAL;
			return;
		}
		out->verdict = verdict_make(550, "5.2.1", "no mail is "
		    "delivered as root; the cure: correo alias add %s PERSON",
		    out->key);
		return;
	case 0:
		out->verdict = verdict_make(451, "4.3.5", "the mailbox %s is "
		    "in no table of users: correo tables", out->key);
		return;
	default:
		out->verdict = verdict_make(451, "4.3.5", "what the table of "
		    "users says of %s makes no sense: correo tables",
		    out->key);
	}
}
