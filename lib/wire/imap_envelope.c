/* imap_envelope - ENVELOPE, BODY and BODYSTRUCTURE as finished bytes. */
#include "mail/header.h"
#include "mail/mime_address.h"
#include "mail/param.h"
#include "wire/imap_envelope.h"
#include "wire/imap_reply.h"

struct out {
	const struct mime *m;
	struct buf *b;
	struct buf text;		/* scratch */
	int utf8, rev2, extended;
	uint32_t addresses;		/* told so far */
};

static void envelope(struct out *, const struct mime_part *);
static void text_field(struct out *, const struct mime_part *,
	    enum mime_field);
static void addresses(struct out *, const struct mime_part *, enum mime_field);
static size_t address_list(struct out *, struct span, size_t);
static void address(struct out *, const struct mime_address *);
static void empty_nstring(struct out *, const struct buf *);
static void part_begin(struct out *, const struct mime_part *);
static void part_end(struct out *, const struct mime_part *);
static void sizes(struct out *, const struct mime_part *);
static int is_message(const struct out *, const struct mime_part *);
static int is_text(const struct mime_part *);
static void encoding(struct out *, const struct mime_part *);
static void params(struct out *, struct span, int);
static int one_of(const struct span *, unsigned, struct span);
static void disposition(struct out *, const struct mime_part *);
static void language(struct out *, const struct mime_part *);
static struct out start(const struct mime *, int, int, struct buf *);
static int finish(struct out *);

int
imap_envelope(const struct mime *m, const struct mime_part *part, int form,
    struct buf *b)
{
	struct out o = start(m, 0, form, b);

	envelope(&o, part);
	return finish(&o);
}

/* The tree from left to right: down to a child, on to the next, up. */
int
imap_bodystructure(const struct mime *m, int extended, int form,
    struct buf *b)
{
	struct out o = start(m, extended, form, b);
	const struct mime_part *p = &m->part[0];

	for (;;) {
		part_begin(&o, p);
		if (p->kind == MIME_MULTIPART || is_message(&o, p)) {
			p = &m->part[p->child];
			continue;
		}
		part_end(&o, p);
		while (p != m->part && p->next == 0) {
			p = &m->part[p->parent];
			part_end(&o, p);
		}
		if (p == m->part)
			break;
		p = &m->part[p->next];
	}
	return finish(&o);
}

/* envelope = "(" env-date SP env-subject SP env-from SP env-sender SP
 * env-reply-to SP env-to SP env-cc SP env-bcc SP env-in-reply-to SP
 * env-message-id ")" */
static void
envelope(struct out *o, const struct mime_part *p)
{
	static const enum mime_field lists[] = {
		MIME_FROM, MIME_SENDER, MIME_REPLY_TO, MIME_TO, MIME_CC,
		MIME_BCC
	};
	size_t i;

	buf_addc(o->b, '(');
	text_field(o, p, MIME_DATE);
	buf_addc(o->b, ' ');
	text_field(o, p, MIME_SUBJECT);
	for (i = 0; i < sizeof lists / sizeof *lists; i++) {
		buf_addc(o->b, ' ');
		addresses(o, p, lists[i]);
	}
	buf_addc(o->b, ' ');
	text_field(o, p, MIME_IN_REPLY_TO);
	buf_addc(o->b, ' ');
	text_field(o, p, MIME_MESSAGE_ID);
	buf_addc(o->b, ')');
}

/* NIL: no such field; "": it is empty (RFC 9051 7.5.2). */
static void
text_field(struct out *o, const struct mime_part *p, enum mime_field field)
{
	struct span value;

	if (!mime_value(o->m, p, field, &value)) {
		buf_adds(o->b, "NIL");
		return;
	}
	buf_reset(&o->text);
	header_unfold(value, &o->text);
	imap_reply_string(o->b, buf_span(&o->text), o->utf8);
}

/* Sender and Reply-To that are not there, or have nothing, are as From. */
static void
addresses(struct out *o, const struct mime_part *p, enum mime_field field)
{
	uint32_t i;
	size_t n = 0;

	for (i = 0; i < p->fields; i++) {
		const struct mime_entry *e = &o->m->table[p->first + i];

		if (e->field == field)
			n = address_list(o, e->value, n);
	}
	if (n)
		buf_addc(o->b, ')');
	else if (field == MIME_SENDER || field == MIME_REPLY_TO)
		addresses(o, p, MIME_FROM);
	else
		buf_adds(o->b, "NIL");
}

