/* imap_search - the search program. */
#include <stdlib.h>

#include "base/ascii.h"
#include "wire/imap_date.h"
#include "wire/imap_search.h"

enum argument {
	NOTHING, KEYS1, KEYS2, FLAG, KEYWORD, ASTRING, FIELD, SET, ON, BEFORE,
	SINCE, SIZE, SECONDS, MODSEQ, ID
};

struct word {
	const char *name;
	enum imap_key key;
	int not;
	enum argument argument;
	const char *flag;
};

/* What is open while keys are read: an AND up to the end of its list, a NOT
 * that wants one key, an OR that wants two. */
struct frame {
	uint32_t key;
	unsigned wants;			/* 0: an AND */
	struct imap_cursor rest;	/* AND: its keys that were not read */
};

struct parse {
	struct imap_search *s;
	struct frame open[IMAP_SEARCH_DEPTH];
	unsigned depth;
	const char **why;
};

static int begin_key(struct parse *, struct imap_cursor *);
static void close_full(struct parse *);
static struct imap_search_key *add(struct parse *, enum imap_key);
static int open_frame(struct parse *, enum imap_key, unsigned,
	    struct imap_cursor);
static const struct word *word_of(struct span);
static int argument(struct parse *, struct imap_cursor *, const struct word *,
	    struct imap_search_key *);
static int days(struct imap_cursor *, enum argument, struct imap_search_key *);
static int modseq(struct imap_cursor *, struct imap_search_key *);
static int set_key(struct parse *, struct imap_cursor *, enum imap_key);
static int is_set(struct span);

static const struct word words[] = {
	{ "ALL", IMAP_KEY_ALL, 0, NOTHING, NULL },
	{ "ANSWERED", IMAP_KEY_FLAG, 0, FLAG, "\\Answered" },
	{ "BCC", IMAP_KEY_BCC, 0, ASTRING, NULL },
	{ "BEFORE", IMAP_KEY_INTERNAL, 0, BEFORE, NULL },
	{ "BODY", IMAP_KEY_BODY, 0, ASTRING, NULL },
	{ "CC", IMAP_KEY_CC, 0, ASTRING, NULL },
	{ "DELETED", IMAP_KEY_FLAG, 0, FLAG, "\\Deleted" },
	{ "DRAFT", IMAP_KEY_FLAG, 0, FLAG, "\\Draft" },
	{ "EMAILID", IMAP_KEY_EMAILID, 0, ID, NULL },
	{ "FLAGGED", IMAP_KEY_FLAG, 0, FLAG, "\\Flagged" },
	{ "FROM", IMAP_KEY_FROM, 0, ASTRING, NULL },
	{ "HEADER", IMAP_KEY_HEADER, 0, FIELD, NULL },
	{ "KEYWORD", IMAP_KEY_FLAG, 0, KEYWORD, NULL },
	{ "LARGER", IMAP_KEY_LARGER, 0, SIZE, NULL },
	{ "MODSEQ", IMAP_KEY_MODSEQ, 0, MODSEQ, NULL },
	{ "NEW", IMAP_KEY_NEW, 0, NOTHING, NULL },
	{ "NOT", IMAP_KEY_NOT, 0, KEYS1, NULL },
	{ "OLD", IMAP_KEY_RECENT, 1, NOTHING, NULL },
	{ "OLDER", IMAP_KEY_OLDER, 0, SECONDS, NULL },
	{ "ON", IMAP_KEY_INTERNAL, 0, ON, NULL },
	{ "OR", IMAP_KEY_OR, 0, KEYS2, NULL },
	{ "RECENT", IMAP_KEY_RECENT, 0, NOTHING, NULL },
	{ "SAVEDATESUPPORTED", IMAP_KEY_SAVEDATE_SUPPORTED, 0, NOTHING,
	    NULL },
	{ "SAVEDBEFORE", IMAP_KEY_SAVED, 0, BEFORE, NULL },
	{ "SAVEDON", IMAP_KEY_SAVED, 0, ON, NULL },
	{ "SAVEDSINCE", IMAP_KEY_SAVED, 0, SINCE, NULL },
	{ "SEEN", IMAP_KEY_FLAG, 0, FLAG, "\\Seen" },
	{ "SENTBEFORE", IMAP_KEY_SENT, 0, BEFORE, NULL },
	{ "SENTON", IMAP_KEY_SENT, 0, ON, NULL },
	{ "SENTSINCE", IMAP_KEY_SENT, 0, SINCE, NULL },
	{ "SINCE", IMAP_KEY_INTERNAL, 0, SINCE, NULL },
	{ "SMALLER", IMAP_KEY_SMALLER, 0, SIZE, NULL },
	{ "SUBJECT", IMAP_KEY_SUBJECT, 0, ASTRING, NULL },
	{ "TEXT", IMAP_KEY_TEXT, 0, ASTRING, NULL },
	{ "THREADID", IMAP_KEY_THREADID, 0, ID, NULL },
	{ "TO", IMAP_KEY_TO, 0, ASTRING, NULL },
	{ "UID", IMAP_KEY_UID, 0, SET, NULL },
	{ "UNANSWERED", IMAP_KEY_FLAG, 1, FLAG, "\\Answered" },
	{ "UNDELETED", IMAP_KEY_FLAG, 1, FLAG, "\\Deleted" },
	{ "UNDRAFT", IMAP_KEY_FLAG, 1, FLAG, "\\Draft" },
	{ "UNFLAGGED", IMAP_KEY_FLAG, 1, FLAG, "\\Flagged" },
	{ "UNKEYWORD", IMAP_KEY_FLAG, 1, KEYWORD, NULL },
	{ "UNSEEN", IMAP_KEY_FLAG, 1, FLAG, "\\Seen" },
	{ "YOUNGER", IMAP_KEY_YOUNGER, 0, SECONDS, NULL }
};

