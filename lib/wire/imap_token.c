/* imap_token - a command as a flat tree of tokens. */
#include <stdlib.h>

#include "base/scan.h"
#include "base/utf8.h"
#include "wire/imap_token.h"

struct parse {
	struct imap_tokens *t;
	struct span all;
	size_t at;
	unsigned flags;
	uint32_t open[IMAP_DEPTH];	/* lists, sections; outermost first */
	uint32_t depth;
	int spaced;			/* a token may begin here */
	const char **why;
};

static int step(struct parse *);
static struct imap_token *add(struct parse *, enum imap_kind);
static int open_group(struct parse *, enum imap_kind, struct span);
static int close_group(struct parse *, enum imap_kind);
static int quoted(struct parse *);
static int unescaped(struct parse *, struct span, struct span *);
static int literal(struct parse *, enum imap_kind);
static int message(struct parse *);
static int atom(struct parse *);
static int is_atom_byte(unsigned char);
static int opens_section(struct span);

int
imap_tokens_parse(struct imap_tokens *t, struct span text, unsigned flags,
    const char **why)
{
	struct parse p = { t, text, 0, flags, { 0 }, 0, 1, why };

	t->n = 0;
	t->scratch.max = text.n;
	buf_reset(&t->scratch);
	while (p.at < text.n)
		if (step(&p) < 0)
			return -1;
	if (p.depth && !(flags & IMAP_PARTIAL)) {
		*why = "a parenthesis or bracket is not closed (RFC 9051 4.4)";
		return -1;
	}
	while (p.depth > 0)
		t->v[p.open[--p.depth]].next = t->n;
	return 0;
}

void
imap_tokens_free(struct imap_tokens *t)
{
	free(t->v);
	buf_free(&t->scratch);
	*t = (struct imap_tokens){ 0 };
}

int
imap_tokens_utf8(const struct imap_tokens *t)
{
	uint32_t i;

	for (i = 0; i < t->n; i++)
		if (t->v[i].kind == IMAP_QUOTED && !utf8_valid(t->v[i].text))
			return 0;
	return 1;
}

int
imap_is_atom(struct span s, unsigned char without)
{
	size_t i;

	for (i = 0; i < s.n; i++)
		if (s.p[i] <= ' ' || s.p[i] >= 0x7f || s.p[i] == without ||
		    memchr("(){%*\"\\", s.p[i], 7))
			return 0;
	return s.n > 0;
}

struct imap_cursor
imap_cursor_all(const struct imap_tokens *t, const char **why)
{
	return (struct imap_cursor){ t->v, 0, t->n, why };
}

struct imap_cursor
imap_cursor_in(const struct imap_cursor *c, const struct imap_token *t)
{
	return (struct imap_cursor){ c->v, (uint32_t)(t - c->v) + 1, t->next,
	    c->why };
}

const struct imap_token *
imap_peek(const struct imap_cursor *c)
{
	return c->at < c->end ? &c->v[c->at] : NULL;
}

int
imap_bad(const char **why, const char *what)
{
	*why = what;
	return -1;
}

int
imap_take(struct imap_cursor *c, const struct imap_token **t, const char *what)
{
	if ((*t = imap_peek(c)) == NULL)
		return imap_bad(c->why, what);
	c->at = (*t)->next;
	return 0;
}

int
imap_take_atom(struct imap_cursor *c, struct span *s, const char *what)
{
	const struct imap_token *t = imap_peek(c);

	if (t == NULL || t->kind != IMAP_ATOM)
		return imap_bad(c->why, what);
	*s = t->text;
	c->at = t->next;
	return 0;
}

/* astring = 1*ASTRING-CHAR / string */
int
imap_take_astring(struct imap_cursor *c, struct span *s, const char *what)
{
	const struct imap_token *t = imap_peek(c);
	size_t i;

	if (t == NULL || (t->kind != IMAP_ATOM && t->kind != IMAP_QUOTED &&
	    t->kind != IMAP_LITERAL))
		return imap_bad(c->why, what);
	for (i = 0; t->kind == IMAP_ATOM && i < t->text.n; i++)
		if (memchr("%*\\", t->text.p[i], 3))
			return imap_bad(c->why, what);
	*s = t->text;
	c->at = t->next;
	return 0;
}

int
imap_take_list(struct imap_cursor *c, struct imap_cursor *in, const char *what)
{
	const struct imap_token *t = imap_peek(c);

	if (t == NULL || t->kind != IMAP_PARENS)
		return imap_bad(c->why, what);
	*in = imap_cursor_in(c, t);
	c->at = t->next;
	return 0;
}

