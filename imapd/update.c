/* update - what a client is told without having asked. */
#include <errno.h>

#include "imapd/flags.h"
#include "imapd/notify.h"
#include "imapd/update.h"

/* What folder_vanished says of some UIDs. */
struct earlier {
	const struct imap_set *of;	/* NULL: of all */
	size_t at;			/* those before it lie below */
	struct imap_set set;
};

static void deleted(struct box *);
static int  note(void *, uint32_t, uint32_t);
static void vanish(struct box *, struct imap_range *, uint32_t);
static void vanished(struct box *, struct imap_range *);
static void exists(struct box *, uint32_t);
static void highest(struct box *);

int
update_sync(struct box *b, int gone)
{
	if (folder_sync(b->folder) < 0) {
		if (!b->over && (errno == ENOENT || errno == ESTALE))
			deleted(b);
		return -1;
	}
	return b->deaf & IMAP_NOTIFY_NEW ? 0 : update_tell(b, gone);
}

int
update_tell(struct box *b, int gone)
{
	struct imap_range uids = { 0 };
	struct change c;
	struct mail m;
	uint32_t count, first = 0;
	unsigned what = (gone ? FOLDER_GONE : 0) |
	    (b->deaf & IMAP_NOTIFY_FLAGS ? 0 : FOLDER_FLAGS);

	update_keywords(b);
	do {
		count = folder_count(b->folder);
		c = folder_next(b->folder, what);
		if (c.kind == CHANGE_GONE && b->qresync && c.uid) {
			vanish(b, &uids, c.uid);
			continue;
		}
		/* numbers are from here on those without the vanished */
		vanished(b, &uids);
		if (c.kind == CHANGE_GONE) {
			out_str(&b->out, "* ");
			out_number(&b->out, c.number);
			out_str(&b->out, " EXPUNGE\r\n");
		} else if (c.kind == CHANGE_EXISTS) {
			exists(b, c.number);
			first = count + 1;
		} else if (c.kind == CHANGE_FLAGS &&
		    folder_mail(b->folder, c.number, &m) == 0)
			update_flags(b, c.number, &m);
	} while (c.kind != CHANGE_NONE);
	if (gone)
		notify_told(b);
	return first ? notify_new(b, first) : 0;
}

void
update_keywords(struct box *b)
{
	unsigned n = flags_keywords(b->folder);

	if (n == b->keywords)
		return;
	b->keywords = n;
	out_str(&b->out, "* FLAGS (");
	flags_known(&b->out, b->folder);
	out_str(&b->out, ")\r\n* OK [PERMANENTFLAGS (");
	if (!b->read_only) {
		flags_known(&b->out, b->folder);
		if (n < FOLDER_KEYWORDS)
			out_str(&b->out, " \\*");
	}
	out_str(&b->out, ")] kept\r\n");
}

void
update_flags(struct box *b, uint32_t number, const struct mail *m)
{
	struct out *o = &b->out;

	out_str(o, "* ");
	out_number(o, number);
	out_str(o, " FETCH (UID ");
	out_number(o, m->uid);
	out_str(o, " FLAGS ");
	flags_out(o, b->folder, m->flags, m->recent && !b->rev2);
	if (b->condstore) {
		out_str(o, " MODSEQ (");
		out_number(o, m->modseq);
		out_str(o, ")");
	}
	out_str(o, ")\r\n");
}

void
update_condstore(struct box *b)
{
	if (b->condstore)
		return;
	b->condstore = 1;
	if (b->folder)
		highest(b);
}

void
update_modseq(struct box *b)
{
	struct folder_totals t;
	int behind;

	folder_totals(b->folder, &t);
	behind = folder_count(b->folder) != t.messages;
	if (!behind && !(b->deaf & IMAP_NOTIFY_FLAGS))
		b->modseq = t.modseq;
	if (b->qresync && (behind || b->behind))
		highest(b);
	b->behind = behind;
}

int
update_earlier(struct box *b, uint64_t modseq, const struct imap_set *of)
{
	struct earlier e = { .of = of };
	int r = folder_vanished(b->folder, modseq, note, &e);

	if (r == 0 && e.set.n) {
		out_str(&b->out, "* VANISHED (EARLIER) ");
		box_ranges(b, e.set.v, e.set.n);
		out_str(&b->out, "\r\n");
	}
	imap_set_free(&e.set);
	return r;
}

/* RFC 2180 3.3: who has it selected is disconnected. */
static void
deleted(struct box *b)
{
	out_line(&b->out, "* BYE the mailbox was deleted meanwhile");
	b->over = "mailbox deleted";
	errno = ENOENT;
}

/* Both come in ascending order. */
static int
note(void *arg, uint32_t first, uint32_t last)
{
	struct earlier *e = arg;
	size_t i;

	if (e->of == NULL)
		return imap_set_add(&e->set, first, last);
	while (e->at < e->of->n && e->of->v[e->at].last < first)
		e->at++;
	for (i = e->at; i < e->of->n && e->of->v[i].first <= last; i++) {
		struct imap_range x = e->of->v[i];

		if (imap_set_add(&e->set, x.first > first ? x.first : first,
		    x.last < last ? x.last : last) < 0)
			return -1;
	}
	return 0;
}

/* They come from the highest down.  They have left the view already: nothing
 * is put by for which there might be no memory. */
static void
vanish(struct box *b, struct imap_range *r, uint32_t uid)
{
	if (r->first && uid + 1 == r->first) {
		r->first = uid;
		return;
	}
	if (r->first)
		box_ranges(b, r, 1);
	out_str(&b->out, r->first ? "," : "* VANISHED ");
	*r = (struct imap_range){ uid, uid };
}

static void
vanished(struct box *b, struct imap_range *r)
{
	if (r->first == 0)
		return;
	box_ranges(b, r, 1);
	out_str(&b->out, "\r\n");
	r->first = 0;
}

static void
exists(struct box *b, uint32_t count)
{
	struct folder_totals t;

	folder_totals(b->folder, &t);
	out_str(&b->out, "* ");
	out_number(&b->out, count);
	out_str(&b->out, " EXISTS\r\n");
	if (!b->rev2)
		out_line(&b->out, "* %u RECENT", t.recent);
}

static void
highest(struct box *b)
{
	out_line(&b->out, "* OK [HIGHESTMODSEQ %llu] so far",
	    (unsigned long long)b->modseq);
}
