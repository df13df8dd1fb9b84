/* text - a text, in whatever charset and encoding, made comparable. */
#include "base/ascii.h"
#include "imapd/text.h"
#include "mail/decode.h"
#include "mail/encword.h"
#include "mail/fold.h"
#include "mail/param.h"

/* A piece of text that is looked at, decoded. */
enum { PIECE = 64 << 20, CHARSET = 200 };

static struct span decoded(struct text *, const struct mime *,
	    const struct mime_part *);
static struct span folded(struct text *, struct span);

void
text_begin(struct text *t, struct charset_cache *c)
{
	*t = (struct text){ .charset = charset_of(c), .raw.max = PIECE,
	    .decoded.max = PIECE, .folded.max = PIECE };
}

void
text_end(struct text *t)
{
	buf_free(&t->raw);
	buf_free(&t->decoded);
	buf_free(&t->folded);
}

int
text_needle(struct text *t, struct span charset, struct span in,
    struct buf *needle)
{
	buf_reset(&t->decoded);
	return t->charset.utf8(t->charset.arg, charset, in, &t->decoded) < 0 ?
	    -1 : fold_utf8(buf_span(&t->decoded), needle);
}

void
text_squeeze(struct buf *b, size_t from)
{
	size_t i, n = from;

	for (i = from; i < b->n; i++)
		if (!ascii_space(b->p[i]))
			b->p[n++] = b->p[i];
		else if (n == from || b->p[n - 1] != ' ')
			b->p[n++] = ' ';
	b->n = n;
}

struct span
text_field(struct text *t, const struct header *h, int name)
{
	buf_reset(&t->decoded);
	if (name) {
		buf_addspan(&t->decoded, h->name);
		buf_adds(&t->decoded, ": ");
	}
	if (encword_decode(h->value, &t->charset, &t->decoded) < 0)
		return SPAN("");
	folded(t, buf_span(&t->decoded));
	text_squeeze(&t->folded, 0);
	return buf_span(&t->folded);
}

struct span
text_part(struct text *t, const struct mime *m, const struct mime_part *p)
{
	unsigned char room[CHARSET];
	struct buf name = { .p = room, .size = CHARSET, .max = CHARSET };
	struct span charset = SPAN(""), unused, body;

	if (!span_case_eq(p->type, SPAN("text")) &&
	    !span_case_eq(p->type, SPAN("message")))
		return SPAN("");
	body = decoded(t, m, p);
	if (param_find(p->params, "charset", &name, &unused) == 1 && name.n)
		charset = buf_span(&name);
	if (charset_is_utf8(charset, body))
		return folded(t, body);
	buf_reset(&t->decoded);
	/* one that we do not know is as good as none */
	if (t->charset.utf8(t->charset.arg, charset, body, &t->decoded) < 0) {
		buf_reset(&t->decoded);
		if (t->charset.utf8(t->charset.arg, SPAN(""), body,
		    &t->decoded) < 0)
			return SPAN("");
	}
	return folded(t, buf_span(&t->decoded));
}

/* Without its transfer encoding, or as it stands where that is not known. */
static struct span
decoded(struct text *t, const struct mime *m, const struct mime_part *p)
{
	struct decode d = { .kind = DECODE_NONE };
	struct span encoding, body = mime_body(m, p);

	if (mime_value(m, p, MIME_ENCODING, &encoding))
		d.kind = decode_kind(encoding);
	if (d.kind != DECODE_BASE64 && d.kind != DECODE_QP)
		return body;
	buf_reset(&t->raw);
	(void)(decode_add(&d, body, &t->raw) < 0 || decode_end(&d, &t->raw));
	return buf_span(&t->raw);
}

static struct span
folded(struct text *t, struct span text)
{
	buf_reset(&t->folded);
	(void)fold_utf8(text, &t->folded);
	return buf_span(&t->folded);
}
