/*
 * match - does a message fit a search program?
 *
 * Keys are tried by what they cost: first those that the index answers, and
 * only while the answer still depends on others the next ones, up to those for
 * which the message is read.
 *
 * Its text is decoded once, and no further than the answer needs: each piece
 * is looked at by all BODY and TEXT keys.
 */
#include <errno.h>
#include <stdlib.h>

#include "imapd/flags.h"
#include "imapd/match.h"
#include "mail/date.h"
#include "mail/header.h"
#include "sys/clock.h"

enum { NEEDLES = 64 << 20 };

struct match_key {
	uint32_t flag;			/* its bit */
	size_t at, n;			/* its needle in needles */
	size_t field, nfield;		/* the same for fields, squeezed */
	/* BODY, TEXT: */
	struct match_key *next;
	int header;			/* TEXT */
	uint32_t in;			/* the last message that holds it */
};

static int  prepare(struct match *, const struct imap_find *, size_t);
static int  needle(struct match *, const struct imap_find *, size_t);
static struct span needle_of(const struct match *, const struct match_key *,
	    int);
static int  test(void *, const struct imap_search_key *);
static enum match_cost cost(const struct imap_search_key *);
static int  is(struct match *, const struct imap_search_key *);
static int  dated(struct match *, const struct imap_search_key *);
static int  sent(struct match *, const struct imap_search_key *);
static int  sized(struct match *, const struct imap_search_key *);
static int  same_id(struct match *, const struct imap_search_key *);
static int  in_field(struct match *, const struct imap_search_key *,
	    struct span);
static struct span header_of(const struct match *, const struct mime_part *);
static int  in_text(struct match *, const struct match_key *);
static void look(struct match *, struct span, unsigned);
static int  next_piece(struct match *, struct span *, unsigned *);

enum piece_bits {
	PIECE_FIELD = 1,
	PIECE_HEADER = 2		/* not of the body */
};

int
match_begin(struct match *m, struct box *b, const struct imap_command *c)
{
	const struct imap_find *f = &c->find;
	size_t i;
	int r = 0;

	*m = (struct match){ .b = b, .search = &f->search,
	    .needles = { .max = NEEDLES }, .now = clock_s() };
	if (b->charset == NULL)
		b->charset = charset_new();
	m->key = calloc(f->search.n + 1, sizeof *m->key);
	if (m->key == NULL || b->charset == NULL) {
		b->answer = box_failed(b, "SEARCH");
		return -1;
	}
	text_begin(&m->text, b->charset);
	if (b->all_utf8 && f->charset.n && (c->verb == IMAP_SEARCH ||
	    !span_case_eq(f->charset, SPAN("UTF-8")))) {
		b->answer = box_say(b, ANSWER_BAD, "",
		    "all text is in UTF-8 (RFC 9755 3)");
		return -1;
	}
	if (f->charset.n && !charset_known(b->charset, f->charset)) {
		b->answer = box_say(b, ANSWER_NO,
		    "BADCHARSET (US-ASCII UTF-8)", "charset not known");
		return -1;
	}
	for (i = 0; i < f->search.n && r == 0; i++)
		r = prepare(m, f, i);
	if (r < 0)
		b->answer = box_failed(b, "SEARCH");
	return r;
}

int
match_run(struct match *m, uint32_t number)
{
	int r = message_start(&m->message, m->b->folder, number, 0);

	if (r < 0)
		return -1;
	m->step = !m->headers;
	m->fields = SPAN("");
	m->most = COST_INDEX;
	while ((r = imap_search_run(m->search, test, m)) == IMAP_MAYBE)
		m->most++;
	return r;
}

void
match_end(struct match *m)
{
	free(m->key);
	buf_free(&m->needles);
	text_end(&m->text);
	message_free(&m->message);
}

static int
prepare(struct match *m, const struct imap_find *f, size_t i)
{
	struct imap_search_key *k = &m->search->v[i];

	switch (k->key) {
	case IMAP_KEY_FLAG:
		m->key[i].flag = flags_bit(m->b->folder, k->flag);
		return 0;
	case IMAP_KEY_SEQUENCE:
	case IMAP_KEY_UID:
		/* one above the count fits nothing: it would be BAD (RFC 3501
		 * 9, "should"), but nothing can be done to a wrong message */
		return box_resolve(m->b, &k->set, k->key == IMAP_KEY_UID);
	case IMAP_KEY_BCC:
	case IMAP_KEY_CC:
	case IMAP_KEY_FROM:
	case IMAP_KEY_TO:
	case IMAP_KEY_SUBJECT:
	case IMAP_KEY_HEADER:
		return needle(m, f, i);
	case IMAP_KEY_BODY:
	case IMAP_KEY_TEXT:
		m->key[i].header = k->key == IMAP_KEY_TEXT;
		m->key[i].next = m->texts;
		m->texts = &m->key[i];
		m->headers |= m->key[i].header;
		return needle(m, f, i);
	default:
		return 0;
	}
}

