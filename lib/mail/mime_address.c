/* mime_address - the addresses of a header field. */
#include "base/ascii.h"
#include "mail/mime_address.h"

struct parse {
	struct mime_address *a;
	int angle;			/* between < and > */
	int at;				/* an @ was there */
	int domain_done;
};

static int begin(struct mime_address *, struct span *);
static int is_group(struct span *, struct parse *);
static void take_words(struct span *, struct parse *);
static int stops(struct span, const struct parse *);
static void take_angle(struct span *, struct parse *);
static int skip_cfws(struct span *, struct buf *);
static void take_comment(struct span *, struct buf *);
static size_t quoted_length(struct span);
static void add_quoted(struct buf *, struct span);
static size_t atom_length(struct span);
static void add_word(struct parse *, struct span, int quoted, int spaced);
static int at(struct span, unsigned char);

/*
 * address = mailbox / group; mailbox = name-addr / addr-spec.  Words are read
 * as both, a name and an address, until what follows tells which they are.
 */
int
mime_address_next(struct span *in, struct mime_address *a)
{
	struct parse p;
	struct buf swap;

	for (;;) {
		p = (struct parse){ .a = a };
		if (begin(a, in))
			return a->kind == MIME_GROUP_END;
		take_words(in, &p);
		if (is_group(in, &p))
			break;
		if (at(*in, '<'))
			take_angle(in, &p);
		else if (p.at)
			buf_reset(&a->name);
		else {
			swap = a->local;
			a->local = a->name;
			a->name = swap;
			buf_reset(&a->name);
		}
		if (a->name.n == 0)
			buf_addspan(&a->name, span_trim(buf_span(&a->comment)));
		if (a->local.n || a->domain.n || a->name.n || p.angle)
			break;
	}
	return buf_ok(&a->name) && buf_ok(&a->route) && buf_ok(&a->local) &&
	    buf_ok(&a->domain) && buf_ok(&a->comment) ? 1 : -1;
}

void
mime_address_free(struct mime_address *a)
{
	buf_free(&a->name);
	buf_free(&a->route);
	buf_free(&a->local);
	buf_free(&a->domain);
	buf_free(&a->comment);
	*a = (struct mime_address){ 0 };
}

/* Up to where an address begins.  1: none does; the end, of a group maybe. */
static int
begin(struct mime_address *a, struct span *in)
{
	struct buf *all[] = { &a->name, &a->route, &a->local, &a->domain,
	    &a->comment };
	size_t i;

	a->kind = MIME_MAILBOX;
	for (i = 0; i < sizeof all / sizeof *all; i++) {
		buf_reset(all[i]);
		if (all[i]->max < in->n + 1)
			all[i]->max = in->n + 1;
	}
	while (skip_cfws(in, &a->comment), at(*in, ',') ||
	    (at(*in, ';') && !a->group))
		*in = span_from(*in, 1);
	if (in->n && !at(*in, ';'))
		return 0;
	if (a->group) {
		a->group = 0;
		a->kind = MIME_GROUP_END;
		*in = span_from(*in, 1);
	}
	return 1;
}

/* group = display-name ":" [group-list] ";" */
static int
is_group(struct span *in, struct parse *p)
{
	if (!at(*in, ':'))
		return 0;
	*in = span_from(*in, 1);
	p->a->kind = MIME_GROUP;
	p->a->group = 1;
	return 1;
}

/* phrase, local-part, domain: up to what ends an address. */
static void
take_words(struct span *in, struct parse *p)
{
	int spaced = 0;
	size_t n;

	while (in->n && !stops(*in, p)) {
		if (skip_cfws(in, &p->a->comment)) {
			spaced = 1;
			continue;
		}
		n = 1;
		if (at(*in, '"')) {
			n = quoted_length(*in);
			add_word(p, span_sub(*in, 1, n), 1, spaced);
			n++;
		} else if (at(*in, '@')) {
			if (!p->angle)
				buf_addc(&p->a->name, '@');
			p->at = 1;
		} else if (!at(*in, '>') && !at(*in, ')')) {
			n = atom_length(*in);
			add_word(p, span_sub(*in, 0, n), 0, spaced);
		}
		*in = span_from(*in, n);
		spaced = 0;
	}
}

static int
stops(struct span in, const struct parse *p)
{
	if (at(in, ',') || at(in, ';'))
		return 1;
	if (p->angle)
		return at(in, '>');
	return at(in, '<') || (at(in, ':') && !p->a->group && !p->at);
}

