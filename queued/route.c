/* route - where one recipient goes, by the tables as they are now. */
#include <stdio.h>

#include "queued/route.h"

static void mailbox(struct directory *, struct route *);
static int  known(struct directory *, struct span local, struct span domain);
static int  qualify(struct directory *, struct span, struct span,
    struct buf *);

void
route_find(struct directory *d, enum mail_class class, int by_client, int user,
    struct span address, struct route *out)
{
	char qualified[2 * ADDRESS_MAX];
	struct recipient r;
	struct address a;
	struct span local, domain;
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
		address_split(span_of(out->normal), &local, &domain);
		(void)span_str(domain, out->key, sizeof out->key);
		break;
	case RECIPIENT_MAILBOX:
		snprintf(out->key, sizeof out->key, "%s", r.key);
		snprintf(out->ext, sizeof out->ext, "%s", r.ext);
		mailbox(d, out);
		break;
	case RECIPIENT_ALIAS:
		out->kind = ROUTE_ALIAS;
		out->targets = r.targets;
	}
}

int
route_target(struct directory *d, struct span normal, struct span *list,
    struct buf *out, const char **why)
{
	struct buf text = { .max = 2 * ADDRESS_MAX };
	struct span local, domain;
	struct target t;
	int r;

	buf_reset(out);
	if ((r = address_list_next(list, &t, why)) != 1)
		return r;
	r = -1;
	*why = "alias: a target is too long";
	if (target_text(&t, &text) < 0)
		goto end;
	address_split(normal, &local, &domain);
	switch (t.kind) {
	case TARGET_ADDRESS:
		r = buf_addspan(out, buf_span(&text));
		break;
	case TARGET_BACKSLASH:
		buf_addc(out, '\\');
		/* FALLTHROUGH */
	case TARGET_LOCAL:
		r = qualify(d, buf_span(&text), domain, out);
		break;
	case TARGET_PATH:
	case TARGET_PROGRAM:
		*why = "alias: files and programs belong in a user's .forward";
	}
end:
	buf_free(&text);
	return r < 0 ? -1 : 1;
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

static int
qualify(struct directory *d, struct span local, struct span domain,
    struct buf *out)
{
	struct span domains = span_of(d->domains ? d->domains : ""), word;

	if (span_find(local, '@') == local.n) {
		if (!known(d, local, domain))
			while (span_word(&domains, &word))
				if (known(d, local, word)) {
					domain = word;
					break;
				}
		buf_addspan(out, local);
		buf_addc(out, '@');
		return buf_addspan(out, domain);
	}
	return buf_addspan(out, local);
}

static int
known(struct directory *d, struct span local, struct span domain)
{
	struct buf b = { .max = 2 * ADDRESS_MAX };
	struct recipient r = { .kind = RECIPIENT_NONE };
	char normal[ADDRESS_MAX + 1];
	struct address a;
	const char *why;
	int is = 0;

	buf_addspan(&b, local);
	buf_addc(&b, '@');
	buf_addspan(&b, domain);
	if (buf_ok(&b) && address_mailbox(buf_span(&b), &a, &why) == 0) {
		address_normal(&a, normal);
		is = directory_lookup(d, span_of(normal), &r) == 0 &&
		    (r.kind == RECIPIENT_MAILBOX || r.kind == RECIPIENT_ALIAS);
	}
	buf_free(&b);
	return is;
}
