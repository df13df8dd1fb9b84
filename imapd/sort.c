/* sort - SORT: finds the messages, puts them in order, tells their numbers. */
#include "imapd/keys.h"
#include "imapd/match.h"
#include "imapd/sort.h"
#include "imapd/update.h"
#include "wire/imap_sort.h"

struct sort {
	struct box *b;
	const struct imap_command *c;
	struct match match;
	struct keys keys;
	int fields;			/* a key is of the header */
	struct imap_sort rows;		/* their values: message numbers */
	uint64_t modseq;		/* highest of them */
};

static int  run(struct sort *);
static int  add(struct sort *, uint32_t);
static int  add_text(struct sort *, uint32_t, enum imap_sort_key);
static int  save(struct sort *);
static int  ends_only(unsigned);
static void tell_old(struct sort *);
static void tell(struct sort *);
static void tell_all(struct sort *);
static void tell_modseq(struct sort *);
static uint32_t told(struct sort *, uint32_t);

enum answer
sort_run(struct box *b, struct imap_command *c)
{
	struct sort s = { .b = b, .c = c, .rows = { .find = &c->find } };
	unsigned bits = c->find.result;
	int r;

	if (c->find.search.modseq)
		update_condstore(b);
	r = match_begin(&s.match, b, c);
	if (r == 0 && (run(&s) < 0 || imap_sort_run(&s.rows) < 0 ||
	    (bits & IMAP_RESULT_SAVE && save(&s) < 0))) {
		b->answer = box_failed(b, "SORT");
		r = -1;
	}
	if (r < 0) {
		/* RFC 5182 2.1: empty when this fails, but for BAD */
		if (bits & IMAP_RESULT_SAVE && b->answer != ANSWER_BAD)
			imap_set_free(&b->saved);
	} else {
		if (bits & IMAP_RESULT)
			tell(&s);
		else
			tell_old(&s);
		b->answer = box_say(b, ANSWER_OK, "", "sorted");
	}
	match_end(&s.match);
	keys_free(&s.keys);
	imap_sort_free(&s.rows);
	return b->answer;
}

static int
run(struct sort *s)
{
	uint32_t i, n = folder_count(s->b->folder);
	int is;

	s->keys.charset = s->match.text.charset;
	for (i = 0; i < s->c->find.nsort; i++)
		s->fields |= s->c->find.sort[i].key != IMAP_SORT_ARRIVAL &&
		    s->c->find.sort[i].key != IMAP_SORT_SIZE;
	for (i = 1; i <= n; i++)
		if ((is = match_run(&s->match, i)) < 0 ||
		    (is == 1 && add(s, i) < 0))
			return -1;
	return 0;
}

static int
add(struct sort *s, uint32_t number)
{
	const struct imap_find *f = &s->c->find;
	struct message *m = &s->match.message;
	uint32_t i;

	if (imap_sort_add(&s->rows, number) < 0 ||
	    keys_read(&s->keys, m, s->fields) < 0)
		return -1;
	if (m->mail.modseq > s->modseq)
		s->modseq = m->mail.modseq;
	for (i = 0; i < f->nsort; i++)
		switch (f->sort[i].key) {
		case IMAP_SORT_ARRIVAL:
			imap_sort_number(&s->rows, i, keys_arrival(&s->keys));
			break;
		case IMAP_SORT_DATE:
			imap_sort_number(&s->rows, i, keys_sent(&s->keys));
			break;
		case IMAP_SORT_SIZE:
			imap_sort_number(&s->rows, i, keys_size(&s->keys));
			break;
		default:
			if (add_text(s, i, f->sort[i].key) < 0)
				return -1;
		}
	return 0;
}

static int
add_text(struct sort *s, uint32_t i, enum imap_sort_key key)
{
	static const enum key_field field[] = {
		[IMAP_SORT_CC] = KEY_CC, [IMAP_SORT_FROM] = KEY_FROM,
		[IMAP_SORT_TO] = KEY_TO, [IMAP_SORT_DISPLAYFROM] = KEY_FROM,
		[IMAP_SORT_DISPLAYTO] = KEY_TO
	};
	struct span text;
	int reply;

	if (key == IMAP_SORT_SUBJECT)
		text = keys_subject(&s->keys, &reply);
	else
		text = keys_address(&s->keys, field[key],
		    key == IMAP_SORT_DISPLAYFROM || key == IMAP_SORT_DISPLAYTO);
	return imap_sort_text(&s->rows, i, text);
}

