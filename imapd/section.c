/* section - BODY[…], RFC822… and BINARY[…] on their way out. */
#include "imapd/section.h"
#include "mail/decode.h"
#include "mail/mime_wire.h"

static const struct imap_section whole = { .count = UINT64_MAX };
static const struct imap_section header = { .text = IMAP_TEXT_HEADER,
    .count = UINT64_MAX };
static const struct imap_section text = { .text = IMAP_TEXT_TEXT,
    .count = UINT64_MAX };

static void name_out(struct box *, enum imap_item, const struct imap_section *);
static int  find(struct box *, struct message *, const struct imap_section *,
	    struct span *);
static void wire_out(struct box *, struct span, const struct imap_section *);
static int  binary_out(struct box *, struct message *, enum imap_item,
	    const struct imap_section *);
static int  decoded(struct box *, struct message *,
	    const struct mime_part *, struct span *);

int
section_in_fields(const struct imap_section *s)
{
	uint32_t i;

	if (s->npath || s->text != IMAP_TEXT_FIELDS)
		return 0;
	for (i = 0; i < s->nfield; i++)
		if (!message_is_field(s->field[i].text))
			return 0;
	return 1;
}

int
section_wants_mime(enum imap_item item, const struct imap_section *s)
{
	return item != IMAP_FETCH_RFC822 && (item != IMAP_FETCH_SECTION ||
	    s->npath || s->text != IMAP_TEXT_ALL);
}

int
section_out(struct box *b, struct message *m,
    const struct imap_fetch_item *item, const struct imap_section *s)
{
	struct span found;
	int r;

	if (item->item == IMAP_FETCH_RFC822)
		s = &whole;
	else if (item->item == IMAP_FETCH_RFC822_HEADER)
		s = &header;
	else if (item->item == IMAP_FETCH_RFC822_TEXT)
		s = &text;
	name_out(b, item->item, s);
	if (item->item == IMAP_FETCH_BINARY ||
	    item->item == IMAP_FETCH_BINARY_SIZE)
		return binary_out(b, m, item->item, s);
	r = find(b, m, s, &found);
	if (r < 0)
		b->out.lost = 1;	/* as by box_put */
	else if (r == 0)
		out_str(&b->out, "NIL");
	else
		wire_out(b, found, s);
	return 0;
}

static void
name_out(struct box *b, enum imap_item item, const struct imap_section *s)
{
	static const char *const name[] = {
		[IMAP_FETCH_RFC822] = "RFC822",
		[IMAP_FETCH_RFC822_HEADER] = "RFC822.HEADER",
		[IMAP_FETCH_RFC822_TEXT] = "RFC822.TEXT",
		[IMAP_FETCH_SECTION] = "BODY", [IMAP_FETCH_BINARY] = "BINARY",
		[IMAP_FETCH_BINARY_SIZE] = "BINARY.SIZE"
	};

	out_str(&b->out, name[item]);
	if (item >= IMAP_FETCH_SECTION) {
		buf_reset(&b->scratch);
		(void)imap_section_format(s, &b->scratch);
		box_put(b);
	}
	out_str(&b->out, " ");
}

/* 1; 0: there is no such section; -1: no memory. */
static int
find(struct box *b, struct message *m, const struct imap_section *s,
    struct span *found)
{
	buf_reset(&b->scratch);
	if (m->loaded && s->npath == 0 && s->text == IMAP_TEXT_ALL) {
		*found = m->bytes;
		return 1;
	}
	if (m->parsed)
		return imap_section_find(&m->mime, s, &b->scratch, found);
	if (imap_section_fields(m->blob[KIND_FIELDS], s, &b->scratch) < 0)
		return -1;
	*found = buf_span(&b->scratch);
	return 1;
}

/* As a literal, with CRLF, in one pass.  NUL, which no literal may hold (RFC
 * 9051 4.3), becomes 0x80. */
static void
wire_out(struct box *b, struct span in, const struct imap_section *s)
{
	struct out *o = &b->out;
	uint64_t size = mime_wire_size(in), left;
	struct mime_wire w;
	unsigned char *p, *nul;
	size_t n, got;

	left = s->offset < size ? size - s->offset : 0;
	if (left > s->count)
		left = s->count;
	out_str(o, "{");
	out_number(o, left);
	out_str(o, "}\r\n");
	b->fetched_bytes += left;
	mime_wire_start(&w, in, s->offset, left);
	for (; left > 0 && out_room(o, 1) == 0; left -= got) {
		p = o->b + o->n;
		n = o->size - o->n < left ? o->size - o->n : (size_t)left;
		if ((got = mime_wire_read(&w, p, n)) == 0)
			break;
		for (nul = p; (nul = memchr(nul, '\0', got -
		    (size_t)(nul - p))) != NULL;)
			*nul = 0x80;
		o->n += got;
	}
}

/* RFC 3516 4.2: without its transfer encoding; NUL may be in it. */
static int
binary_out(struct box *b, struct message *m, enum imap_item item,
    const struct imap_section *s)
{
	struct out *o = &b->out;
	const char *none = item == IMAP_FETCH_BINARY ? "NIL" : "0";
	const struct mime_part *part;
	struct span bytes;
	size_t from;

	if (!imap_section_part(&m->mime, s, &part)) {
		out_str(o, none);
		return 0;
	}
	if (s->npath == 0)
		part = NULL;
	if (decoded(b, m, part, &bytes) < 0) {
		out_str(o, none);
		return -1;
	}
	if (item == IMAP_FETCH_BINARY_SIZE) {
		out_number(o, bytes.n);
		return 0;
	}
	from = s->offset < bytes.n ? (size_t)s->offset : bytes.n;
	bytes = span_from(bytes, from);
	if (bytes.n > s->count)
		bytes.n = (size_t)s->count;
	if (span_find(bytes, '\0') < bytes.n)
		out_str(o, "~");
	out_str(o, "{");
	out_number(o, bytes.n);
	out_str(o, "}\r\n");
	out_span(o, bytes);
	b->fetched_bytes += bytes.n;
	return 0;
}

/*
 * part NULL: the whole message, which has no encoding.  Clients may ask for
 * leaves only (RFC 9051 6.4.5); RFC 3516 has no such rule, and some fetch all
 * mail as BINARY[], so others are told, too.  What a multipart has for an
 * encoding is not one (RFC 2045 6.4), and its parts keep theirs; a message has
 * what its sender gave it (RFC 6532 3.7 allows it for message/global).  Of
 * broken base64 what can be read is told, as a client would decode BODY[]; line
 * ends in it are the sender's, those outside are CRLF (RFC 3516 4.3).
 */
static int
decoded(struct box *b, struct message *m, const struct mime_part *part,
    struct span *bytes)
{
	struct decode d = { .kind = DECODE_NONE };
	struct span encoding, in = m->bytes;
	int r;

	if (part) {
		in = mime_body(&m->mime, part);
		if (part->kind != MIME_MULTIPART && mime_value(&m->mime, part,
		    MIME_ENCODING, &encoding))
			d.kind = decode_kind(encoding);
	}
	if (d.kind == DECODE_UNKNOWN)
		return -1;
	buf_free(&b->scratch);
	r = decode_add(&d, in, &b->scratch) < 0 ||
	    decode_end(&d, &b->scratch) < 0 ? -1 : 0;
	*bytes = buf_span(&b->scratch);
	return r;
}
