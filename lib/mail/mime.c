/* mime - the structure of a message, found in one pass. */
#include <stdlib.h>

#include "base/lines.h"
#include "mail/header.h"
#include "mail/mime.h"
#include "mail/param.h"

/* A part whose end was not seen yet. */
struct mime_frame {
	uint32_t part, last;		/* last: its last child, 0 none */
	unsigned char boundary[MIME_BOUNDARY];
	size_t n;			/* 0: it has none, or was closed */
};

struct parse {
	struct mime *m;
	struct span all;
	struct mime_point at;		/* how far lines were counted */
	unsigned depth, bounded;	/* bounded: frames with a boundary */
	int has_cr;
};

/* What a line that begins with "--" is. */
struct delimiter {
	unsigned level;			/* of the frame */
	int closes;
	size_t end;			/* behind its line */
};

static int part_begin(struct parse *, size_t, int);
static size_t part_header(struct parse *, uint32_t);
static int enter_note(struct parse *, uint32_t, const struct header *);
static int part_open(struct parse *, uint32_t, struct buf *);
static void part_type(struct parse *, uint32_t);
static int next_delimiter(struct parse *, size_t, size_t *,
	    struct delimiter *);
static int is_delimiter(struct parse *, size_t, struct delimiter *);
static void close_down_to(struct parse *, unsigned, size_t);
static void childless(struct mime *);
static struct mime_point count_to(struct parse *, size_t);
static size_t line_end(struct span, size_t);
static void *grow(void *, uint32_t, uint32_t *, size_t);

static const struct {
	const char *name;
	enum mime_field field;
} names[] = {
	{ "Content-Type", MIME_TYPE },
	{ "Content-Transfer-Encoding", MIME_ENCODING },
	{ "Content-Disposition", MIME_DISPOSITION },
	{ "Content-ID", MIME_ID },
	{ "Content-Description", MIME_DESCRIPTION },
	{ "Content-Language", MIME_LANGUAGE },
	{ "Content-Location", MIME_LOCATION },
	{ "Content-MD5", MIME_MD5 },
	{ "Date", MIME_DATE },
	{ "Subject", MIME_SUBJECT },
	{ "From", MIME_FROM },
	{ "Sender", MIME_SENDER },
	{ "Reply-To", MIME_REPLY_TO },
	{ "To", MIME_TO },
	{ "Cc", MIME_CC },
	{ "Bcc", MIME_BCC },
	{ "In-Reply-To", MIME_IN_REPLY_TO },
	{ "Message-ID", MIME_MESSAGE_ID },
	{ "References", MIME_REFERENCES }
};

/*
 * A part is begun: its header is read, it is put on the stack.  If it is a
 * message, one begins where its body does.  Else the next delimiter is looked
 * for, which ends parts and may begin one.
 */
int
mime_parse(struct mime *m, struct span message)
{
	struct parse p = { .m = m, .all = message };
	unsigned char room[2 * MIME_BOUNDARY];
	struct buf boundary = { .p = room, .size = sizeof room,
	    .max = sizeof room };
	struct delimiter d;
	size_t at = 0, line;
	int begin = 1, r = 0;

	m->message = message;
	m->n = m->ntable = 0;
	m->steps = 0;
	p.has_cr = message.n && memchr(message.p, '\r', message.n) != NULL;
	while (r == 0) {
		if (begin) {
			if ((r = part_begin(&p, at, p.depth > 0)) < 0 ||
			    (r = part_open(&p, m->n - 1, &boundary)) < 0)
				break;
			at = m->part[m->n - 1].body.at;
			if (m->part[m->n - 1].kind == MIME_MESSAGE)
				continue;
		}
		if (m->n == MIME_PARTS || !next_delimiter(&p, at, &line, &d))
			break;
		close_down_to(&p, d.level + 1, line);
		at = d.end;
		if (d.closes) {
			m->open[d.level].n = 0;
			p.bounded--;
		}
		begin = !d.closes;
	}
	if (r < 0)
		return -1;
	close_down_to(&p, 0, message.n);
	childless(m);
	return 0;
}

void
mime_free(struct mime *m)
{
	free(m->part);
	free(m->table);
	free(m->open);
	*m = (struct mime){ 0 };
}

struct span
mime_header(const struct mime *m, const struct mime_part *p)
{
	return span_sub(m->message, p->header.at, p->body.at);
}

struct span
mime_body(const struct mime *m, const struct mime_part *p)
{
	return span_sub(m->message, p->body.at, p->end.at);
}

uint64_t
mime_octets(const struct mime_point *from, const struct mime_point *to)
{
	return (uint64_t)(to->at - from->at) + (to->bare - from->bare);
}

uint64_t
mime_lines(const struct mime_point *from, const struct mime_point *to)
{
	return to->lines - from->lines;
}

int
mime_value(const struct mime *m, const struct mime_part *p,
    enum mime_field field, struct span *value)
{
	uint32_t i;

