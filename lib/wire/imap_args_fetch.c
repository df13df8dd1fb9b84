/* imap_args - arguments of FETCH. */
#include <stdlib.h>

#include "wire/imap_args.h"

struct word {
	const char *name;
	enum imap_item item;
	int peek;
};

static int item(struct imap_fetch *, struct imap_cursor *);
static int section(struct imap_fetch *, struct imap_cursor *,
	    const struct imap_token *, struct imap_fetch_item *);
static int preview(struct imap_cursor *, struct imap_fetch_item *);
static int add(struct imap_fetch *, enum imap_item, const char **);
static int macro(struct imap_fetch *, struct imap_cursor *, int *);
static int modifiers(struct imap_command *, struct imap_cursor *);
static const struct word *word_of(const struct word *, struct span);

static const struct word items[] = {
	{ "UID", IMAP_FETCH_UID, 0 },
	{ "FLAGS", IMAP_FETCH_FLAGS, 0 },
	{ "INTERNALDATE", IMAP_FETCH_INTERNALDATE, 0 },
	{ "RFC822.SIZE", IMAP_FETCH_SIZE, 0 },
	{ "ENVELOPE", IMAP_FETCH_ENVELOPE, 0 },
	{ "BODY", IMAP_FETCH_BODY_OLD, 0 },
	{ "BODYSTRUCTURE", IMAP_FETCH_BODYSTRUCTURE, 0 },
	{ "MODSEQ", IMAP_FETCH_MODSEQ, 0 },
	{ "EMAILID", IMAP_FETCH_EMAILID, 0 },
	{ "THREADID", IMAP_FETCH_THREADID, 0 },
	{ "SAVEDATE", IMAP_FETCH_SAVEDATE, 0 },
	{ "PREVIEW", IMAP_FETCH_PREVIEW, 0 },
	{ "RFC822", IMAP_FETCH_RFC822, 0 },
	{ "RFC822.PEEK", IMAP_FETCH_RFC822, 1 },	/* RFC 1730; Outlook */
	{ "RFC822.HEADER", IMAP_FETCH_RFC822_HEADER, 1 },
	{ "RFC822.TEXT", IMAP_FETCH_RFC822_TEXT, 0 },
	{ NULL, 0, 0 }
};
static const struct word sections[] = {
	{ "BODY", IMAP_FETCH_SECTION, 0 },
	{ "BODY.PEEK", IMAP_FETCH_SECTION, 1 },
	{ "BINARY", IMAP_FETCH_BINARY, 0 },
	{ "BINARY.PEEK", IMAP_FETCH_BINARY, 1 },
	{ "BINARY.SIZE", IMAP_FETCH_BINARY_SIZE, 1 },
	{ NULL, 0, 0 }
};

static const char bad_item[] = "not a FETCH item (RFC 9051 6.4.5)";

/* "FETCH" SP sequence-set SP ("ALL" / "FULL" / "FAST" / fetch-att / "("
 * fetch-att *(SP fetch-att) ")") [SP fetch-modifiers] (RFC 4466 2.5) */
int
imap_args_fetch(struct imap_command *c, struct imap_cursor *in)
{
	const struct imap_token *t;
	struct imap_cursor list;
	int done = 0;

	if (imap_args_set(in, &c->set, "a sequence-set is missing "
	    "(RFC 9051 9)") < 0 || macro(&c->fetch, in, &done) < 0)
		return -1;
	if ((t = imap_peek(in)) != NULL && t->kind == IMAP_PARENS && !done) {
		if (imap_take_list(in, &list, bad_item) < 0 ||
		    imap_args_items(&c->fetch, &list) < 0)
			return -1;
	} else if (!done && item(&c->fetch, in) < 0)
		return -1;
	if (imap_peek(in) != NULL && modifiers(c, in) < 0)
		return -1;
	/* RFC 7162 3.2.6: VANISHED is for UID FETCH with CHANGEDSINCE */
	if (c->fetch.vanished && (!c->uid || !c->fetch.changed))
		return imap_bad(in->why,
		    "VANISHED wants UID FETCH and CHANGEDSINCE "
		    "(RFC 7162 3.2.6)");
	return 0;
}

int
imap_args_items(struct imap_fetch *f, struct imap_cursor *in)
{
	do
		if (item(f, in) < 0)
			return -1;
	while (in->at < in->end);
	return 0;
}

