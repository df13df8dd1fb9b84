/* guess - how long the next try of a user from a network has to wait. */
#include <sys/types.h>
#include <sha2.h>
#include <stdlib.h>
#include <string.h>

#include "auth/guess.h"

enum { SETS = 4096, WAYS = 8, TAGS = 24 };

/* A key is a user at a network, a network, or a user at an address where he
 * was right lately. */
struct entry {
	uint64_t key;			/* 0: free */
	uint64_t last_ms;		/* of the last wrong one, or success */
	uint64_t next_ms;		/* no try before this */
	uint64_t right_ms;		/* last success, 0: none */
	unsigned wrong;			/* distinct ones that count */
	unsigned tags;			/* all of them */
	uint32_t tag[TAGS];		/* the most recent ones */
};

struct guess {
	unsigned char secret[32];
	struct entry entry[SETS][WAYS];
};

static uint64_t keyed(const struct guess *, char, struct span, struct span);
static struct ip network(const struct ip *);
static struct entry *user_at(struct guess *, struct span, const struct ip *,
    uint64_t);
static struct entry *known(struct guess *, uint64_t, uint64_t);
static struct entry *find(struct guess *, uint64_t, uint64_t);
static uint64_t net_key(const struct guess *, struct span, const struct ip *);
static uint64_t own_key(const struct guess *, struct span, const struct ip *);
static void add(struct entry *, uint32_t, uint64_t);
static uint64_t delay(unsigned, unsigned);

struct guess *
guess_new(void)
{
	struct guess *g = calloc(1, sizeof *g);

	if (g)
		arc4random_buf(g->secret, sizeof g->secret);
	return g;
}

void
guess_free(struct guess *g)
{
	free(g);
}

uint64_t
guess_when(struct guess *g, struct span user, const struct ip *ip,
    uint64_t now)
{
	struct ip net = network(ip);
	struct span n = span_mem(net.b, sizeof net.b);
	struct entry *u = user_at(g, user, ip, now);
	struct entry *w = find(g, keyed(g, 'n', n, n), now);
	uint64_t wait = delay(u->wrong, GUESS_FREE), when;

	if (u->right_ms == 0 && delay(w->wrong, GUESS_FREE_NET) > wait)
		wait = delay(w->wrong, GUESS_FREE_NET);
	if (wait == 0)
		return now;
	/* tries of one user from one network stand in a row */
	when = (u->next_ms > now ? u->next_ms : now) + wait;
	if (when > now + 2 * GUESS_DELAY_MAX_MS)
		return 0;
	u->next_ms = when;
	return when;
}

uint32_t
guess_wrong(struct guess *g, struct span user, const struct ip *ip,
    struct span secret, uint64_t now)
{
	struct ip net = network(ip);
	struct span n = span_mem(net.b, sizeof net.b);
	uint32_t tag = (uint32_t)keyed(g, 's', user, secret);

	add(user_at(g, user, ip, now), tag, now);
	add(find(g, keyed(g, 'n', n, n), now), tag, now);
	return tag;
}

void
guess_right(struct guess *g, struct span user, const struct ip *ip,
    uint64_t now)
{
	uint64_t own = own_key(g, user, ip);
	struct entry *u = find(g, net_key(g, user, ip), now), at = *u, *o;

	u->right_ms = u->last_ms = now;
	if ((o = known(g, own, now)) == NULL) {
		/* what was wrong so far was his, as far as is known */
		if (u->wrong >= GUESS_FREE)
			u->wrong = GUESS_FREE - 1;
		o = find(g, own, now);
		*o = at;
		o->key = own;
	}
	o->right_ms = o->last_ms = now;
	if (o->wrong >= GUESS_FREE)
		o->wrong = GUESS_FREE - 1;
}

int
guess_known(struct guess *g, struct span user, const struct ip *ip,
    uint64_t now)
{
	return find(g, net_key(g, user, ip), now)->right_ms != 0;
}

/* Where he was right lately his neighbours' tries are not his. */
static struct entry *
user_at(struct guess *g, struct span user, const struct ip *ip, uint64_t now)
{
	struct entry *e = known(g, own_key(g, user, ip), now);

	return e ? e : find(g, net_key(g, user, ip), now);
}

static uint64_t
net_key(const struct guess *g, struct span user, const struct ip *ip)
{
	struct ip net = network(ip);

	return keyed(g, 'u', user, span_mem(net.b, sizeof net.b));
}

static uint64_t
own_key(const struct guess *g, struct span user, const struct ip *ip)
{
	struct ip own = ip_masked(ip, ip_is_v4(ip) ? 128 : 64);

	return keyed(g, 'a', user, span_mem(own.b, sizeof own.b));
}

/* A keyed hash of a kind and two strings; never 0. */
static uint64_t
keyed(const struct guess *g, char kind, struct span a, struct span b)
{
	unsigned char out[SHA256_DIGEST_LENGTH];
	uint64_t n = a.n, h;
	SHA2_CTX m;

	SHA256Init(&m);
	SHA256Update(&m, g->secret, sizeof g->secret);
	SHA256Update(&m, (const unsigned char *)&kind, 1);
	SHA256Update(&m, (const unsigned char *)&n, sizeof n);
	SHA256Update(&m, a.p, a.n);
	SHA256Update(&m, b.p, b.n);
	SHA256Final(out, &m);
	memcpy(&h, out, sizeof h);
	return h ? h : 1;
}

static struct ip
network(const struct ip *ip)
{
	return ip_masked(ip, ip_is_v4(ip) ? 96 + 24 : 48);
}

static struct entry *
known(struct guess *g, uint64_t key, uint64_t now)
{
	struct entry *set = g->entry[key % SETS], *e;

	for (e = set; e < set + WAYS; e++)
		if (e->key == key && now - e->last_ms < GUESS_FORGET_MS)
			return e;
	return NULL;
}

/* The entry, made where it is not: over the one that is least recent. */
static struct entry *
find(struct guess *g, uint64_t key, uint64_t now)
{
	struct entry *set = g->entry[key % SETS], *old = set;
	struct entry *e = known(g, key, now);

	if (e)
		return e;
	for (e = set; e < set + WAYS && old->key != key; e++)
		if (e->key == key || e->last_ms < old->last_ms)
			old = e;
	memset(old, 0, sizeof *old);
	old->key = key;
	old->last_ms = now;
	return old;
}

static void
add(struct entry *e, uint32_t tag, uint64_t now)
{
	unsigned i, n = e->tags < TAGS ? e->tags : TAGS;

	e->last_ms = now;
	for (i = 0; i < n; i++)
		if (e->tag[i] == tag)
			return;
	e->tag[e->tags++ % TAGS] = tag;
	e->wrong++;
}

/* 1, 2, 4 … seconds from the first above what is free. */
static uint64_t
delay(unsigned wrong, unsigned free)
{
	uint64_t ms;

	if (wrong < free)
		return 0;
	wrong -= free;
	ms = wrong < 5 ? (uint64_t)1000 << wrong : GUESS_DELAY_MAX_MS;
	return ms < GUESS_DELAY_MAX_MS ? ms : GUESS_DELAY_MAX_MS;
}
