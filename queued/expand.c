/* expand - what aliases, forwards and the site's copies make of recipients. */
#include <stdio.h>
#include <string.h>

#include "base/crc32c.h"
#include "mail/srs.h"
#include "queued/expand.h"
#include "queued/secrets.h"
#include "store/alias.h"
#include "sys/clock.h"

enum { SEEN = 256 };

struct seen {
	struct rcpt *rcpt;
	struct span normal;
	struct seen *next;
};

static int  concerns(const struct message *, struct span domain);
static int  is_of(struct span address, struct span domain);
static void is_same(struct rcpt *, struct rcpt *);
static int  undo(struct message *, unsigned, struct verdict *,
    struct verdict);
static void spread(struct rcpt *, unsigned);
static void set_owner(struct directory *, struct rcpt *, unsigned,
    const char *);
static int  own(struct span target, struct span normal);

void
expand_copies(const struct site *site, struct message *m)
{
	struct span word, domain;
	size_t i;

	if (m->counted || m->env.class == CLASS_REPORT)
		return;
	for (i = 0; i < site->always_bcc.n; i++) {
		word = span_of(site->always_bcc.word[i]);
		if (span_find(word, '=') < word.n) {
			span_cut(&word, '=', &domain);
			if (!concerns(m, domain))
				continue;
		}
		(void)message_add(m, NULL, word);
	}
}

/* Not where its alias has it that it is the mailbox itself (\user): that has
 * not had what the alias had. */
int
expand_circle(struct rcpt *r, struct verdict *v)
{
	struct rcpt *p, *same = NULL;
	int n = 0, met = 0;

	for (p = message_from(r); p; p = p->parent, n++)
		if (span_case_eq(p->to, r->to)) {
			met = 1;
			if (p->user == r->user)
				same = p;
		}
	if (n > MESSAGE_DEPTH)
		*v = verdict_make(554, "5.4.6", "forwarded more than %d times "
		    "here", MESSAGE_DEPTH);
	else if (met && same == NULL)
		*v = verdict_make(554, "5.4.6", "its aliases or forwards come "
		    "back to it");
	else if (same == NULL)
		return 0;
	else {
		is_same(r, same);
		return 1;
	}
	return -1;
}

int
expand_twice(struct rcpt *r, struct span normal)
{
	struct message *m = r->m;
	struct seen *s, **p;

	if (m->n == 1)
		return 0;
	if (m->seen == NULL) {
		m->seen = message_alloc(m, SEEN * sizeof *m->seen);
		if (m->seen == NULL)
			return 0;
		memset(m->seen, 0, SEEN * sizeof *m->seen);
	}
	p = &m->seen[crc32c(0, normal) % SEEN];
	for (s = *p; s; s = s->next)
		if (span_eq(s->normal, normal)) {
			is_same(r, s->rcpt);
			return 1;
		}
	if ((s = message_alloc(m, sizeof *s)) != NULL) {
		*s = (struct seen){ r, message_keep(m, normal), *p };
		*p = s;
	}
	return 0;
}

void
expand_sender(struct directory *d, struct rcpt *r)
{
	struct span now = r->has_sender ? r->sender : r->m->env.sender;
	struct span local, domain, ours, other, key = secrets_srs();
	char normal[ADDRESS_MAX + 1];
	struct buf b = { .max = ADDRESS_PATH };
	enum domain_class class;
	struct address a;
	const char *why;

	if (r->parent == NULL || key.n == 0 ||
	    address_mailbox(now, &a, &why) < 0)
		return;
	address_normal(&a, normal);
	address_split(span_of(normal), &local, &domain);
	if (directory_domain(d, domain, &class, &other) < 0 ||
	    class != DOMAIN_NONE)
		return;
	address_split(message_origin(r)->to, &local, &ours);
	if (directory_domain(d, ours, &class, &other) < 0 ||
	    (class != DOMAIN_LOCAL && class != DOMAIN_ALIAS))
		ours = span_of(d->hostname);
	if (srs_forward(key, now, ours, clock_s(), &b) == 1) {
		r->has_sender = 1;
		r->sender = message_keep(r->m, buf_span(&b));
	}
	buf_free(&b);
}

int
expand_alias(struct directory *d, struct rcpt *r, const struct route *to,
    struct verdict *v)
{
	struct buf target = { .max = 2 * ADDRESS_MAX };
	struct buf self = { .max = 2 * ADDRESS_MAX };
	struct message *m = r->m;
	struct span list = to->targets, word;
	unsigned first = m->n;
	const char *why;
	int got;

