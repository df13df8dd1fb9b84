/*
 * fetch - FETCH.
 *
 * What is wanted of all messages is worked out once.  Of each message all is
 * read before the first byte of its answer leaves, since a literal that was
 * announced cannot be taken back.
 */
#include <errno.h>
#include <stdlib.h>

#include "imapd/fetch.h"
#include "imapd/flags.h"
#include "imapd/preview.h"
#include "imapd/section.h"
#include "imapd/update.h"
#include "sys/log.h"
#include "wire/imap_envelope.h"
#include "wire/imap_reply.h"

struct fetch {
	struct box *b;
	const struct imap_fetch *f;
	struct imap_set numbers;
	unsigned blobs;			/* 1 << kind */
	int load, parse;		/* the bytes; the structure */
	int size, date, emailid;
	int preview;			/* 1: wanted, 2: only if it is known */
	int known;
	struct buf words;		/* of the preview */
	int uid, flags, modseq;		/* said among the items */
	int sees;			/* sets \Seen */
	struct imap_set seen;		/* those that had it not */
	int gone, unknown;		/* of some that; of an encoding */
	uint64_t vsize;
	int64_t internal;
	char id[EMAILID];
	struct message m;
};

static int  all(struct fetch *);
static void drop(struct fetch *);
static void plan(struct fetch *, int);
static void plan_item(struct fetch *, const struct imap_fetch_item *);
static int  vanished(struct fetch *, const struct imap_command *);
static int  see(struct fetch *);
static int  one(struct fetch *, uint32_t);
static int  get(struct fetch *);
static int  preview(struct fetch *);
static void tell(struct fetch *, uint32_t);
static void item(struct fetch *, const struct imap_fetch_item *);
static void modseq(struct fetch *);
static void saved(struct fetch *);
static void preview_out(struct fetch *);
static enum answer finish(struct fetch *);

enum answer
fetch_run(struct box *b, struct imap_command *c)
{
	struct fetch f = { .b = b, .f = &c->fetch };
	enum answer a = ANSWER_NONE;
	int r;

	plan(&f, c->uid);
	if (c->fetch.vanished && !b->qresync)
		return box_say(b, ANSWER_BAD, "",
		    "ENABLE QRESYNC first (RFC 7162 3.2.6)");
	if (f.modseq)
		update_condstore(b);
	if ((r = vanished(&f, c)) == 0) {
		if (box_numbers(b, c, &f.numbers) < 0)
			return b->answer;
		r = all(&f);
	}
	a = r < 0 ? box_failed(b, "FETCH") : finish(&f);
	drop(&f);
	return a;
}

int
fetch_tell(struct box *b, const struct imap_fetch *items,
    struct imap_set *numbers)
{
	struct fetch f = { .b = b, .f = items, .numbers = *numbers };
	int r, e;

	plan(&f, 1);
	if (f.modseq)
		update_condstore(b);
	r = all(&f);
	e = errno;
	drop(&f);
	errno = e;
	return r;
}

/* 0, or -1 with errno */
static int
all(struct fetch *f)
{
	uint32_t number = 0;
	int r = f->sees ? see(f) : 0;

	while (r == 0 && !f->b->out.lost &&
	    imap_set_next(&f->numbers, number, &number))
		r = one(f, number);
	return r;
}

static void
drop(struct fetch *f)
{
	message_free(&f->m);
	buf_free(&f->words);
	imap_set_free(&f->numbers);
	imap_set_free(&f->seen);
}

static void
plan(struct fetch *f, int uid)
{
	uint32_t i;

	for (i = 0; i < f->f->n; i++)
		plan_item(f, &f->f->v[i]);
	f->load |= f->parse;
	f->sees = f->sees && !f->b->read_only;
	f->uid |= uid;
	/* RFC 7162 3.1.4.1: told of each with CHANGEDSINCE */
	if (f->f->changed && !f->modseq)
		f->modseq = 2;
}

static void
plan_item(struct fetch *f, const struct imap_fetch_item *v)
{
	const struct imap_section *s = v->item >= IMAP_FETCH_SECTION ?
	    &f->f->section[v->section] : NULL;

	switch (v->item) {
	case IMAP_FETCH_UID:		f->uid = 1; return;
	case IMAP_FETCH_FLAGS:		f->flags = 1; return;
	case IMAP_FETCH_MODSEQ:		f->modseq = 1; return;
	case IMAP_FETCH_SIZE:		f->size = 1; return;
	case IMAP_FETCH_INTERNALDATE:	f->date = 1; return;
	case IMAP_FETCH_EMAILID:	f->emailid = 1; return;
	case IMAP_FETCH_ENVELOPE:	f->blobs |= 1u << KIND_ENVELOPE; return;
	case IMAP_FETCH_BODY_OLD:	f->blobs |= 1u << KIND_BODY; return;
	case IMAP_FETCH_BODYSTRUCTURE:
		f->blobs |= 1u << KIND_STRUCTURE;
		return;
	case IMAP_FETCH_THREADID:
	case IMAP_FETCH_SAVEDATE:
		return;
	case IMAP_FETCH_PREVIEW:
		f->preview = v->lazy && f->preview != 1 ? 2 : 1;
		return;
	default:
		break;
	}
	f->sees |= !v->peek;
	if (v->item == IMAP_FETCH_SECTION && section_in_fields(s))
		f->blobs |= 1u << KIND_FIELDS;
	else {
		f->load = 1;
		f->parse |= section_wants_mime(v->item, s);
	}
}

