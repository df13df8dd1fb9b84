/* imap_section - BODY[section]<partial>: what it names, and where that is. */
#include "base/ascii.h"
#include "base/scan.h"
#include "mail/header.h"
#include "wire/imap_reply.h"
#include "wire/imap_section.h"

static int parse_path(struct span *, struct imap_section *);
static int parse_fields(struct imap_cursor *, struct imap_section *);
static int parse_partial(struct span, struct imap_section *);
static const struct mime_part *child(const struct mime *,
	    const struct mime_part *, uint32_t);
static const struct mime_part *message_of(const struct mime *,
	    const struct mime_part *);
static int is_named(const struct imap_section *, struct span);

static const char *const words[] = {
	[IMAP_TEXT_ALL] = "", [IMAP_TEXT_HEADER] = "HEADER",
	[IMAP_TEXT_FIELDS] = "HEADER.FIELDS",
	[IMAP_TEXT_FIELDS_NOT] = "HEADER.FIELDS.NOT",
	[IMAP_TEXT_TEXT] = "TEXT", [IMAP_TEXT_MIME] = "MIME"
};

static const char bad_section[] = "not a section (RFC 9051 6.4.5)";

/* section = "[" [section-spec] "]"; section-spec = section-msgtext /
 * (section-part ["." section-text]) */
int
imap_section_parse(const struct imap_cursor *within,
    const struct imap_token *t, struct imap_section *s, int binary,
    const char **why)
{
	struct imap_cursor c = imap_cursor_in(within, t);
	struct span text;
	unsigned i;

	*s = (struct imap_section){ .count = UINT64_MAX };
	if (parse_partial(t->tail, s) < 0)
		return imap_bad(why,
		    "not a partial <number.nz-number> (RFC 9051 6.4.5)");
	if (imap_peek(&c) == NULL)
		return 0;
	if (imap_take_atom(&c, &text, bad_section) < 0)
		return -1;
	if (parse_path(&text, s) < 0 || (text.n && binary))
		return imap_bad(why, bad_section);
	if (text.n == 0)
		return imap_take_end(&c);
	for (i = IMAP_TEXT_HEADER; i <= IMAP_TEXT_MIME; i++)
		if (span_case_eq(text, span_of(words[i])))
			s->text = i;
	if (s->text == IMAP_TEXT_ALL ||
	    (s->text == IMAP_TEXT_MIME && s->npath == 0))
		return imap_bad(why, bad_section);
	if ((s->text == IMAP_TEXT_FIELDS || s->text == IMAP_TEXT_FIELDS_NOT) &&
	    parse_fields(&c, s) < 0)
		return -1;
	return imap_take_end(&c);
}

int
imap_section_format(const struct imap_section *s, struct buf *b)
{
	uint32_t i;

	buf_addc(b, '[');
	for (i = 0; i < s->npath; i++) {
		if (i)
			buf_addc(b, '.');
		buf_addu(b, s->path[i]);
	}
	if (s->npath && s->text != IMAP_TEXT_ALL)
		buf_addc(b, '.');
	buf_adds(b, words[s->text]);
	for (i = 0; i < s->nfield; i++) {
		buf_adds(b, i ? " " : " (");
		imap_reply_astring(b, s->field[i].text, 0);
	}
	buf_adds(b, s->nfield ? ")]" : "]");
	if (s->partial) {
		buf_addc(b, '<');
		buf_addu(b, s->offset);
		buf_addc(b, '>');
	}
	return buf_ok(b) ? 0 : -1;
}

int
imap_section_part(const struct mime *m, const struct imap_section *s,
    const struct mime_part **part)
{
	const struct mime_part *p = &m->part[0];
	uint32_t i;

	for (i = 0; i < s->npath; i++)
		if ((p = child(m, i ? p : NULL, s->path[i])) == NULL)
			return 0;
	*part = p;
	return 1;
}

int
imap_section_find(const struct mime *m, const struct imap_section *s,
    struct buf *b, struct span *out)
{
	const struct mime_part *p;

