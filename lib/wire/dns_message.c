/* dns_message - the answer to one question of ours. */
#include <string.h>

#include "base/ascii.h"
#include "wire/dns_message.h"

enum { HEAD = 12, EDNS_SIZE = 1232, TYPE_OPT = 41, CLASS_IN = 1 };

struct entry {				/* a record as it stands */
	char name[DNS_NAME];
	unsigned type, class;
	size_t at, n;			/* of its data */
};

static unsigned get16(const unsigned char *);
static int  name_at(struct span, size_t *, char [DNS_NAME]);
static int  entry_at(struct span, size_t *, struct entry *);
static int  chain(struct span, size_t, unsigned, struct dns_answer *);
static void take(struct span, const struct entry *, struct dns_answer *);
static int  same(const char *, const char *);

int
dns_is_name(struct span s)
{
	size_t i;

	for (i = 0; i < s.n; i++)
		if (!ascii_alnum(s.p[i]) && s.p[i] != '-' && s.p[i] != '_' &&
		    (s.p[i] != '.' || i == 0 || s.p[i - 1] == '.'))
			return 0;
	return s.n > 0 && s.n <= 253;
}

size_t
dns_question(unsigned char out[320], unsigned id, const char *name,
    unsigned type, int check)
{
	static const unsigned char opt[11] = { 0, 0, TYPE_OPT, EDNS_SIZE >> 8,
	    EDNS_SIZE & 255 };
	size_t n = HEAD, len;
	const char *dot;

	memset(out, 0, HEAD);
	out[0] = (unsigned char)(id >> 8);
	out[1] = (unsigned char)id;
	out[2] = 1;				/* RD */
	out[3] = check ? 0x20 : 0x30;		/* AD, CD */
	out[5] = out[11] = 1;
	for (; *name; name = *dot ? dot + 1 : dot) {
		dot = strchrnul(name, '.');
		len = (size_t)(dot - name);
		if (len == 0 || len > 63 || n + len + 2 > HEAD + 255)
			return 0;
		out[n++] = (unsigned char)len;
		memcpy(out + n, name, len);
		n += len;
	}
	out[n++] = 0;
	out[n++] = (unsigned char)(type >> 8);
	out[n++] = (unsigned char)type;
	out[n++] = 0;
	out[n++] = CLASS_IN;
	memcpy(out + n, opt, sizeof opt);
	return n + sizeof opt;
}

int
dns_parse(struct span m, const char *name, unsigned type,
    struct dns_answer *a, const char **why)
{
	char asked[DNS_NAME];
	struct entry e;
	size_t at = HEAD, first;
	unsigned i, n;

	*why = "not an answer to our question";
	if (m.n < HEAD || !(m.p[2] & 0x80) || get16(m.p + 4) != 1 ||
	    name_at(m, &at, asked) < 0 || m.n - at < 4 ||
	    get16(m.p + at) != type || get16(m.p + at + 2) != CLASS_IN ||
	    !same(asked, name))
		return -1;
	first = at + 4;
	a->rcode = m.p[3] & 15;
	a->secure = (m.p[3] & 0x20) != 0;
	a->alias = 0;
	a->n = 0;
	memcpy(a->name, asked, sizeof a->name);
	*why = "a damaged DNS answer";
	if (chain(m, first, type, a) < 0)
		return -1;
	n = get16(m.p + 6);
	for (at = first, i = 0; i < n && i < DNS_RECORDS; i++) {
		if (entry_at(m, &at, &e) < 0)
			return -1;
		if (e.type == type && e.class == CLASS_IN &&
		    same(e.name, a->name))
			take(m, &e, a);
	}
	return 0;
}

static unsigned
get16(const unsigned char *p)
{
	return (unsigned)(p[0] << 8 | p[1]);
}

/*
 * The name at *at, which is moved behind it.  A pointer leads before the place
 * where the part that holds it began, so that no name is endless.
 */
static int
name_at(struct span m, size_t *at, char out[DNS_NAME])
{
	size_t i = *at, limit = *at, n = 0, to, len;
	int jumped = 0;

	for (;;) {
		if (i >= m.n)
			return -1;
		len = m.p[i];
		if ((len & 0xc0) == 0xc0) {
			if (m.n - i < 2)
				return -1;
			to = get16(m.p + i) & 0x3fff;
			if (to >= limit)
				return -1;
			if (!jumped)
				*at = i + 2;
			jumped = 1;
			i = limit = to;
			continue;
		}
		if (len > 63 || m.n - i <= len)
			return -1;
		i++;
		if (len == 0)
			break;
		if (n + len + 1 >= DNS_NAME)
			return -1;
		if (n)
			out[n++] = '.';
		for (; len; len--, i++) {
			/* what is no name's byte cannot be mistaken for one */
			out[n++] = m.p[i] > ' ' && m.p[i] < 0x7f &&
			    m.p[i] != '.' ? (char)ascii_lower(m.p[i]) : '?';
		}
	}
	out[n] = '\0';
	if (!jumped)
		*at = i;
	return 0;
}

static int
entry_at(struct span m, size_t *at, struct entry *e)
{
	const unsigned char *p;

	if (name_at(m, at, e->name) < 0 || m.n - *at < 10)
		return -1;
	p = m.p + *at;
	e->type = get16(p);
	e->class = get16(p + 2);
	e->n = get16(p + 8);
	e->at = *at + 10;
	if (m.n - e->at < e->n)
		return -1;
	*at = e->at + e->n;
	return 0;
}

/* Moves a->name along the CNAMEs, wherever they stand in the answer. */
static int
chain(struct span m, size_t first, unsigned type, struct dns_answer *a)
{
	struct entry e;
	unsigned i, n = get16(m.p + 6), step;
	size_t at, in;
	int more = type != DNS_CNAME;

	for (step = 0; more && step < DNS_CHAIN; step++) {
		more = 0;
		for (at = first, i = 0; i < n && i < DNS_RECORDS && !more;
		    i++) {
			if (entry_at(m, &at, &e) < 0)
				return -1;
			if (e.type != DNS_CNAME || e.class != CLASS_IN ||
			    !same(e.name, a->name))
				continue;
			in = e.at;
			if (name_at(m, &in, a->name) < 0)
				return -1;
			a->alias = more = 1;
		}
	}
	return more ? -1 : 0;		/* a loop, or longer than we go */
}

static void
take(struct span m, const struct entry *e, struct dns_answer *a)
{
	struct dns_record *r = &a->record[a->n];
	size_t at = e->at + 2;

	if (a->n == DNS_FOUND)
		return;
	r->data = span_mem(m.p + e->at, e->n);
	switch (e->type) {
	case DNS_A:
		if (e->n != 4)
			return;
		r->ip = ip_from_v4(r->data.p);
		break;
	case DNS_AAAA:
		if (e->n != 16)
			return;
		memcpy(r->ip.b, r->data.p, 16);
		break;
	case DNS_MX:
		if (e->n < 3 || name_at(m, &at, r->name) < 0 ||
		    at != e->at + e->n || strchr(r->name, '?'))
			return;
		r->preference = get16(r->data.p);
		break;
	}
	a->n++;
}

static int
same(const char *a, const char *b)
{
	struct span s = span_of(b);

	if (s.n && s.p[s.n - 1] == '.')
		s.n--;
	return span_case_eq(span_of(a), s);
}