static int
item(struct imap_fetch *f, struct imap_cursor *in)
{
	const struct imap_token *t;
	const struct word *w;
	struct imap_fetch_item *v;

	if (imap_take(in, &t, bad_item) < 0)
		return -1;
	w = t->kind == IMAP_ATOM ? word_of(items, t->text) :
	    t->kind == IMAP_SECTION ? word_of(sections, t->text) : NULL;
	*in->why = bad_item;
	if (w == NULL || add(f, w->item, in->why) < 0)
		return -1;
	v = &f->v[f->n - 1];
	v->peek = w->peek;
	if (t->kind == IMAP_SECTION)
		return section(f, in, t, v);
	return w->item == IMAP_FETCH_PREVIEW ? preview(in, v) : 0;
}

static int
section(struct imap_fetch *f, struct imap_cursor *in,
    const struct imap_token *t, struct imap_fetch_item *v)
{
	struct imap_section *s;
	uint32_t size;

	if (f->nsection == f->section_size) {
		size = f->section_size ? f->section_size * 2 : 1;
		if ((s = reallocarray(f->section, size, sizeof *s)) == NULL)
			return imap_bad(in->why, "no memory");
		f->section = s;
		f->section_size = size;
	}
	v->section = f->nsection++;
	s = &f->section[v->section];
	if (imap_section_parse(in, t, s, v->item != IMAP_FETCH_SECTION,
	    in->why) < 0)
		return -1;
	*in->why = "BINARY.SIZE has no partial (RFC 3516 4.3)";
	return v->item == IMAP_FETCH_BINARY_SIZE && s->partial ? -1 : 0;
}

/* RFC 8970 6: "PREVIEW" [SP "(" preview-mod *(SP preview-mod) ")"] */
static int
preview(struct imap_cursor *in, struct imap_fetch_item *v)
{
	const struct imap_token *t = imap_peek(in);
	struct imap_cursor list;

	if (t == NULL || t->kind != IMAP_PARENS)
		return 0;
	list = imap_cursor_in(in, t);
	while (imap_take_word(&list, "LAZY"))
		v->lazy = 1;
	if (!v->lazy)
		return 0;		/* then these are modifiers */
	in->at = t->next;
	return imap_take_end(&list);
}

static int
add(struct imap_fetch *f, enum imap_item what, const char **why)
{
	struct imap_fetch_item *v;
	uint32_t size;

	if (f->n == IMAP_ITEMS) {
		*why = "more than 200 items in a FETCH";
		return -1;
	}
	if (f->n == f->size) {
		size = f->size ? f->size * 2 : 8;
		if ((v = reallocarray(f->v, size, sizeof *v)) == NULL) {
			*why = "no memory";
			return -1;
		}
		f->v = v;
		f->size = size;
	}
	f->v[f->n++] = (struct imap_fetch_item){ .item = what };
	return 0;
}

/* RFC 9051 6.4.5: FAST, ALL and FULL, which is ALL and BODY */
static int
macro(struct imap_fetch *f, struct imap_cursor *in, int *done)
{
	static const enum imap_item order[] = {
		IMAP_FETCH_FLAGS, IMAP_FETCH_INTERNALDATE, IMAP_FETCH_SIZE,
		IMAP_FETCH_ENVELOPE, IMAP_FETCH_BODY_OLD
	};
	unsigned i, n = imap_take_word(in, "FAST") ? 3 :
	    imap_take_word(in, "ALL") ? 4 : imap_take_word(in, "FULL") ? 5 : 0;

	for (i = 0; i < n; i++)
		if (add(f, order[i], in->why) < 0)
			return -1;
	*done = n > 0;
	return 0;
}

/* "(" "CHANGEDSINCE" SP mod-sequence ["VANISHED"] ")" (RFC 7162 3.1.4.1) */
static int
modifiers(struct imap_command *c, struct imap_cursor *in)
{
	static const char bad[] = "FETCH takes (CHANGEDSINCE number VANISHED) "
	    "(RFC 7162 3.1.4.1)";
	struct imap_cursor list;

	if (imap_take_list(in, &list, bad) < 0)
		return -1;
	do {
		*in->why = bad;
		if (imap_take_word(&list, "VANISHED"))
			c->fetch.vanished = 1;
		else if (!imap_take_word(&list, "CHANGEDSINCE") ||
		    imap_take_number(&list, INT64_MAX,
		    &c->fetch.changed_since, bad) < 0)
			return -1;
		else
			c->fetch.changed = 1;
	} while (list.at < list.end);
	return 0;
}

static const struct word *
word_of(const struct word *w, struct span s)
{
	while (w->name && !span_case_eq(s, span_of(w->name)))
		w++;
	return w->name ? w : NULL;
}