/* n were written before; returns how many are now. */
static size_t
address_list(struct out *o, struct span value, size_t n)
{
	struct mime_address a = { 0 };
	int r = 0;

	while (o->addresses < IMAP_ADDRESSES &&
	    (r = mime_address_next(&value, &a)) == 1) {
		o->addresses++;
		if (n++ == 0)
			buf_addc(o->b, '(');
		address(o, &a);
	}
	o->b->failed |= r < 0;
	mime_address_free(&a);
	return n;
}

/*
 * address = "(" addr-name SP addr-adl SP addr-mailbox SP addr-host ")".  Host
 * NIL would make a group of it, so that of a mailbox without one is "".
 */
static void
address(struct out *o, const struct mime_address *a)
{
	buf_addc(o->b, '(');
	if (a->kind == MIME_MAILBOX) {
		empty_nstring(o, &a->name);
		buf_addc(o->b, ' ');
		empty_nstring(o, &a->route);
		buf_addc(o->b, ' ');
		imap_reply_string(o->b, buf_span(&a->local), o->utf8);
		buf_addc(o->b, ' ');
		imap_reply_string(o->b, buf_span(&a->domain), o->utf8);
	} else {
		buf_adds(o->b, "NIL NIL ");
		if (a->kind == MIME_GROUP)
			imap_reply_string(o->b, buf_span(&a->name), o->utf8);
		else
			buf_adds(o->b, "NIL");
		buf_adds(o->b, " NIL");
	}
	buf_addc(o->b, ')');
}

static void
empty_nstring(struct out *o, const struct buf *text)
{
	if (text->n)
		imap_reply_string(o->b, buf_span(text), o->utf8);
	else
		buf_adds(o->b, "NIL");
}

/*
 * body-type-1part begins with all but its extension; body-type-mpart with its
 * parts; that of a message has its envelope, and the message, within.
 */
static void
part_begin(struct out *o, const struct mime_part *p)
{
	buf_addc(o->b, '(');
	if (p->kind == MIME_MULTIPART)
		return;
	imap_reply_string(o->b, p->type, o->utf8);
	buf_addc(o->b, ' ');
	imap_reply_string(o->b, p->subtype, o->utf8);
	buf_addc(o->b, ' ');
	params(o, p->params, is_text(p));
	buf_addc(o->b, ' ');
	text_field(o, p, MIME_ID);
	buf_addc(o->b, ' ');
	text_field(o, p, MIME_DESCRIPTION);
	buf_addc(o->b, ' ');
	encoding(o, p);
	buf_addc(o->b, ' ');
	buf_addu(o->b, mime_octets(&p->body, &p->end));
	if (is_message(o, p)) {
		buf_addc(o->b, ' ');
		envelope(o, &o->m->part[p->child]);
		buf_addc(o->b, ' ');
	} else if (is_text(p))
		sizes(o, p);
}

/* body-ext-1part = body-fld-md5 [SP body-fld-dsp [SP body-fld-lang [SP
 * body-fld-loc]]]; body-ext-mpart begins with body-fld-param */
static void
part_end(struct out *o, const struct mime_part *p)
{
	if (is_message(o, p))
		sizes(o, p);
	if (p->kind == MIME_MULTIPART) {
		buf_addc(o->b, ' ');
		imap_reply_string(o->b, p->subtype, o->utf8);
	}
	if (o->extended) {
		buf_addc(o->b, ' ');
		if (p->kind == MIME_MULTIPART)
			params(o, p->params, 0);
		else
			text_field(o, p, MIME_MD5);
		buf_addc(o->b, ' ');
		disposition(o, p);
		buf_addc(o->b, ' ');
		language(o, p);
		buf_addc(o->b, ' ');
		text_field(o, p, MIME_LOCATION);
	}
	buf_addc(o->b, ')');
}

static void
sizes(struct out *o, const struct mime_part *p)
{
	buf_addc(o->b, ' ');
	buf_addu(o->b, mime_lines(&p->body, &p->end));
}

/* media-message = "MESSAGE" SP ("RFC822" / "GLOBAL"), in RFC 3501 9 without the
 * latter, and most clients of that have it so */
