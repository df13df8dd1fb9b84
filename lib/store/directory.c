/*
 * directory - who an address is: the compiled tables and what they mean.
 *
 * Order for a local address, first that is there:
 *	alias, then mailbox of local@domain	the special before
 *	alias, then mailbox of local		the general
 *	the same without the last +ext, and so on to the first
 *	alias of @domain			catch-all
 *	postmaster, abuse, root, mailer-daemon	as postmaster, in the end the
 *						mailbox of that name
 */
#include <errno.h>
#include <stdio.h>

#include "base/scan.h"
#include "mail/srs.h"
#include "mail/target.h"
#include "store/directory.h"

enum { ALIAS_DEPTH = 10 };	/* of domains that are aliases of domains */

static int lookup(struct directory *, struct span, struct recipient *, int);
static int follow(struct directory *, struct span *, enum domain_class *);
static int word_is_in(struct span, const char *);
static int relay(struct directory *, struct span, struct span,
    struct recipient *);
static int shorter(const struct directory *, struct span *);
static int local(struct directory *, struct span, struct span,
    struct recipient *, int);
static int postmaster(struct directory *, struct span, struct span,
    struct recipient *, int);
static int names(struct span, struct span);
static int one_local(struct directory *, struct span, struct span,
    struct recipient *, int);
static int alias(struct directory *, struct span, struct recipient *);
static int mailbox(struct directory *, struct span, struct recipient *);
static struct span join(char *, size_t, struct span, const char *,
    struct span);
static int reserved(struct span);

const char *const directory_name[TABLE_COUNT] = {
	"domains", "aliases", "users", "relay", "routes"
};

int
directory_open(struct directory *d, const int fd[TABLE_COUNT])
{
	int i, bad = 0, e = 0;

	for (i = 0; i < TABLE_COUNT; i++)
		if (table_open(&d->table[i], fd[i]) < 0) {
			bad = 1;
			e = errno;
		}
	if (bad) {
		directory_close(d);
		errno = e;
	}
	return bad ? -1 : 0;
}

void
directory_close(struct directory *d)
{
	int i;

	for (i = 0; i < TABLE_COUNT; i++)
		table_close(&d->table[i]);
}

int
directory_domain(struct directory *d, struct span domain,
    enum domain_class *class, struct span *target)
{
	struct span v;
	int r;

	*class = DOMAIN_NONE;
	if ((r = table_get(&d->table[TABLE_DOMAINS], domain, &v)) < 0)
		return -1;
	if (r) {
		if (span_eq(v, SPAN("local")))
			*class = DOMAIN_LOCAL;
		else if (span_eq(v, SPAN("relay")))
			*class = DOMAIN_RELAY;
		else if (span_starts(v, SPAN("alias "))) {
			*class = DOMAIN_ALIAS;
			*target = span_from(v, 6);
		} else
			return -1;
		return 0;
	}
	if (word_is_in(domain, d->domains) ||
	    span_case_eq(domain, span_of(d->hostname)) ||
	    span_eq(domain, SPAN("localhost")))
		*class = DOMAIN_LOCAL;
	return 0;
}

int
directory_lookup(struct directory *d, struct span address, struct recipient *r)
{
	return lookup(d, address, r, 1);
}

int
directory_lookup_user(struct directory *d, struct span address,
    struct recipient *r)
{
	return lookup(d, address, r, 0);
}

/* The lengths in use are listed, so that a question is a few exact keys. */
int
directory_net(struct directory *d, const struct ip *ip)
{
	struct table *t = &d->table[TABLE_RELAY];
	struct span bits, word, v;
	char text[IP_TEXT], key[IP_TEXT + 16];
	int r, v4 = ip_is_v4(ip);

	if ((r = table_get(t, SPAN("bits"), &bits)) != 1)
		return r;
	while (span_word(&bits, &word)) {
		struct ip net;
		unsigned n;

		if (word.n < 3 || word.p[1] != '/' ||
		    scan_uint(span_from(word, 2), 128, &n) < 0)
			return -1;
		if ((word.p[0] == '4') != v4 || (v4 && n > 32))
			continue;
		net = ip_masked(ip, v4 ? 96 + n : n);
		ip_format(&net, text);
		snprintf(key, sizeof key, "net %s/%u", text, n);
		if ((r = table_get(t, span_of(key), &v)) != 0)
			return r;
	}
	return 0;
}

int
directory_mailbox(struct directory *d, struct span key, struct mailbox *m)
{
	struct span v;
	const char *why;
	int r;

	if ((r = table_get(&d->table[TABLE_USERS], key, &v)) != 1)
		return r;
	return mailbox_parse(v, m, &why) < 0 ? -1 : 1;
}

static int
lookup(struct directory *d, struct span address, struct recipient *r,
    int aliases)
{
	struct span name, domain;
	enum domain_class class;
	size_t at = span_rfind(address, '@');

	r->kind = RECIPIENT_FOREIGN;
	r->key[0] = r->ext[0] = '\0';
	r->targets = (struct span){ 0 };
	r->catch_all = 0;
	name = span_sub(address, 0, at);
	domain = at < address.n ? span_from(address, at + 1) :
	    span_of(d->hostname);	/* bare: <postmaster>, RFC 5321 4.5.1 */
	if (follow(d, &domain, &class) < 0)
		return -1;
	switch (class) {
	case DOMAIN_LOCAL:
		return local(d, name, domain, r, aliases);
	case DOMAIN_RELAY:
		return relay(d, name, domain, r);
	default:
		return 0;
	}
}