static int
needle(struct match *m, const struct imap_find *f, size_t i)
{
	struct span charset = f->charset.n ? f->charset : SPAN("UTF-8");
	struct span text = m->search->v[i].text;
	struct match_key *key = &m->key[i];

	key->at = m->needles.n;
	if (text_needle(&m->text, charset, text, &m->needles) < 0)
		return -1;
	key->n = m->needles.n - key->at;
	key->field = m->needles.n;
	if (text_needle(&m->text, charset, text, &m->needles) < 0)
		return -1;
	text_squeeze(&m->needles, key->field);
	key->nfield = m->needles.n - key->field;
	return 0;
}

static struct span
needle_of(const struct match *m, const struct match_key *key, int field)
{
	return field ? span_sub(buf_span(&m->needles), key->field,
	    key->field + key->nfield) :
	    span_sub(buf_span(&m->needles), key->at, key->at + key->n);
}

static int
test(void *arg, const struct imap_search_key *k)
{
	struct match *m = arg;
	int r;

	if (cost(k) > m->most)
		return IMAP_MAYBE;
	r = is(m, k);
	/* what is gone or cannot be read fits nothing that must be read */
	if (r < 0)
		return errno == EUCLEAN || errno == ENOMEM ? -1 : 0;
	return k->not ? !r : r;
}

static enum match_cost
cost(const struct imap_search_key *k)
{
	switch (k->key) {
	case IMAP_KEY_INTERNAL:
	case IMAP_KEY_SAVED:
	case IMAP_KEY_OLDER:
	case IMAP_KEY_YOUNGER:
	case IMAP_KEY_LARGER:
	case IMAP_KEY_SMALLER:
		return COST_STAT;
	case IMAP_KEY_BCC:
	case IMAP_KEY_CC:
	case IMAP_KEY_FROM:
	case IMAP_KEY_TO:
	case IMAP_KEY_SUBJECT:
	case IMAP_KEY_SENT:
		return COST_CACHE;
	case IMAP_KEY_HEADER:
		return message_is_field(k->flag) ? COST_CACHE : COST_FILE;
	case IMAP_KEY_BODY:
	case IMAP_KEY_TEXT:
		return COST_FILE;
	default:
		return COST_INDEX;
	}
}

static int
is(struct match *m, const struct imap_search_key *k)
{
	const struct match_key *key = &m->key[k - m->search->v];
	const struct mail *mail = &m->message.mail;

	switch (k->key) {
	case IMAP_KEY_FLAG:
		return !!(mail->flags & key->flag);
	case IMAP_KEY_RECENT:
		return mail->recent;
	case IMAP_KEY_NEW:
		return mail->recent && !(mail->flags & FLAG_SEEN);
	case IMAP_KEY_SEQUENCE:
	case IMAP_KEY_UID:
		return imap_set_has(&k->set, m->message.number);
	case IMAP_KEY_BCC:
	case IMAP_KEY_CC:
	case IMAP_KEY_FROM:
	case IMAP_KEY_TO:
	case IMAP_KEY_SUBJECT:
	case IMAP_KEY_HEADER:
		return in_field(m, k, needle_of(m, key, 1));
	case IMAP_KEY_BODY:
	case IMAP_KEY_TEXT:
		return in_text(m, key);
	case IMAP_KEY_EMAILID:
		return same_id(m, k);
	case IMAP_KEY_INTERNAL:
	case IMAP_KEY_SAVED:
	case IMAP_KEY_OLDER:
	case IMAP_KEY_YOUNGER:
		return dated(m, k);
	case IMAP_KEY_SENT:
		return sent(m, k);
	case IMAP_KEY_SAVEDATE_SUPPORTED:
		return 1;
	case IMAP_KEY_LARGER:
	case IMAP_KEY_SMALLER:
		return sized(m, k);
	case IMAP_KEY_MODSEQ:
		return mail->modseq >= k->number;
	default:
		return 0;		/* THREADID: there are none */
	}
}

/* RFC 5032 3: OLDER and YOUNGER go by INTERNALDATE; so do the SAVED keys for a
 * message that was there before us (RFC 8514 4.3). */
static int
dated(struct match *m, const struct imap_search_key *k)
{
	int64_t t = k->key == IMAP_KEY_SAVED ? m->message.mail.saved : 0;

	if (t == 0 &&
	    folder_date(m->b->folder, m->message.number, &t) < 0)
		return -1;
	if (k->key == IMAP_KEY_INTERNAL || k->key == IMAP_KEY_SAVED)
		return t >= k->from && t < k->to;
	return k->key == IMAP_KEY_OLDER ? t <= m->now - (int64_t)k->number :
	    t >= m->now - (int64_t)k->number;
}