	for (i = 0; i < p->fields; i++)
		if (m->table[p->first + i].field == field) {
			*value = m->table[p->first + i].value;
			return 1;
		}
	return 0;
}

/* Adds a part that begins at `at`, as child of the innermost open one. */
static int
part_begin(struct parse *p, size_t at, int nested)
{
	struct mime *m = p->m;
	struct mime_part *v;
	struct mime_frame *f = nested ? &p->m->open[p->depth - 1] : NULL;
	uint32_t i = m->n;
	size_t body;

	v = grow(m->part, m->n, &m->size, sizeof *v);
	if (v == NULL)
		return -1;
	m->part = v;
	v[m->n++] = (struct mime_part){ .first = m->ntable };
	if (f) {
		v[i].parent = f->part;
		v[i].depth = v[f->part].depth + 1;
		if (f->last)
			v[f->last].next = i;
		else
			v[f->part].child = i;
		f->last = i;
	}
	v[i].message = f == NULL || v[f->part].kind == MIME_MESSAGE;
	v[i].header = count_to(p, at);
	if ((body = part_header(p, i)) == SIZE_MAX)
		return -1;
	m->part[i].body = m->part[i].end = count_to(p, body);
	part_type(p, i);
	return 0;
}

/* Where the header ends: behind its blank line, before a line that is no field
 * or is a delimiter.  SIZE_MAX: no memory. */
static size_t
part_header(struct parse *p, uint32_t i)
{
	size_t at = p->m->part[i].header.at;
	struct span in = span_from(p->all, at);
	struct header h;
	struct delimiter d;
	unsigned n;
	int r;

	if (i == 0 && span_starts(in, SPAN("From ")))
		in = span_from(in, line_end(in, 0));
	for (n = 0;; n++) {
		at = p->all.n - in.n;
		if (span_starts(in, SPAN("--")) && is_delimiter(p, at, &d))
			return at;
		if ((r = header_next(&in, &h)) != 1)
			break;
		p->m->steps += h.whole.n;
		if (n < MIME_FIELDS && enter_note(p, i, &h) < 0)
			return SIZE_MAX;
	}
	return p->all.n - in.n;
}

/* A line of the header table, when it is of interest. */
static int
enter_note(struct parse *p, uint32_t part, const struct header *h)
{
	struct mime *m = p->m;
	struct mime_entry *t;
	size_t i;

	for (i = 0; i < sizeof names / sizeof *names; i++)
		if (header_is(h, names[i].name))
			break;
	if (i == sizeof names / sizeof *names || m->ntable == MIME_TABLE ||
	    (names[i].field >= MIME_DATE && !m->part[part].message))
		return 0;
	t = grow(m->table, m->ntable, &m->table_size, sizeof *t);
	if (t == NULL)
		return -1;
	m->table = t;
	t[m->ntable++] = (struct mime_entry){ part, names[i].field, h->value };
	m->part[part].fields++;
	return 0;
}

/* Kind and type; RFC 2045 5.2: what is not said, or not readable, is text. */
static void
part_type(struct parse *p, uint32_t i)
{
	struct mime_part *part = &p->m->part[i];
	struct span value, type = SPAN("text"), subtype = SPAN("plain");
	struct span params = { 0 };

	/* RFC 2046 5.1.5 */
	if (!part->message && span_case_eq(p->m->part[part->parent].subtype,
	    SPAN("digest"))) {
		type = SPAN("message");
		subtype = SPAN("rfc822");
	}
	if (mime_value(p->m, part, MIME_TYPE, &value)) {
		if (param_type(&value, &type, &subtype))
			params = value;
		else {
			type = SPAN("text");
			subtype = SPAN("plain");
		}
	}
	part->type = type;
	part->subtype = subtype;
	part->params = params;
	if (span_case_eq(type, SPAN("multipart")))
		part->kind = MIME_MULTIPART;
	else if (span_case_eq(type, SPAN("message")) &&
	    (span_case_eq(subtype, SPAN("rfc822")) ||
	    span_case_eq(subtype, SPAN("global"))))
		part->kind = MIME_MESSAGE;
}

/* Onto the stack; a leaf too, where nothing may stand within. */
static int
part_open(struct parse *p, uint32_t i, struct buf *boundary)
{
	struct mime_part *part = &p->m->part[i];
	struct mime_frame *f;
	struct span charset;
	int r = 1;

	buf_reset(boundary);
	if (part->kind == MIME_MULTIPART) {
		/* a boundary above the ceiling is as none */
		r = param_find(part->params, "boundary", boundary, &charset);
		while (boundary->n && boundary->p[boundary->n - 1] == ' ')
			boundary->n--;		/* RFC 2046 5.1.1 */
		r = r == 1 && boundary->n && boundary->n <= MIME_BOUNDARY;
	}
	if (part->kind == MIME_LEAF)
		r = 1;
	else if (r == 0 || p->depth == MIME_DEPTH - 1 ||
	    p->m->n == MIME_PARTS) {
		part->kind = MIME_LEAF;
		part->type = SPAN("text");
		part->subtype = SPAN("plain");
		part->params = (struct span){ 0 };
		boundary->n = 0;
	}
	f = grow(p->m->open, p->depth, &p->m->open_size, sizeof *f);
	if (f == NULL)
		return -1;
	p->m->open = f;
	f += p->depth++;
	f->part = i;
	f->last = 0;
	f->n = boundary->n;
	p->bounded += f->n > 0;
	if (f->n)
		memcpy(f->boundary, boundary->p, f->n);
	return 0;
}