/* angle-addr, with the route of RFC 5322 4.4; then up to the comma */
static void
take_angle(struct span *in, struct parse *p)
{
	struct mime_address *a = p->a;
	struct span rest, route = { 0 };
	size_t n;

	*in = span_from(*in, 1);
	p->angle = 1;
	p->at = p->domain_done = 0;
	buf_reset(&a->local);
	buf_reset(&a->domain);
	(void)skip_cfws(in, &a->comment);
	rest = *in;
	if (at(rest, '@')) {
		for (n = 0; n < rest.n && rest.p[n] != '>' &&
		    rest.p[n] != ':' && rest.p[n] != ';'; n++)
			;
		if (n < rest.n && rest.p[n] == ':') {
			route = span_sub(rest, 0, n);
			*in = span_from(rest, n + 1);
		}
	}
	for (; route.n; route = span_from(route, 1))
		if (!ascii_space(route.p[0]))
			buf_addc(&a->route, route.p[0]);
	take_words(in, p);
	while (in->n && !at(*in, ',') && !at(*in, ';'))
		if (!skip_cfws(in, &a->comment))
			*in = span_from(*in, at(*in, '"') ?
			    quoted_length(*in) + 1 : 1);
}

/* Returns 1 when there was any. */
static int
skip_cfws(struct span *in, struct buf *comment)
{
	size_t n = in->n;

	while (in->n && (ascii_space(in->p[0]) || in->p[0] == '('))
		if (in->p[0] == '(')
			take_comment(in, comment);
		else
			*in = span_from(*in, 1);
	return in->n < n;
}

/* comment = "(" *([FWS] ccontent) [FWS] ")", nested */
static void
take_comment(struct span *in, struct buf *comment)
{
	size_t i, depth = 0;

	buf_reset(comment);
	for (i = 0; i < in->n; i++) {
		unsigned char c = in->p[i];

		if (c == '(' && depth++ == 0)
			continue;
		if (c == ')' && --depth == 0)
			break;
		if (c == '\\' && i + 1 < in->n)
			c = in->p[++i];
		if (c != '\r' && c != '\n')
			buf_addc(comment, c);
	}
	*in = span_from(*in, i + 1);
}

/* Index of the closing quote, or the length. */
static size_t
quoted_length(struct span in)
{
	size_t i;

	for (i = 1; i < in.n && in.p[i] != '"'; i++)
		if (in.p[i] == '\\' && i + 1 < in.n)
			i++;
	return i;
}

static void
add_quoted(struct buf *b, struct span s)
{
	size_t i;

	for (i = 0; i < s.n; i++) {
		if (s.p[i] == '\\' && i + 1 < s.n)
			buf_addc(b, s.p[++i]);
		else if (s.p[i] != '\r' && s.p[i] != '\n')
			buf_addc(b, s.p[i]);
	}
}

/* A dot is a word; so are [ ] with what they hold, for a domain-literal, and
 * any other byte that is special. */
static size_t
atom_length(struct span in)
{
	size_t i = 0;

	if (at(in, '[')) {
		while (i < in.n && in.p[i] != ']' && in.p[i] != '>' &&
		    in.p[i] != ',')
			i++;
		return i < in.n && in.p[i] == ']' ? i + 1 : i;
	}
	while (i < in.n && !ascii_space(in.p[i]) &&
	    !memchr("()<>@,;:\\\".[]", in.p[i], 13))
		i++;
	return i ? i : 1;
}

/*
 * In a name words keep a space between them; in an address a space beside a
 * dot goes (RFC 5322 4.4), and nothing follows a domain.
 */
static void
add_word(struct parse *p, struct span word, int quoted, int spaced)
{
	struct buf *b = p->at ? &p->a->domain : &p->a->local;
	int dot = !quoted && at(word, '.');

	if (!p->angle) {
		if (spaced && p->a->name.n)
			buf_addc(&p->a->name, ' ');
		add_quoted(&p->a->name, word);
	}
	if (p->domain_done)
		return;
	if (spaced && b->n && !dot && b->p[b->n - 1] != '.') {
		if (p->at) {
			p->domain_done = 1;
			return;
		}
		buf_addc(b, ' ');
	}
	if (quoted)
		add_quoted(b, word);
	else
		buf_addspan(b, word);
}

static int
at(struct span s, unsigned char c)
{
	return s.n && s.p[0] == c;
}
