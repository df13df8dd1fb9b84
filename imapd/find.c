/* find - SEARCH: runs the program over the messages, and tells the result. */
#include "imapd/find.h"
#include "imapd/match.h"
#include "imapd/update.h"

struct result {
	struct imap_set set;		/* numbers, or UIDs */
	struct imap_set uids;		/* for "$" */
	uint32_t first, last, first_uid, last_uid;
	uint64_t modseq, first_modseq, last_modseq;	/* highest; of those */
};

static int  run(struct box *, struct imap_command *, struct match *,
	    struct result *);
static int  found(struct result *, const struct imap_command *, uint32_t,
	    const struct mail *);
static void save(struct box *, const struct imap_command *, struct result *);
static void tell_old(struct box *, const struct imap_command *,
	    const struct result *);
static void tell(struct box *, const struct imap_command *,
	    const struct result *);
static uint64_t modseq(unsigned, const struct result *);

enum answer
find_search(struct box *b, struct imap_command *c)
{
	struct result r = { .modseq = 0 };
	struct match m;
	enum answer a;
	int ok;

	if (c->find.search.modseq)
		update_condstore(b);
	ok = match_begin(&m, b, c);
	if (ok == 0 && c->find.result & IMAP_RESULT_SAVE)
		imap_set_free(&b->saved);	/* the keys have theirs */
	if (ok == 0 && run(b, c, &m, &r) < 0) {
		b->answer = box_failed(b, "SEARCH");
		ok = -1;
	}
	match_end(&m);
	if (ok < 0) {
		a = b->answer;
		/* RFC 9051 6.4.4.1: what is BAD leaves it */
		if (c->find.result & IMAP_RESULT_SAVE && a != ANSWER_BAD)
			imap_set_free(&b->saved);
	} else {
		if (c->find.result & IMAP_RESULT_SAVE)
			save(b, c, &r);
		if (c->find.result & IMAP_RESULT || b->rev2)
			tell(b, c, &r);
		else
			tell_old(b, c, &r);
		a = box_say(b, ANSWER_OK, "", "searched");
	}
	imap_set_free(&r.set);
	imap_set_free(&r.uids);
	return a;
}

static int
run(struct box *b, struct imap_command *c, struct match *m, struct result *r)
{
	uint32_t i, n = folder_count(b->folder);
	int is = 0;

	for (i = 1; i <= n && is >= 0; i++) {
		is = match_run(m, i);
		if (is == 1 && found(r, c, i, &m->message.mail) < 0)
			is = -1;
	}
	return is < 0 ? -1 : 0;
}

static int
found(struct result *r, const struct imap_command *c, uint32_t number,
    const struct mail *m)
{
	uint32_t v = c->uid ? m->uid : number;

	if (r->first == 0) {
		r->first = v;
		r->first_uid = m->uid;
		r->first_modseq = m->modseq;
	}
	r->last = v;
	r->last_uid = m->uid;
	r->last_modseq = m->modseq;
	if (m->modseq > r->modseq)
		r->modseq = m->modseq;
	return imap_set_add(&r->set, v, v) < 0 ||
	    (c->find.result & IMAP_RESULT_SAVE &&
	    imap_set_add(&r->uids, m->uid, m->uid) < 0) ? -1 : 0;
}

/* RFC 5182 2.4: with MIN or MAX, and neither ALL nor COUNT, only those. */
static void
save(struct box *b, const struct imap_command *c, struct result *r)
{
	unsigned bits = c->find.result;

	imap_set_free(&b->saved);
	if (!(bits & (IMAP_RESULT_MIN | IMAP_RESULT_MAX)) ||
	    bits & (IMAP_RESULT_ALL | IMAP_RESULT_COUNT)) {
		b->saved = r->uids;
		r->uids = (struct imap_set){ 0 };
		return;
	}
	if (bits & IMAP_RESULT_MIN && r->first_uid)
		(void)imap_set_add(&b->saved, r->first_uid, r->first_uid);
	if (bits & IMAP_RESULT_MAX && r->last_uid)
		(void)imap_set_add(&b->saved, r->last_uid, r->last_uid);
}

static void
tell_old(struct box *b, const struct imap_command *c, const struct result *r)
{
	struct out *o = &b->out;
	uint32_t v = 0;

	out_str(o, "* SEARCH");
	while (imap_set_next(&r->set, v, &v)) {
		out_str(o, " ");
		out_number(o, v);
	}
	/* RFC 7162 3.1.5 */
	if (c->find.search.modseq && r->set.n) {
		out_str(o, " (MODSEQ ");
		out_number(o, r->modseq);
		out_str(o, ")");
	}
	out_str(o, "\r\n");
}

/* RFC 4731 3.1 */
static void
tell(struct box *b, const struct imap_command *c, const struct result *r)
{
	unsigned bits = c->find.result;
	struct out *o = &b->out;

	if (bits == 0)
		bits = IMAP_RESULT_ALL;	/* RFC 9051 6.4.4 */
	if (!(bits & (IMAP_RESULT_MIN | IMAP_RESULT_MAX | IMAP_RESULT_ALL |
	    IMAP_RESULT_COUNT)))
		return;
	box_esearch(b, c);
	if (bits & IMAP_RESULT_MIN && r->first)
		out_named(o, " MIN ", r->first);
	if (bits & IMAP_RESULT_MAX && r->last)
		out_named(o, " MAX ", r->last);
	if (bits & IMAP_RESULT_ALL && r->set.n) {
		out_str(o, " ALL ");
		box_ranges(b, r->set.v, r->set.n);
	}
	if (bits & IMAP_RESULT_COUNT)
		out_named(o, " COUNT ", imap_set_count(&r->set));
	if (c->find.search.modseq && r->set.n)
		out_named(o, " MODSEQ ", modseq(bits, r));
	out_str(o, "\r\n");
}

/* RFC 4731 3.2: with MIN and MAX alone, of these. */
static uint64_t
modseq(unsigned bits, const struct result *r)
{
	uint64_t last = bits & IMAP_RESULT_MAX ? r->last_modseq : 0;

	if (bits & (IMAP_RESULT_ALL | IMAP_RESULT_COUNT))
		return r->modseq;
	return bits & IMAP_RESULT_MIN && r->first_modseq > last ?
	    r->first_modseq : last;
}