	if (!imap_section_part(m, s, &p))
		return 0;
	if (s->text == IMAP_TEXT_ALL) {
		*out = s->npath ? mime_body(m, p) : m->message;
		return 1;
	}
	if (s->text == IMAP_TEXT_MIME) {
		/* of a message that is no multipart, part 1 is itself: its
		 * header is the message's, and is MIME's as well */
		*out = mime_header(m, p);
		return 1;
	}
	if (s->npath && (p = message_of(m, p)) == NULL)
		return 0;
	if (s->text == IMAP_TEXT_TEXT) {
		*out = mime_body(m, p);
		return 1;
	}
	*out = mime_header(m, p);
	if (s->text == IMAP_TEXT_HEADER)
		return 1;
	if (imap_section_fields(*out, s, b) < 0)
		return -1;
	*out = buf_span(b);
	return 1;
}

int
imap_section_fields(struct span header, const struct imap_section *s,
    struct buf *b)
{
	struct header h;
	int not = s->text == IMAP_TEXT_FIELDS_NOT;

	if (span_starts(header, SPAN("From ")))
		header = span_from(header, span_find(header, '\n') + 1);
	while (header_next(&header, &h) == 1)
		if (is_named(s, h.name) != not) {
			buf_addspan(b, h.whole);
			if (!span_ends(h.whole, SPAN("\n")))
				buf_adds(b, "\r\n");
		}
	buf_adds(b, "\r\n");
	return buf_ok(b) ? 0 : -1;
}

/* section-part = nz-number *("." nz-number), and the "." behind it */
static int
parse_path(struct span *in, struct imap_section *s)
{
	uint64_t n;

	while (in->n && ascii_digit(in->p[0])) {
		if (s->npath == MIME_DEPTH || in->p[0] == '0' ||
		    scan_front(in, UINT32_MAX, &n) != 1)
			return -1;
		s->path[s->npath++] = (uint32_t)n;
		if (in->n == 0)
			return 0;
		if (in->p[0] != '.' || in->n == 1)
			return -1;
		*in = span_from(*in, 1);
	}
	return 0;
}

/* header-list = "(" header-fld-name *(SP header-fld-name) ")" */
static int
parse_fields(struct imap_cursor *c, struct imap_section *s)
{
	struct imap_cursor in;
	struct span name;

	if (imap_take_list(c, &in, "a list of header fields is missing "
	    "(RFC 9051 6.4.5)") < 0)
		return -1;
	s->field = imap_peek(&in);
	do {
		if (imap_take_astring(&in, &name, "not a header field "
		    "(RFC 9051 6.4.5)") < 0)
			return -1;
		s->nfield++;
	} while (in.at < in.end);
	return 0;
}

/* partial = "<" number64 "." nz-number64 ">" */
static int
parse_partial(struct span in, struct imap_section *s)
{
	if (in.n == 0)
		return 0;
	if (in.p[0] != '<')
		return -1;
	in = span_from(in, 1);
	if (scan_front(&in, INT64_MAX, &s->offset) != 1 || in.n == 0 ||
	    in.p[0] != '.')
		return -1;
	in = span_from(in, 1);
	if (scan_front(&in, INT64_MAX, &s->count) != 1 ||
	    !span_eq(in, SPAN(">")) || s->count == 0)
		return -1;
	s->partial = 1;
	return 0;
}

/*
 * Part number n of what p is: of a multipart its n-th part; of a message that
 * is none, 1 is its body.  p NULL: of the message itself.
 */
static const struct mime_part *
child(const struct mime *m, const struct mime_part *p, uint32_t n)
{
	const struct mime_part *in = p == NULL ? &m->part[0] : p;
	uint32_t i;

	if (p && p->kind == MIME_MESSAGE)
		in = p = &m->part[p->child];
	else if (p && p->kind == MIME_LEAF)
		return NULL;
	if (in->kind != MIME_MULTIPART)
		return n == 1 ? in : NULL;
	for (i = in->child; i && --n > 0; i = m->part[i].next)
		;
	return i ? &m->part[i] : NULL;
}

static const struct mime_part *
message_of(const struct mime *m, const struct mime_part *p)
{
	return p->kind == MIME_MESSAGE ? &m->part[p->child] : NULL;
}

static int
is_named(const struct imap_section *s, struct span name)
{
	uint32_t i;

	for (i = 0; i < s->nfield; i++)
		if (span_case_eq(s->field[i].text, name))
			return 1;
	return 0;
}