/* RFC 9051 6.4.4: the Date field, disregarding time and timezone. */
static int
sent(struct match *m, const struct imap_search_key *k)
{
	struct header h;
	struct span in;
	const char *why;
	int64_t t;
	int zone;

	if (message_blobs(&m->message, 1u << KIND_FIELDS) < 0)
		return -1;
	for (in = m->message.blob[KIND_FIELDS]; header_next(&in, &h) == 1;)
		if (header_is(&h, "Date") &&
		    date_parse(h.value, &t, &zone, &why) == 0) {
			t += zone * 60;
			return t >= k->from && t < k->to;
		}
	return 0;
}

static int
sized(struct match *m, const struct imap_search_key *k)
{
	uint64_t size, vsize;

	if (folder_sizes(m->b->folder, m->message.number, &size, &vsize) < 0)
		return -1;
	return k->key == IMAP_KEY_LARGER ? vsize > k->number :
	    vsize < k->number;
}

static int
same_id(struct match *m, const struct imap_search_key *k)
{
	char id[EMAILID];

	if (folder_emailid(m->b->folder, m->message.number, id) < 0)
		return -1;
	return span_eq(k->text, span_of(id));
}

static int
in_field(struct match *m, const struct imap_search_key *k, struct span text)
{
	static const char *const names[] = {
		[IMAP_KEY_BCC] = "Bcc", [IMAP_KEY_CC] = "Cc",
		[IMAP_KEY_FROM] = "From", [IMAP_KEY_TO] = "To",
		[IMAP_KEY_SUBJECT] = "Subject"
	};
	struct message *msg = &m->message;
	struct span name = k->key == IMAP_KEY_HEADER ? k->flag :
	    span_of(names[k->key]), in, value;
	struct header h;

	if (message_is_field(name)) {
		if (message_blobs(msg, 1u << KIND_FIELDS) < 0)
			return -1;
		in = msg->blob[KIND_FIELDS];
	} else {
		if (message_parse(msg) < 0)
			return -1;
		in = header_of(m, msg->mime.part);
	}
	while (header_next(&in, &h) == 1) {
		if (!span_case_eq(h.name, name))
			continue;
		if (text.n == 0)
			return 1;
		value = text_field(&m->text, &h, 0);
		if (span_search(value, text) < value.n)
			return 1;
	}
	return 0;
}

static struct span
header_of(const struct match *m, const struct mime_part *p)
{
	struct span in = mime_header(&m->message.mime, p);

	return span_starts(in, SPAN("From ")) ?
	    span_from(in, span_find(in, '\n') + 1) : in;
}

static int
in_text(struct match *m, const struct match_key *key)
{
	struct span piece;
	unsigned what;

	if (key->n == 0)
		return 1;
	if (message_parse(&m->message) < 0)
		return -1;
	while (key->in != m->message.number && next_piece(m, &piece, &what))
		look(m, piece, what);
	return key->in == m->message.number;
}

static void
look(struct match *m, struct span piece, unsigned what)
{
	struct match_key *k;

	for (k = m->texts; k; k = k->next)
		if (k->in != m->message.number && (k->header || !(what & PIECE_HEADER)) &&
		    span_search(piece, needle_of(m, k, what & PIECE_FIELD)) <
		    piece.n)
			k->in = m->message.number;
}

/* A field of a header, or a part's text; each part has a step for both.  The
 * headers of messages inside are text of the body, as in BODY[TEXT] (RFC 9051
 * 6.4.4 takes header fields out of BODY, which we read as the message's own;
 * Dovecot as those too); those of parts are only TEXT's. */
static int
next_piece(struct match *m, struct span *piece, unsigned *what)
{
	const struct mime *mime = &m->message.mime;
	const struct mime_part *p;
	struct header h;

	for (;;) {
		if (header_next(&m->fields, &h) == 1) {
			*what = PIECE_FIELD | (m->step == 1 ||
			    !mime->part[m->step / 2].message ?
			    PIECE_HEADER : 0);
			*piece = text_field(&m->text, &h, 1);
			return 1;
		}
		m->fields = SPAN("");
		if (m->step / 2 == mime->n)
			return 0;
		p = &mime->part[m->step / 2];
		if (m->step++ % 2 == 0) {
			if (p->message || m->headers)
				m->fields = header_of(m, p);
		} else if (p->kind == MIME_LEAF) {
			*what = 0;
			*piece = text_part(&m->text, mime, p);
			return 1;
		}
	}
}
