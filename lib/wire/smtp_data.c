/*
 * smtp_data - the text of a message as it comes over SMTP.
 *
 * The state is that of the byte before: in a line, behind a CR, at the start
 * of a line, and behind the dot or the dot and CR that may turn out to be the
 * end.  Only these last two hold a byte back, and a held CR is always a bare
 * one if it was not the end.  Lines are walked with memchr: one search for CR
 * and one for a bare LF before it, one search for NUL in a whole piece.
 */
#include "base/ascii.h"
#include "wire/smtp_data.h"

enum { IN_LINE, BEHIND_CR, LINE_START, BEHIND_DOT, BEHIND_DOT_CR };

static int at_end(struct smtp_data *, struct span *, struct span *);
static size_t walk(struct smtp_data *, struct span);
static const unsigned char *walk_line(struct smtp_data *,
    const unsigned char *, const unsigned char *);
static void note_field(struct smtp_data *, struct span);
static void line_ends(struct smtp_data *, size_t);

void
smtp_data_start(struct smtp_data *d, int bdat)
{
	*d = (struct smtp_data){ .state = LINE_START, .bdat = bdat != 0 };
}

enum smtp_data_end
smtp_data_next(struct smtp_data *d, struct span *in, struct span *piece)
{
	size_t n;

	*piece = (struct span){ NULL, 0 };
	if (!d->bdat && d->state == LINE_START && in->n && in->p[0] == '.') {
		d->state = BEHIND_DOT;
		*in = span_from(*in, 1);
	}
	if (d->state >= BEHIND_DOT && at_end(d, in, piece))
		return SMTP_DATA_END;
	if (piece->n == 0) {
		if (in->n == 0)
			return SMTP_DATA_MORE;
		n = walk(d, *in);
		*piece = span_sub(*in, 0, n);
		*in = span_from(*in, n);
		if (piece->n && memchr(piece->p, 0, piece->n))
			d->flaws |= SMTP_DATA_NUL;
	}
	d->size += piece->n;
	if (!d->in_body)
		d->header = d->size;
	return SMTP_DATA_PIECE;
}

void
smtp_data_finish(struct smtp_data *d, struct span *piece)
{
	*piece = SPAN("");
	if (d->state == BEHIND_CR)
		d->flaws |= SMTP_DATA_CR;
	else if (d->state == IN_LINE)
		*piece = SPAN("\r\n");
	line_ends(d, 0);
	d->size += piece->n;
}

/* Behind a dot at the start of a line.  1: that was the end.  Else the dot was
 * stuffed, and *piece is the CR that was held back, if one was. */
static int
at_end(struct smtp_data *d, struct span *in, struct span *piece)
{
	if (in->n && d->state == BEHIND_DOT) {
		if (in->p[0] != '\r') {
			d->state = IN_LINE;
			return 0;
		}
		d->state = BEHIND_DOT_CR;
		*in = span_from(*in, 1);
	}
	if (in->n == 0)
		return 0;
	d->state = IN_LINE;
	if (in->p[0] == '\n') {
		*in = span_from(*in, 1);
		return 1;
	}
	d->flaws |= SMTP_DATA_CR;
	d->line++;
	*piece = SPAN("\r");
	return 0;
}

/* How many bytes are the next piece: all, or up to a dot that starts a line. */
static size_t
walk(struct smtp_data *d, struct span s)
{
	const unsigned char *p = s.p, *end = s.p + s.n;

	while (p < end) {
		if (d->state == BEHIND_CR && *p == '\n') {
			p++;
			line_ends(d, (size_t)(p - s.p));
			continue;
		}
		if (d->state == LINE_START && *p == '.' && !d->bdat)
			break;
		if (d->state == BEHIND_CR) {
			d->flaws |= SMTP_DATA_CR;
			d->line++;
		}
		p = walk_line(d, p, end);
	}
	return (size_t)(p - s.p);
}

/* Takes text up to and with the next CR, or all of it. */
static const unsigned char *
walk_line(struct smtp_data *d, const unsigned char *p,
    const unsigned char *end)
{
	const unsigned char *cr = memchr(p, '\r', (size_t)(end - p));
	size_t n = (size_t)((cr ? cr : end) - p);

	if (n && memchr(p, '\n', n))
		d->flaws |= SMTP_DATA_LF;
	if (!d->in_body)
		note_field(d, span_mem(p, n));
	d->line += n;
	d->state = cr ? BEHIND_CR : IN_LINE;
	return p + n + (cr ? 1 : 0);
}

/* Counts a line of the header that begins with "Received:"; column says how
 * much of that stood in earlier chunks. */
static void
note_field(struct smtp_data *d, struct span s)
{
	static const char name[] = "received:";
	size_t i;

	if (d->column != d->line)
		return;
	for (i = 0; i < s.n && name[d->column]; i++) {
		if (ascii_lower(s.p[i]) != (unsigned char)name[d->column])
			return;
		if (name[++d->column] == '\0')
			d->hops++;
	}
}

/* at: bytes of this piece so far. */
static void
line_ends(struct smtp_data *d, size_t at)
{
	if (d->line > d->longest)
		d->longest = d->line;
	if (d->line == 0 && !d->in_body) {
		d->in_body = 1;
		d->header = d->size + at;
	}
	d->line = 0;
	d->column = 0;
	d->state = LINE_START;
}