/* RFC 7162 3.2.6: of those UIDs, what is gone since; * may be gone, too. */
static int
vanished(struct fetch *f, const struct imap_command *c)
{
	struct imap_set of = { .n = c->set.n };
	struct folder_totals t;
	int r;

	if (!f->f->vanished)
		return 0;
	if (c->set.saved)
		return update_earlier(f->b, f->f->changed_since, &f->b->saved);
	if ((of.v = calloc(of.n, sizeof *of.v)) == NULL)
		return -1;
	memcpy(of.v, c->set.v, of.n * sizeof *of.v);
	folder_totals(f->b->folder, &t);
	imap_set_resolve(&of, t.uidnext - 1);
	r = update_earlier(f->b, f->f->changed_since, &of);
	imap_set_free(&of);
	return r;
}

/* \Seen for all in one go, before they are told. */
static int
see(struct fetch *f)
{
	struct store s = { STORE_ADD, FLAG_SEEN, UINT64_MAX };
	uint32_t number = 0, *v;
	unsigned char *result;
	struct mail m;
	size_t n = 0;
	int r = 0;

	v = calloc((size_t)imap_set_count(&f->numbers) + 1, sizeof *v);
	while (v && r == 0 && imap_set_next(&f->numbers, number, &number)) {
		r = folder_mail(f->b->folder, number, &m);
		if (r == 0 && !(m.flags & FLAG_SEEN) && !m.gone &&
		    (!f->f->changed || m.modseq > f->f->changed_since)) {
			v[n++] = number;
			r = imap_set_add(&f->seen, number, number);
		}
	}
	result = calloc(n + 1, 1);
	if (v == NULL || result == NULL)
		r = -1;
	/* \Seen is a comfort: mail can be read also where a disk is full, or a
	 * name has no room for the letter */
	if (r == 0 && n && folder_store(f->b->folder, &s, v, n, result) < 0) {
		if (errno == EUCLEAN || errno == ENOMEM)
			r = -1;
		else
			log_warn("not-marked", "mailbox %s: %s",
			    f->b->facts->user, strerror(errno));
	}
	free(v);
	free(result);
	return r;
}

/* 0; -1 with errno: what ends the command. */
static int
one(struct fetch *f, uint32_t number)
{
	if (message_start(&f->m, f->b->folder, number, f->b->rev2 ? IMAP_REV2 :
	    f->b->utf8 ? IMAP_UTF8 : IMAP_REV1) < 0)
		return -1;
	if (f->f->changed && f->m.mail.modseq <= f->f->changed_since &&
	    !imap_set_has(&f->seen, number))
		return 0;
	if (get(f) < 0) {
		/* RFC 2180 4.1: the others are told, and then NO */
		f->gone |= errno == ENOENT ? 1 : 2;
		return errno == EUCLEAN || errno == ENOMEM ? -1 : 0;
	}
	tell(f, number);
	f->b->fetched++;
	return 0;
}

static int
get(struct fetch *f)
{
	struct folder *box = f->b->folder;
	uint64_t size;

	if ((f->parse && message_parse(&f->m) < 0) ||
	    (f->load && message_load(&f->m) < 0) ||
	    (f->preview && preview(f) < 0) ||
	    (f->blobs && message_blobs(&f->m, f->blobs) < 0) ||
	    (f->size && folder_sizes(box, f->m.number, &size, &f->vsize) < 0) ||
	    (f->date && folder_date(box, f->m.number, &f->internal) < 0) ||
	    (f->emailid && folder_emailid(box, f->m.number, f->id) < 0))
		return -1;
	return 0;
}

/* RFC 8970.  Before the blobs, which it may take away. */
static int
preview(struct fetch *f)
{
	struct box *b = f->b;
	struct charset cs;

	if (b->charset == NULL && (b->charset = charset_new()) == NULL)
		return -1;
	cs = charset_of(b->charset);
	f->known = preview_get(&f->m, &cs, f->preview == 2, &f->words);
	return f->known < 0 ? -1 : 0;
}