	while ((got = alias_target(d, span_of(to->normal), &list, &target,
	    &why)) == 1) {
		word = buf_span(&target);
		if (own(word, span_of(to->normal))) {
			/* alice: alice, bob: the mailbox itself */
			buf_reset(&self);
			buf_addc(&self, '\\');
			buf_addspan(&self, word);
			word = buf_span(&self);
		}
		if (message_add(m, r, word) == NULL)
			break;
	}
	buf_free(&target);
	buf_free(&self);
	if (got == 1)
		return undo(m, first, v, verdict_make(554, "5.4.6",
		    "aliases make more than %d recipients of one message",
		    ALIAS_TARGETS));
	if (got < 0)
		return undo(m, first, v, verdict_make(451, "4.3.5", "%s",
		    why));
	if (m->n == first)
		return undo(m, first, v, verdict_make(250, "2.0.0",
		    "thrown away, as its alias has it"));
	set_owner(d, r, first, to->normal);
	spread(r, first);
	return 0;
}

int
expand_forward(struct rcpt *r, const struct answer *a, struct verdict *v)
{
	struct buf target = { .max = MESSAGE_WORD };
	struct message *m = r->m;
	unsigned first = m->n;
	int sender = r->has_sender;
	struct span now = sender ? r->sender : m->env.sender;
	size_t i;

	if (a->sender.p && !span_eq(a->sender, now)) {
		r->has_sender = 1;
		r->sender = message_keep(m, a->sender);
	}
	for (i = 0; i < a->nto; i++) {
		buf_reset(&target);
		buf_addspan(&target, a->to[i]);
		if (a->to[i].p[0] == '|') {
			buf_addc(&target, ':');
			buf_addspan(&target, a->file);
		}
		if (r->run || a->to[i].p[0] == '\\' || !buf_ok(&target) ||
		    a->sender.n > MESSAGE_WORD ||
		    message_add(m, r, buf_span(&target)) == NULL)
			break;
	}
	buf_free(&target);
	if (i < a->nto) {
		r->has_sender = sender != 0;
		return undo(m, first, v, verdict_make(554, "5.4.6",
		    "its forwards are too many or too long, or make no sense"));
	}
	spread(r, first);
	r->kept = a->kept != 0;
	return 0;
}

/* DOMAIN=ADDRESS: mail from or to that domain. */
static int
concerns(const struct message *m, struct span domain)
{
	size_t i;

	if (is_of(m->env.sender, domain))
		return 1;
	for (i = 0; i < m->env.nrcpt; i++)
		if (is_of(m->env.rcpt[i].address, domain))
			return 1;
	return 0;
}

/* In whatever form each of them is written. */
static int
is_of(struct span address, struct span domain)
{
	char text[ADDRESS_MAX + 1], normal[2][ADDRESS_MAX + 1];
	struct span local, of[2];
	struct address a[2];
	const char *why;
	int i;

	snprintf(text, sizeof text, "x@%.*s", SPAN_ARG(domain));
	if (address_mailbox(address, &a[0], &why) < 0 ||
	    address_mailbox(span_of(text), &a[1], &why) < 0)
		return 0;
	for (i = 0; i < 2; i++) {
		address_normal(&a[i], normal[i]);
		address_split(span_of(normal[i]), &local, &of[i]);
	}
	return span_eq(of[0], of[1]);
}

static void
is_same(struct rcpt *r, struct rcpt *as)
{
	r->state = RCPT_SAME;
	r->same = as;
}

/* They were the last, and nobody knows them yet. */
static int
undo(struct message *m, unsigned first, struct verdict *v,
    struct verdict why)
{
	m->n = first;
	*v = why;
	return -1;
}

/* Where there is owner-LIST, it is the sender of what LIST sends on; what has
 * no sender has none here either. */
static void
set_owner(struct directory *d, struct rcpt *r, unsigned first,
    const char *list)
{
	char name[ADDRESS_MAX + 1];
	struct message *m = r->m;
	struct recipient to;
	unsigned i;
	int n = snprintf(name, sizeof name, "owner-%s", list);

	if (m->env.sender.n == 0 || n < 0 || (size_t)n >= sizeof name ||
	    directory_lookup(d, span_of(name), &to) < 0 || to.catch_all ||
	    to.ext[0] || (to.kind != RECIPIENT_ALIAS &&
	    to.kind != RECIPIENT_MAILBOX))
		return;
	r->has_sender = 1;
	r->sender = message_keep(m, span_of(name));
	for (i = first; i < m->n; i++) {
		m->rcpt[i]->has_sender = 1;
		m->rcpt[i]->sender = r->sender;
	}
}

static void
spread(struct rcpt *r, unsigned first)
{
	message_spread(r, first);
	r->news = r->fresh = 1;
	r->fate.when = clock_s();
	r->fate.code = 250;
	memcpy(r->fate.enhanced, "2.0.0", sizeof "2.0.0");
}

static int
own(struct span target, struct span normal)
{
	char is[ADDRESS_MAX + 1];
	struct address a;
	const char *why;

	if (address_mailbox(target, &a, &why) < 0)
		return 0;
	address_normal(&a, is);
	return span_eq(span_of(is), normal);
}
