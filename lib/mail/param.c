/* param - parameters of Content-Type and Content-Disposition. */
#include "base/ascii.h"
#include "mail/param.h"

enum { PIECES = PARAM_MAX };

/* name*2*=value: piece 2, encoded. */
struct piece {
	struct param p;
	int number, encoded;
};
struct pieces {
	struct piece v[PIECES];
	signed char at[PIECES];		/* number to index + 1 */
	int n;				/* without a gap */
};

static void skip_cfws(struct span *);
static struct span take_token(struct span *);
static int gather(struct span, struct span, struct pieces *, struct piece *);
static int piece_of(const struct param *, struct span, struct piece *);
static int number_of(struct span, struct piece *);
static void encode(struct span, struct buf *);
static int add_piece(const struct piece *, int, struct buf *, struct span *);
static void add_percent(struct span, struct buf *);

/* "Content-Type" ":" type "/" subtype */
int
param_type(struct span *in, struct span *type, struct span *subtype)
{
	struct span s = *in, t, u;

	skip_cfws(&s);
	t = take_token(&s);
	skip_cfws(&s);
	if (t.n == 0 || s.n == 0 || s.p[0] != '/')
		return 0;
	s = span_from(s, 1);
	skip_cfws(&s);
	u = take_token(&s);
	if (u.n == 0)
		return 0;
	*type = t;
	*subtype = u;
	*in = s;
	return 1;
}

int
param_word(struct span *in, struct span *word)
{
	struct span s = *in, w;

	skip_cfws(&s);
	w = take_token(&s);
	if (w.n == 0)
		return 0;
	*word = w;
	*in = s;
	return 1;
}

/* *(";" attribute "=" value); value = token / quoted-string */
int
param_next(struct span *in, struct param *p)
{
	size_t i;

	for (;;) {
		skip_cfws(in);
		while (in->n && (in->p[0] == ';' || in->p[0] == '=')) {
			*in = span_from(*in, 1);
			skip_cfws(in);
		}
		if (in->n == 0)
			return 0;
		p->name = take_token(in);
		skip_cfws(in);
		if (p->name.n == 0)
			*in = span_from(*in, 1);	/* no token byte */
		else if (in->n && in->p[0] == '=')
			break;
	}
	*in = span_from(*in, 1);
	skip_cfws(in);
	p->quoted = in->n && in->p[0] == '"';
	if (p->quoted) {
		for (i = 1; i < in->n && in->p[i] != '"'; i++)
			if (in->p[i] == '\\' && i + 1 < in->n)
				i++;
		p->value = span_sub(*in, 1, i);
		*in = span_from(*in, i + 1);
		return 1;
	}
	for (i = 0; i < in->n && !ascii_space(in->p[i]) && in->p[i] != ';';)
		i++;
	p->value = span_sub(*in, 0, i);
	*in = span_from(*in, i);
	return 1;
}

int
param_text(const struct param *p, struct buf *b)
{
	size_t i;

	if (!p->quoted)
		return buf_addspan(b, p->value);
	for (i = 0; i < p->value.n; i++) {
		unsigned char c = p->value.p[i];

		if (c == '\\' && i + 1 < p->value.n)
			buf_addc(b, p->value.p[++i]);
		else if (c != '\n' && !(c == '\r' && i + 1 < p->value.n &&
		    p->value.p[i + 1] == '\n'))
			buf_addc(b, c);
	}
	return buf_ok(b) ? 0 : -1;
}

/* RFC 2231 3 and 4: pieces in the order of their numbers, up to a gap; what is
 * written without any comes first. */
int
param_find(struct span in, const char *name, struct buf *b,
    struct span *charset)
{
	struct pieces all;
	struct piece whole;
	int i;

	*charset = (struct span){ 0 };
	if (gather(in, span_of(name), &all, &whole))
		return add_piece(&whole, 1, b, charset) < 0 ? -1 : 1;
	for (i = 0; i < all.n; i++)
		if (add_piece(&all.v[all.at[i] - 1], i == 0, b, charset) < 0)
			return -1;
	return all.n > 0;
}

int
param_piece(const struct param *p, struct span *name, int *number)
{
	struct piece v = { .p = *p, .number = -1 };
	size_t n = span_find(p->name, '*');

	*name = span_sub(p->name, 0, n);
	if (n == p->name.n || !number_of(span_from(p->name, n + 1), &v))
		return 0;
	*number = v.number;
	return v.number >= 0;
}

int
param_join(struct span in, struct span name, struct buf *b)
{
	struct buf text = { .max = b->max };
	struct pieces all;
	int i, encoded = 0;

	(void)gather(in, name, &all, NULL);
	for (i = 0; i < all.n; i++)
		encoded |= all.v[all.at[i] - 1].encoded;
	for (i = 0; i < all.n; i++) {
		const struct piece *v = &all.v[all.at[i] - 1];

		buf_reset(&text);
		b->failed |= param_text(&v->p, &text) < 0;
		if (encoded && !v->encoded)
			encode(buf_span(&text), b);
		else
			buf_addspan(b, buf_span(&text));
	}
	buf_free(&text);
	return buf_ok(b) ? encoded : -1;
}

