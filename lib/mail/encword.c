/* encword - encoded words of a header as UTF-8. */
#include "base/ascii.h"
#include "base/utf8.h"
#include "mail/decode.h"
#include "mail/encword.h"

struct word {
	struct span charset, text;
	int base64;
};

static int take_word(struct span *, struct word *);
static int add_word(const struct word *, struct buf *);
static void add_q(struct span, struct buf *);
static void add_bytes(struct span, struct span, const struct charset *,
	    struct buf *);
static void add_plain(struct span, const struct charset *, struct buf *);
static size_t blank(struct span);

/*
 * Words that stand side by side are one, white space between them goes (RFC
 * 2047 6.2); of one charset they are decoded together.
 */
int
encword_decode(struct span in, const struct charset *cs, struct buf *out)
{
	struct buf bytes = { .max = in.n };
	struct span charset = { 0 }, rest;
	struct word w;
	size_t n;

	in = span_trim(in);
	while (in.n) {
		rest = span_from(in, charset.p ? blank(in) : 0);
		if (take_word(&rest, &w)) {
			if (charset.p && !span_case_eq(charset, w.charset)) {
				add_bytes(charset, buf_span(&bytes), cs, out);
				buf_reset(&bytes);
			}
			charset = w.charset;
			add_word(&w, &bytes);
			in = rest;
			continue;
		}
		if (charset.p)
			add_bytes(charset, buf_span(&bytes), cs, out);
		charset = (struct span){ 0 };
		buf_reset(&bytes);
		n = 1 + span_search(span_from(in, 1), SPAN("=?"));
		add_plain(span_sub(in, 0, n), cs, out);
		in = span_from(in, n);
	}
	if (charset.p)
		add_bytes(charset, buf_span(&bytes), cs, out);
	out->failed |= bytes.failed;
	buf_free(&bytes);
	return buf_ok(out) ? 0 : -1;
}

/* encoded-word = "=?" charset ["*" language] "?" encoding "?" text "?=" */
static int
take_word(struct span *in, struct word *w)
{
	struct span s = *in, encoding, language;
	size_t i;

	if (!span_starts(s, SPAN("=?")))
		return 0;
	s = span_from(s, 2);
	/* no token is longer; so that many "=?" stay linear */
	for (i = 0; i < s.n && i < 80 && s.p[i] > ' ' && s.p[i] != '?'; i++)
		;
	w->charset = span_sub(s, 0, i);
	if (i == 0 || i == s.n || s.p[i] != '?')
		return 0;
	language = w->charset;
	(void)span_cut(&language, '*', &w->charset);
	s = span_from(s, i + 1);
	encoding = span_sub(s, 0, 2);
	w->base64 = span_case_eq(encoding, SPAN("B?"));
	if (!w->base64 && !span_case_eq(encoding, SPAN("Q?")))
		return 0;
	s = span_from(s, 2);
	for (i = 0; i < s.n && s.p[i] != '?' && s.p[i] != '\n'; i++)
		;
	if (i + 1 >= s.n || s.p[i] != '?' || s.p[i + 1] != '=')
		return 0;
	w->text = span_sub(s, 0, i);
	*in = span_from(s, i + 2);
	return 1;
}

static int
add_word(const struct word *w, struct buf *out)
{
	struct decode d = { .kind = DECODE_BASE64 };

	if (w->base64) {
		/* its decoder asks for a little more room than it takes */
		out->max += 8;
		return decode_add(&d, w->text, out);
	}
	add_q(w->text, out);
	return 0;
}

/* RFC 2047 4.2 */
static void
add_q(struct span s, struct buf *out)
{
	size_t i;

	for (i = 0; i < s.n; i++) {
		if (s.p[i] == '=' && s.n - i > 2 &&
		    ascii_hex(s.p[i + 1]) >= 0 && ascii_hex(s.p[i + 2]) >= 0) {
			buf_addc(out, (unsigned char)
			    (ascii_hex(s.p[i + 1]) << 4 |
			    ascii_hex(s.p[i + 2])));
			i += 2;
		} else
			buf_addc(out, s.p[i] == '_' ? ' ' : s.p[i]);
	}
}

/* An unknown charset is as good as none (base/charset.h). */
static void
add_bytes(struct span charset, struct span s, const struct charset *cs,
    struct buf *out)
{
	size_t n = out->n;

	if (cs->utf8(cs->arg, charset, s, out) == 0 || !buf_ok(out))
		return;
	out->n = n;
	(void)cs->utf8(cs->arg, SPAN(""), s, out);
}

/* Text that is not encoded, without its folds. */
static void
add_plain(struct span s, const struct charset *cs, struct buf *out)
{
	struct span part;
	int more;

	do {
		more = span_cut(&s, '\n', &part);
		if (more && span_ends(part, SPAN("\r")))
			part.n--;
		if (utf8_valid(part))
			buf_addspan(out, part);
		else if (cs->utf8(cs->arg, (struct span){ 0 }, part, out) < 0)
			out->failed = 1;
	} while (more);
}

static size_t
blank(struct span s)
{
	size_t i = 0;

	while (i < s.n && ascii_space(s.p[i]))
		i++;
	return i;
}