/* RFC 5182 2.4: with MIN or MAX, and neither ALL nor COUNT, only those. */
static int
save(struct sort *s)
{
	unsigned bits = s->c->find.result;
	struct imap_set *saved = &s->b->saved;
	uint32_t i, n = s->rows.n;
	struct mail m;

	imap_set_free(saved);
	for (i = 0; i < n; i++) {
		uint32_t number = s->rows.value[i];

		if (ends_only(bits) &&
		    !(bits & IMAP_RESULT_MIN &&
		    number == imap_sort_value(&s->rows, 0)) &&
		    !(bits & IMAP_RESULT_MAX &&
		    number == imap_sort_value(&s->rows, n - 1)))
			continue;
		if (folder_mail(s->b->folder, number, &m) < 0 ||
		    imap_set_add(saved, m.uid, m.uid) < 0)
			return -1;
	}
	return 0;
}

static int
ends_only(unsigned bits)
{
	return bits & (IMAP_RESULT_MIN | IMAP_RESULT_MAX) &&
	    !(bits & (IMAP_RESULT_ALL | IMAP_RESULT_COUNT));
}

static void
tell_old(struct sort *s)
{
	struct out *o = &s->b->out;
	uint32_t i;

	out_str(o, "* SORT");
	for (i = 0; i < s->rows.n; i++) {
		out_str(o, " ");
		out_number(o, told(s, i));
	}
	/* RFC 7162 7, search-sort-mod-seq */
	if (s->c->find.search.modseq && s->rows.n) {
		out_named(o, " (MODSEQ ", s->modseq);
		out_str(o, ")");
	}
	out_str(o, "\r\n");
}

/* RFC 5267 3.1: MIN and MAX are the first and the last of the order. */
static void
tell(struct sort *s)
{
	unsigned bits = s->c->find.result;
	struct out *o = &s->b->out;
	uint32_t n = s->rows.n;

	if (!(bits & (IMAP_RESULT_MIN | IMAP_RESULT_MAX | IMAP_RESULT_ALL |
	    IMAP_RESULT_COUNT)))
		return;
	box_esearch(s->b, s->c);
	if (bits & IMAP_RESULT_MIN && n)
		out_named(o, " MIN ", told(s, 0));
	if (bits & IMAP_RESULT_MAX && n)
		out_named(o, " MAX ", told(s, n - 1));
	if (bits & IMAP_RESULT_ALL && n)
		tell_all(s);
	if (bits & IMAP_RESULT_COUNT)
		out_named(o, " COUNT ", n);
	if (s->c->find.search.modseq && n)
		tell_modseq(s);
	out_str(o, "\r\n");
}

/* A set in the order of the result, with ranges where that ascends by one. */
static void
tell_all(struct sort *s)
{
	struct out *o = &s->b->out;
	const char *before = " ALL ";
	uint32_t i, first, last;

	for (i = 0; i < s->rows.n; before = ",") {
		first = last = told(s, i++);
		while (i < s->rows.n && told(s, i) == last + 1) {
			last++;
			i++;
		}
		out_named(o, before, first);
		if (last != first)
			out_named(o, ":", last);
	}
}

/* RFC 4731 3.2: with MIN and MAX alone, of these. */
static void
tell_modseq(struct sort *s)
{
	unsigned bits = s->c->find.result;
	uint64_t highest = ends_only(bits) ? 0 : s->modseq;
	struct mail m;

	if (ends_only(bits) && bits & IMAP_RESULT_MIN && folder_mail(
	    s->b->folder, imap_sort_value(&s->rows, 0), &m) == 0)
		highest = m.modseq;
	if (ends_only(bits) && bits & IMAP_RESULT_MAX && folder_mail(
	    s->b->folder, imap_sort_value(&s->rows, s->rows.n - 1), &m) == 0 &&
	    m.modseq > highest)
		highest = m.modseq;
	out_named(&s->b->out, " MODSEQ ", highest);
}

/* The i-th as the client is told it. */
static uint32_t
told(struct sort *s, uint32_t i)
{
	uint32_t number = imap_sort_value(&s->rows, i);
	struct mail m;

	if (!s->c->uid)
		return number;
	return folder_mail(s->b->folder, number, &m) < 0 ? 0 : m.uid;
}