/*
 * The next delimiter of an open multipart at or behind `at`, which is the
 * start of a line.  Only lines beginning with "--" are looked at.
 */
static int
next_delimiter(struct parse *p, size_t at, size_t *line, struct delimiter *d)
{
	struct span rest = span_from(p->all, at);
	size_t n;

	if (p->bounded == 0)
		return 0;
	p->m->steps += rest.n;
	while (rest.n) {
		if (span_starts(rest, SPAN("--"))) {
			*line = p->all.n - rest.n;
			if (is_delimiter(p, *line, d)) {
				p->m->steps -= rest.n;
				return 1;
			}
		}
		/* base64 has no hyphen at all; of a line that has, no other
		 * is looked at */
		n = 1 + span_find(span_from(rest, 1), '-');
		if (n < rest.n && rest.p[n - 1] != '\n')
			n += 1 + span_find(span_from(rest, n), '\n');
		rest = span_from(rest, n);
	}
	return 0;
}

/* delimiter = "--" boundary ["--"] *LWSP-char CRLF (RFC 2046 5.1.1), of the
 * innermost multipart that it fits */
static int
is_delimiter(struct parse *p, size_t at, struct delimiter *d)
{
	struct span s = span_from(p->all, at + 2), rest;
	unsigned i;

	for (i = p->depth; i-- > 0;) {
		struct mime_frame *f = &p->m->open[i];

		p->m->steps++;
		if (f->n == 0 || s.n < f->n || s.p[0] != f->boundary[0])
			continue;
		p->m->steps += f->n;
		if (memcmp(s.p, f->boundary, f->n) != 0)
			continue;
		rest = span_from(s, f->n);
		d->closes = span_starts(rest, SPAN("--"));
		if (d->closes)
			rest = span_from(rest, 2);
		while (rest.n && (rest.p[0] == ' ' || rest.p[0] == '\t' ||
		    rest.p[0] == '\r'))
			rest = span_from(rest, 1);
		if (rest.n && rest.p[0] != '\n')
			continue;
		d->level = i;
		d->end = p->all.n - rest.n + (rest.n ? 1 : 0);
		return 1;
	}
	return 0;
}

/* What is open from that level on ends before the line break before the
 * delimiter that stands at `line` (RFC 2046 5.1.1). */
static void
close_down_to(struct parse *p, unsigned level, size_t line)
{
	struct mime_part *part = p->m->part;
	struct mime_point end;
	size_t at = line;

	if (level == p->depth)
		return;
	if (level > 0) {
		if (at > 0 && p->all.p[at - 1] == '\n')
			at--;
		if (at > 0 && at < line && p->all.p[at - 1] == '\r')
			at--;
	}
	/* the innermost has the last body; others began before it */
	if (at < part[p->m->open[p->depth - 1].part].body.at)
		at = part[p->m->open[p->depth - 1].part].body.at;
	end = count_to(p, at);
	while (p->depth > level) {
		struct mime_frame *f = &p->m->open[--p->depth];

		p->bounded -= f->n > 0;
		part[f->part].end = end;
	}
}

/* A multipart without parts is shown as what it is to read: text. */
static void
childless(struct mime *m)
{
	uint32_t i;

	for (i = 0; i < m->n; i++)
		if (m->part[i].kind == MIME_MULTIPART && !m->part[i].child) {
			m->part[i].kind = MIME_LEAF;
			m->part[i].type = SPAN("text");
			m->part[i].subtype = SPAN("plain");
			m->part[i].params = (struct span){ 0 };
		}
}

/* Lines are counted once, from where we were. */
static struct mime_point
count_to(struct parse *p, size_t to)
{
	size_t from = p->at.at;
	struct span s = span_sub(p->all, from, to);
	size_t lines = lines_count(s), bare = lines;

	if (p->has_cr) {
		bare = lines_bare(s);
		/* one whose CR was counted before */
		bare -= s.n && from && s.p[0] == '\n' && s.p[-1] == '\r';
	}
	p->m->steps += s.n;
	p->at.at = to;
	p->at.lines += lines;
	p->at.bare += bare;
	return p->at;
}

static size_t
line_end(struct span s, size_t from)
{
	size_t n = from + span_find(span_from(s, from), '\n');

	return n < s.n ? n + 1 : s.n;
}

static void *
grow(void *v, uint32_t n, uint32_t *size, size_t one)
{
	uint32_t want;

	if (n < *size)
		return v;
	want = *size ? *size * 2 : 8;
	if ((v = reallocarray(v, want, one)) != NULL)
		*size = want;
	return v;
}