int
imap_take_number(struct imap_cursor *c, uint64_t max, uint64_t *v,
    const char *what)
{
	const struct imap_token *t = imap_peek(c);

	if (t == NULL || t->kind != IMAP_ATOM || scan_u64(t->text, max, v) < 0)
		return imap_bad(c->why, what);
	c->at = t->next;
	return 0;
}

int
imap_take_word(struct imap_cursor *c, const char *word)
{
	const struct imap_token *t = imap_peek(c);

	if (t == NULL || t->kind != IMAP_ATOM ||
	    !span_case_eq(t->text, span_of(word)))
		return 0;
	c->at = t->next;
	return 1;
}

int
imap_take_end(struct imap_cursor *c)
{
	if (c->at == c->end)
		return 0;
	*c->why = "more arguments than the command has (RFC 9051 6)";
	return -1;
}

/* One token, parenthesis or space. */
static int
step(struct parse *p)
{
	unsigned char c = p->all.p[p->at];

	if (c == ' ') {
		p->at++;
		p->spaced = 1;
		return 0;
	}
	if (c == ')')
		return close_group(p, IMAP_PARENS);
	if (c == ']' && p->depth &&
	    p->t->v[p->open[p->depth - 1]].kind == IMAP_SECTION)
		return close_group(p, IMAP_SECTION);
	if (!p->spaced && c != '(')
		return imap_bad(p->why,
		    "a space is missing between arguments (RFC 9051 9)");
	p->spaced = 0;
	if (c == '(') {
		p->at++;
		return open_group(p, IMAP_PARENS, (struct span){ 0 });
	}
	if (c == '"')
		return quoted(p);
	if (c == '{')
		return literal(p, IMAP_LITERAL);
	if (c == '~' && p->at + 1 < p->all.n && p->all.p[p->at + 1] == '{') {
		p->at++;
		return literal(p, IMAP_LITERAL8);
	}
	return c == '\0' ? message(p) : atom(p);
}

static struct imap_token *
add(struct parse *p, enum imap_kind kind)
{
	struct imap_tokens *t = p->t;
	struct imap_token *v;
	uint32_t size;

	if (t->n == IMAP_TOKENS) {
		*p->why = "more than 4000 arguments in a command";
		return NULL;
	}
	if (t->n == t->size) {
		size = t->size ? t->size * 2 : 16;
		if ((v = reallocarray(t->v, size, sizeof *v)) == NULL) {
			*p->why = "no memory";
			return NULL;
		}
		t->v = v;
		t->size = size;
	}
	v = &t->v[t->n++];
	*v = (struct imap_token){ .kind = kind, .next = t->n };
	return v;
}

static int
open_group(struct parse *p, enum imap_kind kind, struct span name)
{
	struct imap_token *t;

	if (p->depth == IMAP_DEPTH)
		return imap_bad(p->why,
		    "more than 100 parentheses within each other");
	if ((t = add(p, kind)) == NULL)
		return -1;
	t->text = name;
	p->open[p->depth++] = p->t->n - 1;
	p->spaced = 1;
	return 0;
}

static int
close_group(struct parse *p, enum imap_kind kind)
{
	struct imap_token *t = p->depth ? &p->t->v[p->open[p->depth - 1]] :
	    NULL;
	size_t from;

	if (t == NULL || t->kind != kind)
		return imap_bad(p->why,
		    "a parenthesis closes what is not open");
	t->next = p->t->n;
	p->depth--;
	from = ++p->at;
	p->spaced = 0;
	if (kind == IMAP_SECTION)
		while (p->at < p->all.n && is_atom_byte(p->all.p[p->at]) &&
		    p->all.p[p->at] != ']')
			p->at++;
	t->tail = span_sub(p->all, from, p->at);
	return 0;
}

/* quoted = DQUOTE *QUOTED-CHAR DQUOTE */
static int
quoted(struct parse *p)
{
	size_t at = p->at + 1, from = at;
	int escaped = 0;
	struct imap_token *t;

	for (; at < p->all.n && p->all.p[at] != '"'; at++) {
		if (p->all.p[at] == '\\') {
			escaped = 1;
			at++;
		}
		if (at < p->all.n && (p->all.p[at] == '\r' ||
		    p->all.p[at] == '\n' || p->all.p[at] == '\0'))
			break;
	}
	if (at >= p->all.n || p->all.p[at] != '"')
		return imap_bad(p->why,
		    "a quoted string is not closed (RFC 9051 4.3)");
	if ((t = add(p, IMAP_QUOTED)) == NULL)
		return -1;
	t->text = span_sub(p->all, from, at);
	p->at = at + 1;
	return escaped ? unescaped(p, t->text, &t->text) : 0;
}