static const char bad_seconds[] =
    "OLDER and YOUNGER want seconds above 0 (RFC 5032 3)";
static const char bad_key[] = "not a search-key (RFC 9051 6.4.4)";

int
imap_search_parse(struct imap_cursor *c, struct imap_search *s)
{
	struct parse p;			/* large, and hardly used: not cleared */
	struct imap_cursor *rest;

	p.s = s;
	p.depth = 0;
	p.why = c->why;
	if (open_frame(&p, IMAP_KEY_AND, 0, *c) < 0)
		return -1;
	c->at = c->end;
	while (p.depth > 0) {
		unsigned i = p.depth - 1;

		/* keys come from the innermost list that is open */
		while (p.open[i].wants)
			i--;
		rest = &p.open[i].rest;
		if (rest->at < rest->end) {
			if (begin_key(&p, rest) < 0)
				return -1;
		} else if (i + 1 < p.depth || s->n == p.open[i].key + 1) {
			*p.why = bad_key;
			return -1;
		} else {
			s->v[p.open[i].key].next = s->n;
			p.depth--;
		}
		close_full(&p);
	}
	return 0;
}

void
imap_search_free(struct imap_search *s)
{
	uint32_t i;

	for (i = 0; i < s->n; i++)
		imap_set_free(&s->v[i].set);
	free(s->v);
	*s = (struct imap_search){ 0 };
}

/*
 * Keys from left to right; after each the groups that it decides are left, and
 * what follows in them is skipped.
 */
int
imap_search_run(const struct imap_search *s,
    int (*test)(void *, const struct imap_search_key *), void *arg)
{
	struct {
		uint32_t key;
		int maybe;		/* one within was not known */
	} open[IMAP_SEARCH_DEPTH];
	uint32_t depth = 0, at = 0;
	const struct imap_search_key *k;
	int r;

	for (;;) {
		k = &s->v[at];
		if (k->key <= IMAP_KEY_NOT) {
			open[depth].key = at++;
			open[depth++].maybe = 0;
			continue;
		}
		if ((r = k->key == IMAP_KEY_ALL ? 1 : test(arg, k)) < 0)
			return -1;
		at = k->next;
		while (depth > 0) {
			k = &s->v[open[depth - 1].key];
			open[depth - 1].maybe |= r == IMAP_MAYBE;
			if (k->key == IMAP_KEY_NOT)
				r = r == IMAP_MAYBE ? r : !r;
			else if (r != (k->key == IMAP_KEY_OR)) {
				if (at < k->next)
					break;
				r = open[depth - 1].maybe ? IMAP_MAYBE :
				    k->key == IMAP_KEY_AND;
			}
			at = k->next;
			depth--;
		}
		if (depth == 0)
			return r;
	}
}

static int
begin_key(struct parse *p, struct imap_cursor *c)
{
	struct imap_cursor in;
	const struct imap_token *t;
	struct imap_search_key *k;
	const struct word *w;

	if (imap_take(c, &t, bad_key) < 0)
		return -1;
	*p->why = bad_key;
	if (t->kind == IMAP_PARENS) {
		in = imap_cursor_in(c, t);
		return open_frame(p, IMAP_KEY_AND, 0, in);
	}
	if (t->kind != IMAP_ATOM)
		return -1;
	if (is_set(t->text)) {
		c->at = (uint32_t)(t - c->v);
		return set_key(p, c, IMAP_KEY_SEQUENCE);
	}
	if ((w = word_of(t->text)) == NULL)
		return -1;
	if (w->argument == KEYS1 || w->argument == KEYS2)
		return open_frame(p, w->key, w->argument == KEYS1 ? 1 : 2,
		    *c);
	if (w->argument == SET)
		return set_key(p, c, w->key);
	if ((k = add(p, w->key)) == NULL)
		return -1;
	k->not = w->not;
	if (w->flag)
		k->flag = span_of(w->flag);
	return argument(p, c, w, k);
}

/* Groups that have all they want are complete, and so count for theirs. */
static void
close_full(struct parse *p)
{
	struct imap_search *s = p->s;
	struct frame *f;
	uint32_t at, have;

	while (p->depth && (f = &p->open[p->depth - 1])->wants) {
		for (have = 0, at = f->key + 1; at < s->n; have++)
			at = s->v[at].next;
		if (have < f->wants)
			return;
		s->v[f->key].next = s->n;
		p->depth--;
	}
}