static void
preview_out(struct fetch *f)
{
	struct buf *s = &f->b->scratch;

	buf_reset(s);
	if (f->known)
		(void)imap_reply_string(s, buf_span(&f->words), f->b->utf8);
	else
		buf_adds(s, "NIL");
	out_str(&f->b->out, "PREVIEW ");
	box_put(f->b);
}

static void
tell(struct fetch *f, uint32_t number)
{
	struct out *o = &f->b->out;
	int saw = imap_set_has(&f->seen, number) &&
	    f->m.mail.flags & FLAG_SEEN;
	const char *before = "";
	uint32_t i;

	out_str(o, "* ");
	out_number(o, number);
	out_str(o, " FETCH (");
	/* RFC 7162 3.2.4: with news of flags comes the UID */
	if (f->uid || (saw && f->b->condstore)) {
		out_str(o, "UID ");
		out_number(o, f->m.mail.uid);
		before = " ";
	}
	for (i = 0; i < f->f->n; i++) {
		if (f->f->v[i].item == IMAP_FETCH_UID)
			continue;
		out_str(o, before);
		item(f, &f->f->v[i]);
		before = " ";
	}
	if (saw && !f->flags) {
		out_str(o, before);
		out_str(o, "FLAGS ");
		flags_out(o, f->b->folder, f->m.mail.flags,
		    f->m.mail.recent && !f->b->rev2);
		before = " ";
	}
	if (f->modseq == 2 || (saw && f->modseq == 0 && f->b->condstore)) {
		out_str(o, before);
		modseq(f);
	}
	out_str(o, ")\r\n");
}

static void
item(struct fetch *f, const struct imap_fetch_item *v)
{
	struct out *o = &f->b->out;

	switch (v->item) {
	case IMAP_FETCH_UID:
		break;
	case IMAP_FETCH_FLAGS:
		out_str(o, "FLAGS ");
		flags_out(o, f->b->folder, f->m.mail.flags,
		    f->m.mail.recent && !f->b->rev2);
		break;
	case IMAP_FETCH_INTERNALDATE:
		out_str(o, "INTERNALDATE ");
		buf_reset(&f->b->scratch);
		(void)imap_reply_date(&f->b->scratch, f->internal);
		box_put(f->b);
		break;
	case IMAP_FETCH_SIZE:
		out_str(o, "RFC822.SIZE ");
		out_number(o, f->vsize);
		break;
	case IMAP_FETCH_ENVELOPE:
		out_str(o, "ENVELOPE ");
		out_span(o, f->m.blob[KIND_ENVELOPE]);
		break;
	case IMAP_FETCH_BODY_OLD:
		out_str(o, "BODY ");
		out_span(o, f->m.blob[KIND_BODY]);
		break;
	case IMAP_FETCH_BODYSTRUCTURE:
		out_str(o, "BODYSTRUCTURE ");
		out_span(o, f->m.blob[KIND_STRUCTURE]);
		break;
	case IMAP_FETCH_MODSEQ:
		modseq(f);
		break;
	case IMAP_FETCH_EMAILID:
		out_str(o, "EMAILID (");
		out_str(o, f->id);
		out_str(o, ")");
		break;
	case IMAP_FETCH_THREADID:
		/* RFC 8474 5.2: NIL where it is not kept */
		out_str(o, "THREADID NIL");
		break;
	case IMAP_FETCH_SAVEDATE:
		saved(f);
		break;
	case IMAP_FETCH_PREVIEW:
		preview_out(f);
		break;
	default:
		if (section_out(f->b, &f->m, v, v->item < IMAP_FETCH_SECTION ?
		    NULL : &f->f->section[v->section]) < 0)
			f->unknown = 1;
		break;
	}
}

static void
modseq(struct fetch *f)
{
	out_str(&f->b->out, "MODSEQ (");
	out_number(&f->b->out, f->m.mail.modseq);
	out_str(&f->b->out, ")");
}

static void
saved(struct fetch *f)
{
	struct buf *s = &f->b->scratch;

	buf_reset(s);
	if (f->m.mail.saved)
		(void)imap_reply_date(s, f->m.mail.saved);
	else
		buf_adds(s, "NIL");
	out_str(&f->b->out, "SAVEDATE ");
	box_put(f->b);
}

static enum answer
finish(struct fetch *f)
{
	struct box *b = f->b;

	if (f->gone & 2)
		return box_say(b, ANSWER_NO, "UNAVAILABLE",
		    "some of them cannot be read");
	if (f->gone)
		return box_say(b, ANSWER_NO, "EXPUNGEISSUED",
		    "some of them are gone");
	if (f->unknown)
		return box_say(b, ANSWER_NO, "UNKNOWN-CTE",
		    "a transfer encoding is not known, or could not "
		    "be undone (RFC 3516 4.3)");
	return box_say(b, ANSWER_OK, "", "fetched");
}