/* The scratch never grows beyond the text, so it is made once and stays. */
static int
unescaped(struct parse *p, struct span in, struct span *out)
{
	struct buf *b = &p->t->scratch;
	size_t i, from = b->n;

	if (b->n == 0 && buf_room(b, p->all.n) < 0)
		return imap_bad(p->why, "no memory");
	for (i = 0; i < in.n; i++) {
		if (in.p[i] == '\\' && (++i == in.n ||
		    (in.p[i] != '"' && in.p[i] != '\\')))
			return imap_bad(p->why,
			    "a backslash before what is not special "
			    "(RFC 9051 9)");
		buf_addc(b, in.p[i]);
	}
	*out = span_from(buf_span(b), from);
	return 0;
}

/* literal = "{" number64 ["+"] "}" CRLF *CHAR8; the reader took LF, too */
static int
literal(struct parse *p, enum imap_kind kind)
{
	static const char not_literal[] = "not a literal (RFC 9051 4.3)";
	struct span in = span_from(p->all, p->at + 1);
	struct imap_token *t;
	uint64_t n;

	if (scan_front(&in, SIZE_MAX, &n) != 1)
		return imap_bad(p->why, not_literal);
	if (span_starts(in, SPAN("+")))
		in = span_from(in, 1);
	if (!span_starts(in, SPAN("}")))
		return imap_bad(p->why, not_literal);
	in = span_from(in, 1);
	if (span_starts(in, SPAN("\r")))
		in = span_from(in, 1);
	if (!span_starts(in, SPAN("\n")) || in.n - 1 < n)
		return imap_bad(p->why, not_literal);
	if ((t = add(p, kind)) == NULL)
		return -1;
	t->text = span_sub(in, 1, 1 + (size_t)n);
	p->at = p->all.n - (in.n - 1 - (size_t)n);
	if (kind == IMAP_LITERAL && span_find(t->text, '\0') < t->text.n)
		return imap_bad(p->why, "NUL in a literal (RFC 9051 4.3)");
	return 0;
}

/* The reader's mark: NUL [~] octets NUL. */
static int
message(struct parse *p)
{
	struct span in = span_from(p->all, p->at + 1);
	struct imap_token *t = add(p, IMAP_MESSAGE);

	if (t == NULL)
		return -1;
	if (in.n && in.p[0] == '~') {
		t->binary = 1;
		in = span_from(in, 1);
	}
	if (scan_front(&in, UINT64_MAX, &t->size) != 1 ||
	    !span_starts(in, SPAN("\0")))
		return imap_bad(p->why, "NUL in a command (RFC 9051 9)");
	p->at = p->all.n - (in.n - 1);
	return 0;
}

static int
atom(struct parse *p)
{
	size_t from = p->at;
	int in_section = p->depth &&
	    p->t->v[p->open[p->depth - 1]].kind == IMAP_SECTION;
	struct imap_token *t;

	for (; p->at < p->all.n && is_atom_byte(p->all.p[p->at]); p->at++) {
		if (in_section && p->all.p[p->at] == ']')
			break;
		if (p->all.p[p->at] == '[' && (p->flags & IMAP_SECTIONS) &&
		    opens_section(span_sub(p->all, from, p->at)))
			return open_group(p, IMAP_SECTION,
			    span_sub(p->all, from, p->at++));
	}
	if (p->at == from)
		return imap_bad(p->why,
		    "a character that no atom may have (RFC 9051 9)");
	if ((t = add(p, IMAP_ATOM)) == NULL)
		return -1;
	t->text = span_sub(p->all, from, p->at);
	return 0;
}

/* What each kind of argument allows of \ % * ] is for those who take it.
 * UTF-8 is read wherever a client sends it. */
static int
is_atom_byte(unsigned char c)
{
	return c > ' ' && c != 0x7f && c != '(' && c != ')' && c != '{' &&
	    c != '"';
}

static int
opens_section(struct span s)
{
	return span_case_eq(s, SPAN("BODY")) ||
	    span_case_eq(s, SPAN("BODY.PEEK")) ||
	    span_case_eq(s, SPAN("BINARY")) ||
	    span_case_eq(s, SPAN("BINARY.PEEK")) ||
	    span_case_eq(s, SPAN("BINARY.SIZE"));
}