static int
is_message(const struct out *o, const struct mime_part *p)
{
	return p->kind == MIME_MESSAGE && (o->rev2 ||
	    !span_case_eq(p->subtype, SPAN("global")));
}

static int
is_text(const struct mime_part *p)
{
	return span_case_eq(p->type, SPAN("text"));
}

static void
encoding(struct out *o, const struct mime_part *p)
{
	struct span value, word;

	if (mime_value(o->m, p, MIME_ENCODING, &value) &&
	    param_word(&value, &word))
		imap_reply_string(o->b, word, o->utf8);
	else
		buf_adds(o->b, "\"7bit\"");
}

/*
 * body-fld-param = "(" string SP string *(SP string SP string) ")" / nil; of
 * text the charset is always told (RFC 2045 5.2), and what was written in
 * pieces is told in one (RFC 2231 6), and once, if its first stands there
 * twice.
 *
 * name* keeps its charset'language' and %XX.  RFC 9051 7.5.2 would have that
 * undone, of Content-Type: the value in UTF-8, still as name*.  But of
 * Content-Disposition, where file names are, it does not ask for it, nor does
 * RFC 3501; and a client that reads name* by RFC 2231, as for servers of
 * either, would take an apostrophe or a percent sign of the text for its own.
 */
static void
params(struct out *o, struct span in, int text)
{
	struct span rest = in, name, label, joined[PARAM_MAX];
	struct param p;
	unsigned n, told = 0, njoined = 0;
	int number;

	for (n = 0; n < PARAM_MAX && param_next(&rest, &p); n++) {
		buf_reset(&o->text);
		if (!param_piece(&p, &name, &number)) {
			param_text(&p, &o->text);
			label = p.name;
		} else if (number == 0 && !one_of(joined, njoined, name)) {
			joined[njoined++] = name;
			/* "name", or "name*" */
			label = span_sub(p.name, 0, name.n +
			    (param_join(in, name, &o->text) == 1));
		} else
			continue;
		buf_addc(o->b, told++ ? ' ' : '(');
		imap_reply_string(o->b, label, o->utf8);
		buf_addc(o->b, ' ');
		imap_reply_string(o->b, buf_span(&o->text), o->utf8);
		text = text && !span_case_eq(name, SPAN("charset"));
	}
	if (text)
		buf_adds(o->b, told ? " \"charset\" \"us-ascii\")" :
		    "(\"charset\" \"us-ascii\")");
	else
		buf_adds(o->b, told ? ")" : "NIL");
}

static int
one_of(const struct span *v, unsigned n, struct span name)
{
	while (n > 0)
		if (span_case_eq(v[--n], name))
			return 1;
	return 0;
}

/* body-fld-dsp = "(" string SP body-fld-param ")" / nil */
static void
disposition(struct out *o, const struct mime_part *p)
{
	struct span value, word;

	if (!mime_value(o->m, p, MIME_DISPOSITION, &value) ||
	    !param_word(&value, &word)) {
		buf_adds(o->b, "NIL");
		return;
	}
	buf_addc(o->b, '(');
	imap_reply_string(o->b, word, o->utf8);
	buf_addc(o->b, ' ');
	params(o, value, 0);
	buf_addc(o->b, ')');
}

/* body-fld-lang = nstring / "(" string *(SP string) ")" */
static void
language(struct out *o, const struct mime_part *p)
{
	struct span value, word;
	unsigned n = 0;

	if (mime_value(o->m, p, MIME_LANGUAGE, &value))
		while (n < PARAM_MAX && param_word(&value, &word)) {
			buf_addc(o->b, n++ ? ' ' : '(');
			imap_reply_string(o->b, word, o->utf8);
			while (value.n && (value.p[0] == ',' ||
			    value.p[0] == ' '))
				value = span_from(value, 1);
		}
	buf_adds(o->b, n ? ")" : "NIL");
}

/* Unfolded, a value is no longer than the message. */
static struct out
start(const struct mime *m, int extended, int form, struct buf *b)
{
	return (struct out){ .m = m, .b = b, .text.max = m->message.n + 1,
	    .utf8 = form != IMAP_REV1, .rev2 = form == IMAP_REV2,
	    .extended = extended };
}

static int
finish(struct out *o)
{
	o->b->failed |= o->text.failed;
	buf_free(&o->text);
	return buf_ok(o->b) ? 0 : -1;
}
