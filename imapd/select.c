/* select - a mailbox is selected, or no longer. */
#include <errno.h>

#include "imapd/change.h"
#include "imapd/names.h"
#include "imapd/select.h"
#include "imapd/update.h"

static int  is_deleted(const struct box *);
static void tell(struct box *, struct span);
static uint32_t first_unseen(struct folder *);
static int  resync(struct box *, struct imap_command *);

enum answer
select_run(struct box *b, struct imap_command *c)
{
	char name[FOLDER_NAME];
	int was = b->folder != NULL, r;

	if (c->select.qresync && !b->qresync)
		return box_say(b, ANSWER_BAD, "",
		    "ENABLE QRESYNC first (RFC 7162 3.2.5)");
	/* RFC 9051 6.3.2: also when it fails, nothing is selected any more */
	box_unselect(b);
	if (was)
		out_str(&b->out, "* OK [CLOSED] the other is left\r\n");
	if (names_take(b, c->mailbox, NAMES_USE, name) < 0)
		return ANSWER_NO;
	b->read_only = c->verb == IMAP_EXAMINE;
	r = folder_open(&b->folder, &b->tree, name, b->read_only ?
	    FOLDER_READ : FOLDER_WRITE);
	if (r < 0) {
		b->folder = NULL;
		return box_failed(b, "mailbox");
	}
	memcpy(b->name, name, sizeof b->name);
	b->condstore |= c->select.condstore;
	tell(b, c->mailbox);
	if (c->select.qresync && resync(b, c) < 0) {
		enum answer a = box_failed(b, "mailbox");

		box_unselect(b);
		return a;
	}
	return box_say(b, ANSWER_OK, b->read_only ? "READ-ONLY" :
	    "READ-WRITE", "selected");
}

enum answer
select_close(struct box *b, struct imap_command *c)
{
	/* RFC 9051 6.4.1: CLOSE expunges and tells nothing of it.  Where it
	 * cannot it is no OK, and all is as before.  A mailbox that somebody
	 * has deleted holds nothing any more. */
	if (c->verb == IMAP_CLOSE && !b->read_only &&
	    change_expunge_all(b) < 0 && !is_deleted(b))
		return box_failed(b, "CLOSE");
	box_unselect(b);
	return box_say(b, ANSWER_OK, "", "nothing is selected");
}

/* By what has just failed: errno stays.  A mailbox that is there has only lost
 * its correo-uids. */
static int
is_deleted(const struct box *b)
{
	int e = errno, is = 0;

	if (e == ENOENT || e == ESTALE)
		is = !folder_is(b->folder, b->name);
	errno = e;
	return is;
}

static void
tell(struct box *b, struct span given)
{
	struct out *o = &b->out;
	struct folder_totals t;
	uint32_t n;

	folder_totals(b->folder, &t);
	b->modseq = t.modseq;
	b->behind = 0;
	b->keywords = UINT32_MAX;
	update_keywords(b);
	out_line(o, "* %u EXISTS", folder_count(b->folder));
	if (b->rev2)
		/* RFC 9051 6.3.2: its name, in the form that we give it */
		names_tell(b, "", b->name, names_differ(b, given, b->name) ?
		    given : SPAN(""));
	else {
		out_line(o, "* %u RECENT", t.recent);
		if (t.unseen && (n = first_unseen(b->folder)) != 0)
			out_line(o, "* OK [UNSEEN %u] first unseen", n);
	}
	out_line(o, "* OK [UIDVALIDITY %u] as long as this", t.uidvalidity);
	out_line(o, "* OK [UIDNEXT %u] comes next", t.uidnext);
	out_line(o, "* OK [HIGHESTMODSEQ %llu] so far",
	    (unsigned long long)t.modseq);
	out_line(o, "* OK [MAILBOXID (%s)] whatever its name", t.id);
}

static uint32_t
first_unseen(struct folder *f)
{
	uint32_t i, n = folder_count(f);
	struct mail m;

	for (i = 1; i <= n && folder_mail(f, i, &m) == 0; i++)
		if (!(m.flags & FLAG_SEEN))
			return i;
	return 0;
}

/* RFC 7162 3.2.5: what is gone and what changed since a mod-sequence. */
static int
resync(struct box *b, struct imap_command *c)
{
	struct imap_select *s = &c->select;
	struct folder_totals t;
	uint32_t i, n = folder_count(b->folder);
	struct mail m;
	int r;

	folder_totals(b->folder, &t);
	if (s->uidvalidity != t.uidvalidity)
		return 0;
	imap_set_resolve(&s->known, t.uidnext - 1);
	r = update_earlier(b, s->modseq, s->known.n ? &s->known : NULL);
	for (i = 1; r == 0 && i <= n; i++) {
		r = folder_mail(b->folder, i, &m);
		if (r == 0 && m.modseq > s->modseq && (s->known.n == 0 ||
		    imap_set_has(&s->known, m.uid)))
			update_flags(b, i, &m);
	}
	return r;
}
