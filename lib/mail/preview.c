/* preview - the first words of a message. */
#include "base/ascii.h"
#include "base/utf8.h"
#include "mail/decode.h"
#include "mail/param.h"
#include "mail/preview.h"

struct words {
	struct buf *out;
	unsigned chars;
	int space;			/* white space since the last one */
};

static const struct mime_part *first(const struct mime *, struct span);
static int  of_part(const struct mime *, const struct mime_part *,
	    const struct charset *, struct buf *);
static int  is_text(const struct mime *, const struct mime_part *);
static int  decoded(const struct mime *, const struct mime_part *,
	    const struct charset *, struct buf *);
static struct span cut(struct span);
static int  full(const struct words *);
static void add(struct words *, struct span *);
static void add_char(struct words *, uint32_t);
static int  unseen(uint32_t);
static void tag(struct words *, struct span *);
static struct span tag_end(struct span);
static int  one_of(struct span, const char *const *);
static struct span behind(struct span, struct span, int);
static void entity(struct words *, struct span *);
static unsigned entity_code(struct span);

int
preview_make(const struct mime *m, const struct charset *cs, struct buf *out)
{
	const struct mime_part *p = first(m, SPAN("plain"));
	const struct mime_part *other = first(m, SPAN("html")), *html = other;
	int r;

	/* the first, but of an alternative rather the plain one */
	if (html && (p == NULL || (html < p && (html->parent != p->parent ||
	    !span_case_eq(m->part[p->parent].subtype,
	    SPAN("alternative")))))) {
		other = p;
		p = html;
	}
	r = p ? of_part(m, p, cs, out) : 0;
	/* many an alternative's plain text is empty, or for older readers */
	if (r == 0 && out->n == 0 && other)
		r = of_part(m, other, cs, out);
	return r;
}

int
preview_plain(struct span in, struct buf *out)
{
	struct words w = { .out = out };
	struct span line;

	while (in.n && !full(&w)) {
		(void)span_cut(&in, '\n', &line);
		w.space = 1;
		if (span_starts(line, SPAN(">")))
			continue;
		if (span_starts(line, SPAN("-----BEGIN PGP SIGNED ")))
			while (span_trim(line).n && span_cut(&in, '\n', &line))
				;
		else if (span_starts(line, SPAN("-----BEGIN PGP ")))
			break;		/* encrypted: RFC 8970 3.2 */
		while (line.n && !full(&w))
			add(&w, &line);
	}
	return buf_ok(out) ? 0 : -1;
}

int
preview_html(struct span in, struct buf *out)
{
	struct words w = { .out = out };

	while (in.n && !full(&w))
		if (in.p[0] == '<')
			tag(&w, &in);
		else if (in.p[0] == '&')
			entity(&w, &in);
		else
			add(&w, &in);
	return buf_ok(out) ? 0 : -1;
}

/* NULL: there is none.  Messages within are attachments. */
static const struct mime_part *
first(const struct mime *m, struct span subtype)
{
	const struct mime_part *p;
	uint32_t i, within = UINT32_MAX;	/* depth of a message within */

	for (i = 0; i < m->n; i++) {
		p = &m->part[i];
		if (p->depth > within)
			continue;
		within = p->kind == MIME_MESSAGE && i > 0 ? p->depth :
		    UINT32_MAX;
		if (is_text(m, p) && span_case_eq(p->subtype, subtype))
			return p;
	}
	return NULL;
}

static int
of_part(const struct mime *m, const struct mime_part *p,
    const struct charset *cs, struct buf *out)
{
	struct buf text = { .max = 8 * PREVIEW_INPUT };
	int r = decoded(m, p, cs, &text);

	if (r == 0)
		r = span_case_eq(p->subtype, SPAN("html")) ?
		    preview_html(buf_span(&text), out) :
		    preview_plain(buf_span(&text), out);
	buf_free(&text);
	return r;
}

static int
is_text(const struct mime *m, const struct mime_part *p)
{
	struct span disposition, word;

	return p->kind == MIME_LEAF && span_case_eq(p->type, SPAN("text")) &&
	    !(mime_value(m, p, MIME_DISPOSITION, &disposition) &&
	    param_word(&disposition, &word) &&
	    span_case_eq(word, SPAN("attachment")));
}