/* 1: it stands somewhere without a number, *whole (NULL: that is passed over);
 * 0. */
static int
gather(struct span in, struct span name, struct pieces *all,
    struct piece *whole)
{
	struct piece *v = all->v;
	struct param p;
	int i;

	memset(all->at, 0, sizeof all->at);
	all->n = 0;
	for (i = 0; i < PARAM_MAX && param_next(&in, &p); i++) {
		if (!piece_of(&p, name, v))
			continue;
		if (v->number < 0) {
			if (whole == NULL)
				continue;
			*whole = *v;
			return 1;
		}
		if (v->number < PIECES && !all->at[v->number])
			all->at[v->number] = (signed char)(v - all->v + 1);
		v++;
	}
	while (all->n < PIECES && all->at[all->n])
		all->n++;
	return 0;
}

/* White space and comments; linear, for a comment that does not close goes to
 * the end. */
static void
skip_cfws(struct span *s)
{
	size_t i, depth = 0;

	for (i = 0; i < s->n; i++) {
		unsigned char c = s->p[i];

		if (c == '(')
			depth++;
		else if (c == ')' && depth)
			depth--;
		else if (c == '\\' && depth && i + 1 < s->n)
			i++;
		else if (!depth && !ascii_space(c))
			break;
	}
	*s = span_from(*s, i);
}

/* token of RFC 2045 5.1, with what is above ASCII */
static struct span
take_token(struct span *s)
{
	struct span token;
	size_t i;

	for (i = 0; i < s->n; i++)
		if (s->p[i] <= ' ' || s->p[i] == 0x7f ||
		    memchr("()<>@,;:\\\"/[]?=", s->p[i], 15))
			break;
	token = span_sub(*s, 0, i);
	*s = span_from(*s, i);
	return token;
}

/* Is p the parameter `name`, or a piece of it?  name, name*, name*N, name*N* */
static int
piece_of(const struct param *p, struct span name, struct piece *v)
{
	struct span s = p->name;

	if (!span_case_starts(s, name))
		return 0;
	s = span_from(s, name.n);
	*v = (struct piece){ *p, -1, 0 };
	if (s.n == 0)
		return 1;
	return s.p[0] == '*' && number_of(span_from(s, 1), v);
}

/* What stands behind the first asterisk. */
static int
number_of(struct span s, struct piece *v)
{
	v->encoded = s.n == 0;
	if (v->encoded)
		return 1;
	if (s.p[s.n - 1] == '*') {
		v->encoded = 1;
		s.n--;
	}
	for (v->number = 0; s.n && ascii_digit(s.p[0]); s = span_from(s, 1))
		if ((v->number = v->number * 10 + (s.p[0] - '0')) > PIECES)
			return 0;
	return s.n == 0;
}

/* extended-initial-value = [charset] "'" [language] "'" value */
static int
add_piece(const struct piece *v, int first, struct buf *b,
    struct span *charset)
{
	struct span value = v->p.value, rest = value, name, language;

	if (!v->encoded)
		return param_text(&v->p, b);
	if (first && span_cut(&rest, '\'', &name) &&
	    span_cut(&rest, '\'', &language)) {
		*charset = name;
		value = rest;
	}
	add_percent(value, b);
	return buf_ok(b) ? 0 : -1;
}

static void
add_percent(struct span s, struct buf *b)
{
	size_t i;

	for (i = 0; i < s.n; i++) {
		if (s.p[i] == '%' && s.n - i > 2 &&
		    ascii_hex(s.p[i + 1]) >= 0 && ascii_hex(s.p[i + 2]) >= 0) {
			buf_addc(b, (unsigned char)(ascii_hex(s.p[i + 1]) << 4 |
			    ascii_hex(s.p[i + 2])));
			i += 2;
		} else
			buf_addc(b, s.p[i]);
	}
}

/* What is no attribute-char of RFC 2231 7 becomes %XX. */
static void
encode(struct span s, struct buf *b)
{
	static const char hex[] = "0123456789ABCDEF";
	size_t i;

	for (i = 0; i < s.n; i++) {
		unsigned char c = s.p[i];

		if (c > ' ' && c < 0x7f &&
		    memchr("*'%()<>@,;:\\\"/[]?=", c, 18) == NULL) {
			buf_addc(b, c);
			continue;
		}
		buf_addc(b, '%');
		buf_addc(b, (unsigned char)hex[c >> 4]);
		buf_addc(b, (unsigned char)hex[c & 15]);
	}
}