/* From domain to domain until one is no alias. */
static int
follow(struct directory *d, struct span *domain, enum domain_class *class)
{
	struct span target;
	int i;

	for (i = 0; i <= ALIAS_DEPTH; i++) {
		if (directory_domain(d, *domain, class, &target) < 0)
			return -1;
		if (*class != DOMAIN_ALIAS)
			return 0;
		*domain = target;
	}
	return -1;			/* a ring */
}

static int
word_is_in(struct span s, const char *words)
{
	struct span in, word;

	for (in = span_of(words ? words : ""); span_word(&in, &word);)
		if (span_case_eq(s, word))
			return 1;
	return 0;
}

/* A relay domain with a list of recipients takes those, and its postmaster. */
static int
relay(struct directory *d, struct span name, struct span domain,
    struct recipient *r)
{
	struct table *t = &d->table[TABLE_RELAY];
	char key[ADDRESS_MAX + 16];
	struct span v, k, base = name;
	int got;

	r->kind = RECIPIENT_RELAY;
	k = join(key, sizeof key, SPAN("list "), "", domain);
	if ((got = table_get(t, k, &v)) != 1)
		return got;
	while (base.n) {
		char address[ADDRESS_MAX + 1];

		k = join(address, sizeof address, base, "@", domain);
		k = join(key, sizeof key, SPAN("rcpt "), "", k);
		if ((got = table_get(t, k, &v)) != 0)
			return got < 0 ? -1 : 0;
		if (!shorter(d, &base))
			break;
	}
	if (!span_eq(name, SPAN("postmaster")))
		r->kind = RECIPIENT_NONE;
	return 0;
}

/* Without its last +ext: 1, or 0 and it has none. */
static int
shorter(const struct directory *d, struct span *name)
{
	size_t at = d->delimiter ?
	    span_rfind(*name, (unsigned char)d->delimiter) : name->n;

	if (at == name->n || at == 0)
		return 0;
	name->n = at;
	return 1;
}

static int
local(struct directory *d, struct span name, struct span domain,
    struct recipient *r, int aliases)
{
	char key[ADDRESS_MAX + 1];
	struct span base = name;
	int got;

	r->kind = RECIPIENT_NONE;
	do
		got = one_local(d, base, domain, r, aliases);
	while (got == 0 && shorter(d, &base));
	if (got > 0 && base.n < name.n &&
	    span_str(span_from(name, base.n + 1), r->ext, sizeof r->ext) < 0)
		r->ext[0] = '\0';
	if (got == 0 && srs_is(name)) {
		r->kind = RECIPIENT_REWRITTEN;
		return 0;
	}
	if (got == 0 && aliases) {
		got = alias(d, join(key, sizeof key, SPAN("@"), "", domain), r);
		r->catch_all = got == 1;
	}
	if (got == 0 && reserved(name))
		got = postmaster(d, name, domain, r, aliases);
	return got < 0 ? -1 : 0;
}

/* Whoever reads postmaster's mail reads theirs; but `postmaster: root` and no
 * alias of root must not be a ring. */
static int
postmaster(struct directory *d, struct span name, struct span domain,
    struct recipient *r, int aliases)
{
	int got = one_local(d, SPAN("postmaster"), domain, r, aliases);

	if (got < 0 || (got && (r->kind != RECIPIENT_ALIAS ||
	    !names(r->targets, name))))
		return got;
	r->kind = RECIPIENT_MAILBOX;
	r->targets = (struct span){ 0 };
	snprintf(r->key, sizeof r->key, "postmaster");
	return 1;
}

/* Is that local part, in whatever domain, among the targets? */
static int
names(struct span targets, struct span name)
{
	struct target t;
	const char *why;
	struct span local, domain;

	while (target_next(&targets, &t, &why) == 1) {
		address_split(t.text, &local, &domain);
		if (span_case_eq(local, name))
			return 1;
	}
	return 0;
}

/* 1 = found, 0, -1 */
static int
one_local(struct directory *d, struct span name, struct span domain,
    struct recipient *r, int aliases)
{
	char key[ADDRESS_MAX + 1];
	struct span address = join(key, sizeof key, name, "@", domain);
	int got = 0;

	if (aliases)
		got = alias(d, address, r);
	if (got == 0)
		got = mailbox(d, address, r);
	if (got == 0 && aliases)
		got = alias(d, name, r);
	return got ? got : mailbox(d, name, r);
}

static int
alias(struct directory *d, struct span key, struct recipient *r)
{
	int got = table_get(&d->table[TABLE_ALIASES], key, &r->targets);

	if (got == 1)
		r->kind = RECIPIENT_ALIAS;
	return got;
}

static int
mailbox(struct directory *d, struct span key, struct recipient *r)
{
	struct span v;
	int got = table_get(&d->table[TABLE_USERS], key, &v);

	if (got == 1) {
		r->kind = RECIPIENT_MAILBOX;
		(void)span_str(key, r->key, sizeof r->key);
	}
	return got;
}

/* a, the text and b in one array; an empty span when they do not fit (and no
 * table has an empty key). */
static struct span
join(char *out, size_t size, struct span a, const char *between, struct span b)
{
	size_t n = strlen(between);

	out[0] = '\0';
	if (a.n + n + b.n >= size)
		return (struct span){ 0 };
	if (a.n)
		memcpy(out, a.p, a.n);
	memcpy(out + a.n, between, n);
	if (b.n)
		memcpy(out + a.n + n, b.p, b.n);
	out[a.n + n + b.n] = '\0';
	return span_mem(out, a.n + n + b.n);
}

/* RFC 5321 4.5.1 and RFC 2142 4 want the first two to be there. */
static int
reserved(struct span name)
{
	return span_case_eq(name, SPAN("postmaster")) ||
	    span_case_eq(name, SPAN("abuse")) ||
	    span_case_eq(name, SPAN("root")) ||
	    span_case_eq(name, SPAN("mailer-daemon"));
}