/* An unknown encoding is no text; an unknown charset is as good as none. */
static int
decoded(const struct mime *m, const struct mime_part *p,
    const struct charset *cs, struct buf *text)
{
	struct span encoding, name = SPAN(""), other,
	    body = span_sub(mime_body(m, p), 0, PREVIEW_INPUT);
	struct decode d = { .kind = DECODE_NONE };
	struct buf raw = { .max = 3 * PREVIEW_INPUT }, charset = { .max = 200 };
	int r = 0;

	if (mime_value(m, p, MIME_ENCODING, &encoding))
		d.kind = decode_kind(encoding);
	if (d.kind == DECODE_UNKNOWN)
		return 0;
	if (d.kind != DECODE_NONE) {
		r = decode_add(&d, body, &raw) < 0 ||
		    decode_end(&d, &raw) < 0 ? -1 : 0;
		body = buf_span(&raw);
	}
	if (mime_body(m, p).n > PREVIEW_INPUT)
		body = cut(body);
	if (param_find(p->params, "charset", &charset, &other) == 1)
		name = buf_span(&charset);
	if (r == 0 && cs->utf8(cs->arg, name, body, text) < 0) {
		buf_reset(text);
		r = cs->utf8(cs->arg, SPAN(""), body, text);
	}
	buf_free(&raw);
	buf_free(&charset);
	return r;
}

/* Without its last character, of which there may be a part. */
static struct span
cut(struct span s)
{
	while (s.n && (s.p[s.n - 1] & 0xc0) == 0x80)
		s.n--;
	if (s.n)
		s.n--;
	return s;
}

static int
full(const struct words *w)
{
	return w->chars == PREVIEW_CHARS;
}

/* The next character of *in; what is not UTF-8 is U+FFFD. */
static void
add(struct words *w, struct span *in)
{
	uint32_t c;
	size_t n = utf8_get(*in, &c);

	*in = span_from(*in, n ? n : 1);
	add_char(w, n ? c : 0xfffd);
}

static void
add_char(struct words *w, uint32_t c)
{
	unsigned char u[4];

	if (c <= ' ' || c == 0xa0) {
		w->space = 1;
		return;
	}
	if (unseen(c))
		return;
	if (w->space && w->chars > 0) {
		w->chars++;
		if (full(w))
			return;
		buf_addc(w->out, ' ');
	}
	w->space = 0;
	buf_add(w->out, u, utf8_put(c, u));
	w->chars++;
}

/* Controls, and what mailings fill their first line with: soft hyphens,
 * joiners, marks of direction, spaces of no width. */
static int
unseen(uint32_t c)
{
	return (c >= 0x7f && c < 0xa0) || c == 0xad || c == 0x34f ||
	    c == 0x61c || c == 0x180e || (c >= 0x200b && c <= 0x200f) ||
	    (c >= 0x2028 && c <= 0x202e) || (c >= 0x2060 && c <= 0x206f) ||
	    c == 0xfeff;
}

/* A tag or comment; of some with all that stands in it. */
static void
tag(struct words *w, struct span *in)
{
	static const char *const hidden[] = { "style", "script", "title",
	    NULL };
	static const char *const within[] = { "a", "abbr", "b", "big", "code",
	    "del", "em", "font", "i", "ins", "s", "small", "span", "strike",
	    "strong", "sub", "sup", "tt", "u", NULL };
	struct span s = span_from(*in, 1), name;
	int end = span_starts(s, SPAN("/"));
	size_t i;

	if (span_starts(s, SPAN("!--"))) {
		*in = behind(span_from(s, 3), SPAN("-->"), 0);
		return;
	}
	name = span_from(s, end ? 1 : 0);
	for (i = 0; i < name.n && ascii_alnum(name.p[i]); i++)
		;
	name = span_sub(name, 0, i);
	if ((i == 0 || !ascii_alpha(name.p[0])) && !end &&
	    !span_starts(s, SPAN("!")) && !span_starts(s, SPAN("?"))) {
		add(w, in);			/* it is only a < */
		return;
	}
	*in = tag_end(s);
	if (!end && one_of(name, hidden))
		*in = behind(*in, name, 1);
	else if (!one_of(name, within))
		w->space = 1;
}

/* What stands behind its >, which quotes may hold, too. */
static struct span
tag_end(struct span s)
{
	unsigned char quote = 0;
	size_t i;

	for (i = 0; i < s.n; i++)
		if (quote)
			quote = s.p[i] == quote ? 0 : quote;
		else if (s.p[i] == '>')
			return span_from(s, i + 1);
		else if ((s.p[i] == '"' || s.p[i] == '\'') && i > 0 &&
		    (s.p[i - 1] == '=' || s.p[i - 1] == ' '))
			quote = s.p[i];
	return span_from(s, s.n);
}