static struct imap_search_key *
add(struct parse *p, enum imap_key key)
{
	struct imap_search *s = p->s;
	struct imap_search_key *v;
	uint32_t size;

	if (s->n == IMAP_SEARCH_KEYS) {
		*p->why = "more than 1000 search keys";
		return NULL;
	}
	if (s->n == s->size) {
		size = s->size ? s->size * 2 : 8;
		if ((v = reallocarray(s->v, size, sizeof *v)) == NULL) {
			*p->why = "no memory";
			return NULL;
		}
		s->v = v;
		s->size = size;
	}
	v = &s->v[s->n++];
	*v = (struct imap_search_key){ .key = key, .next = s->n };
	return v;
}

static int
open_frame(struct parse *p, enum imap_key key, unsigned wants,
    struct imap_cursor rest)
{
	if (p->depth == IMAP_SEARCH_DEPTH)
		return imap_bad(p->why,
		    "more than 500 search keys within each other");
	if (add(p, key) == NULL)
		return -1;
	p->open[p->depth++] = (struct frame){ p->s->n - 1, wants, rest };
	return 0;
}

static const struct word *
word_of(struct span s)
{
	size_t i;

	for (i = 0; i < sizeof words / sizeof *words; i++)
		if (span_case_eq(s, span_of(words[i].name)))
			return &words[i];
	return NULL;
}

static int
argument(struct parse *p, struct imap_cursor *c, const struct word *w,
    struct imap_search_key *k)
{
	switch (w->argument) {
	case ASTRING:
		return imap_take_astring(c, &k->text,
		    "a string is missing after a search-key (RFC 9051 6.4.4)");
	case FIELD:
		return imap_take_astring(c, &k->flag,
		    "HEADER wants a field name (RFC 9051 6.4.4)") < 0 ? -1 :
		    imap_take_astring(c, &k->text,
		    "HEADER wants a string (RFC 9051 6.4.4)");
	case KEYWORD:
		return imap_take_atom(c, &k->flag,
		    "KEYWORD wants an atom (RFC 9051 6.4.4)");
	case ID:
		return imap_take_atom(c, &k->text,
		    "an object id is missing (RFC 8474 7)");
	case ON:
	case BEFORE:
	case SINCE:
		return days(c, w->argument, k);
	case SIZE:
		return imap_take_number(c, INT64_MAX, &k->number,
		    "LARGER and SMALLER want a number (RFC 9051 6.4.4)");
	case SECONDS:
		*p->why = bad_seconds;
		return imap_take_number(c, UINT32_MAX, &k->number,
		    bad_seconds) == 0 && k->number > 0 ? 0 : -1;
	case MODSEQ:
		p->s->modseq = 1;
		return modseq(c, k);
	default:
		return 0;
	}
}

/* A date, with or without quotes */
static int
days(struct imap_cursor *c, enum argument how, struct imap_search_key *k)
{
	struct span text;
	int64_t day;

	if (imap_take_astring(c, &text, "a date is missing (RFC 9051 6.4.4)") <
	    0 || imap_date_parse(text, &day, c->why) < 0)
		return -1;
	k->from = how == BEFORE ? INT64_MIN : day;
	k->to = how == BEFORE ? day : how == ON ? day + 86400 : INT64_MAX;
	return 0;
}

/* RFC 7162 3.1.5: ["/flags/name" ("priv" / "shared" / "all")] mod-sequence.
 * What entry it is of does not matter: ours have one number for all. */
static int
modseq(struct imap_cursor *c, struct imap_search_key *k)
{
	static const char bad[] =
	    "MODSEQ wants a mod-sequence (RFC 7162 3.1.5)";
	const struct imap_token *t = imap_peek(c);
	struct span entry;

	if (t && (t->kind == IMAP_QUOTED || (t->kind == IMAP_ATOM &&
	    t->text.n && !ascii_digit(t->text.p[0])))) {
		if (imap_take_astring(c, &entry, bad) < 0 ||
		    !span_case_starts(entry, SPAN("/flags/")) ||
		    (!imap_take_word(c, "all") && !imap_take_word(c, "priv") &&
		    !imap_take_word(c, "shared")))
			return imap_bad(c->why, bad);
	}
	return imap_take_number(c, INT64_MAX, &k->number, bad);
}

static int
set_key(struct parse *p, struct imap_cursor *c, enum imap_key key)
{
	struct imap_search_key *k = add(p, key);
	struct span text;

	if (k == NULL || imap_take_atom(c, &text,
	    "UID wants a sequence-set (RFC 9051 6.4.4)") < 0 ||
	    imap_set_parse(&k->set, text, c->why) < 0)
		return -1;
	p->s->saved |= k->set.saved;
	p->s->numbers |= key == IMAP_KEY_SEQUENCE && !k->set.saved;
	return 0;
}

static int
is_set(struct span s)
{
	return s.n && (ascii_digit(s.p[0]) || s.p[0] == '*' || s.p[0] == '$');
}