static int
one_of(struct span name, const char *const *v)
{
	for (; *v; v++)
		if (span_case_eq(name, span_of(*v)))
			return 1;
	return 0;
}

/* Behind the first of these; with end 1, from "</" and it on. */
static struct span
behind(struct span s, struct span what, int end)
{
	size_t at;

	while (s.n) {
		at = end ? span_find(s, '<') : span_search(s, what);
		s = span_from(s, at);
		if (!end)
			return span_from(s, what.n);
		if (span_starts(s, SPAN("</")) &&
		    span_case_starts(span_from(s, 2), what))
			return s;
		s = span_from(s, 1);
	}
	return s;
}

/* "&" name ";" or "&#" number ";"; what is none stays. */
static void
entity(struct words *w, struct span *in)
{
	struct span s = span_from(*in, 1);
	size_t n = 0;
	unsigned c;

	while (n < s.n && n < 10 && (ascii_alnum(s.p[n]) || s.p[n] == '#'))
		n++;
	c = n ? entity_code(span_sub(s, 0, n)) : 0;
	if (c == 0) {
		add(w, in);
		return;
	}
	*in = span_from(s, n + (n < s.n && s.p[n] == ';'));
	add_char(w, c);
}

static unsigned
entity_code(struct span s)
{
	/* from U+00C0 on, and some that mail has (HTML 4, 24) */
	static const char latin[] = "Agrave Aacute Acirc Atilde Auml Aring "
	    "AElig Ccedil Egrave Eacute Ecirc Euml Igrave Iacute Icirc Iuml "
	    "ETH Ntilde Ograve Oacute Ocirc Otilde Ouml times Oslash Ugrave "
	    "Uacute Ucirc Uuml Yacute THORN szlig agrave aacute acirc atilde "
	    "auml aring aelig ccedil egrave eacute ecirc euml igrave iacute "
	    "icirc iuml eth ntilde ograve oacute ocirc otilde ouml divide "
	    "oslash ugrave uacute ucirc uuml yacute thorn yuml";
	static const struct {
		const char *name;
		unsigned c;
	} others[] = {
		{ "amp", '&' }, { "lt", '<' }, { "gt", '>' },
		{ "quot", '"' }, { "apos", '\'' }, { "nbsp", 0xa0 },
		{ "shy", 0xad }, { "zwnj", 0x200c }, { "zwj", 0x200d },
		{ "pound", 0xa3 }, { "sect", 0xa7 }, { "copy", 0xa9 },
		{ "laquo", 0xab }, { "reg", 0xae }, { "deg", 0xb0 },
		{ "middot", 0xb7 }, { "raquo", 0xbb }, { "ensp", ' ' },
		{ "emsp", ' ' }, { "thinsp", ' ' }, { "ndash", 0x2013 },
		{ "mdash", 0x2014 }, { "lsquo", 0x2018 },
		{ "rsquo", 0x2019 }, { "sbquo", 0x201a },
		{ "ldquo", 0x201c }, { "rdquo", 0x201d },
		{ "bdquo", 0x201e }, { "bull", 0x2022 },
		{ "hellip", 0x2026 }, { "euro", 0x20ac }, { "trade", 0x2122 }
	};
	struct span names = SPAN(latin), name;
	unsigned c = 0, base = 10;
	size_t i;
	int v;

	for (i = 0; i < sizeof others / sizeof *others; i++)
		if (span_eq(s, span_of(others[i].name)))
			return others[i].c;
	for (c = 0xc0; span_word(&names, &name); c++)
		if (span_eq(s, name))
			return c;
	if (s.p[0] != '#')
		return 0;
	i = 1;
	if (s.n > 1 && (s.p[1] == 'x' || s.p[1] == 'X')) {
		base = 16;
		i = 2;
	}
	for (c = 0; i < s.n; i++) {
		v = ascii_hex(s.p[i]);
		if (v < 0 || (unsigned)v >= base || c > 0x10ffff)
			return 0;
		c = c * base + (unsigned)v;
	}
	return c > 0x10ffff || (c >= 0xd800 && c < 0xe000) ? 0 : c;
}
