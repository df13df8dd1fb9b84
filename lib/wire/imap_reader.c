/* imap_reader - commands out of a stream of bytes. */
#include "base/scan.h"
#include "wire/imap_reader.h"
#include "wire/imap_token.h"

static void leave_out(struct imap_reader *);
static void begin(struct imap_reader *);
static int take_line(struct imap_reader *, struct span *);
static int line_done(struct imap_reader *, enum imap_read *);
static int head(struct span, struct imap_reader *, size_t *);
static void take_literal(struct imap_reader *, struct span *);
static int announce(struct imap_reader *, size_t, enum imap_read *);
static int at_message(struct span);
static int verb_takes_message(struct span);
static void skip_line(struct imap_reader *, struct span *);
static int skipped(struct imap_reader *, enum imap_read *);
static int fail_literal(struct imap_reader *, const char *, enum imap_read *);
static enum imap_read done(struct imap_reader *, enum imap_read);

enum imap_read
imap_read(struct imap_reader *r, struct span *in, const char **why)
{
	enum imap_read result = IMAP_READ_MORE;
	int ready = 0;

	if (r->state == IMAP_DONE)
		begin(r);
	r->text.max = IMAP_TEXT;
	while (!ready) {
		switch (r->state) {
		case IMAP_AT_LINE:
			if (in->n == 0)
				return IMAP_READ_MORE;
			ready = take_line(r, in) && line_done(r, &result);
			break;
		case IMAP_IN_LITERAL:
		case IMAP_SKIP_LITERAL:
			if (r->literal && in->n == 0)
				return IMAP_READ_MORE;
			take_literal(r, in);
			break;
		case IMAP_SKIP_LINE:
			if (in->n == 0)
				return IMAP_READ_MORE;
			skip_line(r, in);
			ready = r->ntail && r->tail[r->ntail - 1] == '\n' &&
			    skipped(r, &result);
			break;
		case IMAP_AT_MESSAGE:
			return IMAP_READ_MESSAGE;
		case IMAP_REFUSE:
		case IMAP_DONE:
			return done(r, IMAP_READ_REFUSED);
		}
	}
	if (result == IMAP_READ_BAD)
		*why = r->bad;
	return result;
}

void
imap_reader_message(struct imap_reader *r)
{
	leave_out(r);
	buf_addc(&r->text, '\0');
	if (r->binary)
		buf_addc(&r->text, '~');
	buf_addu(&r->text, r->literal);
	buf_addc(&r->text, '\0');
	r->line = r->text.n;
	r->lines = r->text.n - r->literals;
	r->state = IMAP_AT_LINE;
}

void
imap_reader_refuse(struct imap_reader *r)
{
	r->refused = 1;
	r->ntail = 0;
	/* who waits for "+ " gets our NO instead and sends nothing of it */
	r->state = r->sync ? IMAP_REFUSE : IMAP_SKIP_LITERAL;
}

void
imap_reader_free(struct imap_reader *r)
{
	buf_free(&r->text);
}

/* A message comes: of those before it the text keeps the first and the last. */
static void
leave_out(struct imap_reader *r)
{
	struct span s = span_from(buf_span(&r->text), r->line);
	size_t at = r->line, drop = r->last - r->first;

	/* UTF8 (~{n}: what closes it stands in the line behind the message */
	while (span_starts(s, SPAN(" ")))
		s = span_from(s, 1);
	if (span_starts(s, SPAN(")")))
		at = r->text.n - s.n + 1;
	if (++r->messages == 2)
		r->first = at;
	if (r->messages > 2) {
		memmove(r->text.p + r->first, r->text.p + r->last,
		    r->text.n - r->last);
		r->text.n -= drop;
		at -= drop;
	}
	r->last = at;
}

static void
begin(struct imap_reader *r)
{
	*r = (struct imap_reader){ .text = r->text, .minus = r->minus,
	    .line_only = r->line_only };
	buf_reset(&r->text);
}

/* Bytes up to a line end into the text.  1: the line is whole or too long. */
static int
take_line(struct imap_reader *r, struct span *in)
{
	size_t n = span_find(*in, '\n'), room = IMAP_LINE - r->lines;
	int whole = n < in->n;

	n += whole ? 1 : 0;
	if (n > room) {
		n = room;
		whole = 0;
	}
	buf_add(&r->text, in->p, n);
	r->lines += n;
	*in = span_from(*in, n);
	return whole || r->lines == IMAP_LINE || !buf_ok(&r->text);
}

/* 1: *result is to be told. */
static int
line_done(struct imap_reader *r, enum imap_read *result)
{
	struct span line = span_from(buf_span(&r->text), r->line);
	size_t at;

	if (!buf_ok(&r->text) || !span_ends(line, SPAN("\n"))) {
		/* the end of what was read may be the head of a literal */
		r->ntail = line.n < sizeof r->tail ? line.n : sizeof r->tail;
		if (r->ntail)
			memcpy(r->tail, line.p + line.n - r->ntail, r->ntail);
		r->bad = "command line too long";
		r->state = IMAP_SKIP_LINE;
		return 0;
	}
	r->ntail = 0;
	if (!r->line_only && head(line, r, &at))
		return announce(r, r->line + at, result);
	r->text.n -= span_ends(line, SPAN("\r\n")) ? 2 : 1;
	if (span_find(span_sub(buf_span(&r->text), r->line, r->text.n), '\0') <
	    r->text.n - r->line) {
		r->bad = "NUL in a command (RFC 9051 9)";
		*result = done(r, IMAP_READ_BAD);
		return 1;
	}
	*result = done(r, IMAP_READ_COMMAND);
	return 1;
}

/*
 * Does the line end with the head of a literal?  Then *at is where that
 * begins, and .literal, .sync and .binary are set.
 */
static int
head(struct span line, struct imap_reader *r, size_t *at)
{
	struct span s;
	size_t n;

	line.n -= span_ends(line, SPAN("\r\n")) ? 2 : 1;
	n = span_rfind(line, '{');
	if (n == line.n || line.n - n > 24)
		return 0;
	s = span_from(line, n + 1);
	if (scan_front(&s, INT64_MAX, &r->literal) != 1)
		return 0;
	r->sync = !span_starts(s, SPAN("+"));
	if (!span_eq(span_from(s, r->sync ? 0 : 1), SPAN("}")))
		return 0;
	r->binary = n > 0 && line.p[n - 1] == '~';
	*at = n - (size_t)r->binary;
	return 1;
}

/* A literal follows, its head begins at `at` in the text. */
static int
announce(struct imap_reader *r, size_t at, enum imap_read *result)
{
	struct span so_far = span_sub(buf_span(&r->text), 0, at);

	r->ntail = 0;
	if (span_find(span_from(so_far, r->line), '\0') < at - r->line)
		return fail_literal(r, "NUL in a command (RFC 9051 9)",
		    result);
	if (!r->sync && r->minus && r->literal > IMAP_NONSYNC)
		return fail_literal(r, "literal above 4096 octets without "
		    "waiting (RFC 7888 5)", result);
	if (at_message(so_far)) {
		r->text.n = at;
		r->state = IMAP_AT_MESSAGE;
		*result = IMAP_READ_MESSAGE;
		return 1;
	}
	if (r->literal > IMAP_LITERALS - r->literals)
		return fail_literal(r, "literal too long", result);
	r->literals += (size_t)r->literal;
	r->state = IMAP_IN_LITERAL;
	*result = IMAP_READ_CONTINUE;
	return r->sync;
}

/*
 * "tag APPEND mailbox", "tag REPLACE 4 mailbox", "tag UID REPLACE 4 mailbox":
 * what comes then is a message.
 */
static int
at_message(struct span text)
{
	struct imap_tokens t = { 0 };
	struct imap_cursor c;
	const struct imap_token *tag, *skip;
	const char *why;
	int is = 0;

	if (!verb_takes_message(text))
		return 0;
	if (span_find(text, '\0') < text.n)
		return 1;		/* not the first */
	if (imap_tokens_parse(&t, text, IMAP_PARTIAL, &why) == 0) {
		c = imap_cursor_all(&t, &why);
		if (imap_take(&c, &tag, "") == 0) {
			(void)imap_take_word(&c, "UID");
			is = imap_take_word(&c, "APPEND") ||
			    (imap_take_word(&c, "REPLACE") &&
			    imap_take(&c, &skip, "") == 0);
			is = is && imap_take(&c, &skip, "") == 0;
		}
	}
	imap_tokens_free(&t);
	return is;
}

/* Cheap, since a command may have many literals. */
static int
verb_takes_message(struct span text)
{
	struct span word;

	(void)(span_word(&text, &word) && span_word(&text, &word));
	if (span_case_eq(word, SPAN("UID")))
		(void)span_word(&text, &word);
	return span_case_eq(word, SPAN("APPEND")) ||
	    span_case_eq(word, SPAN("REPLACE"));
}

static void
take_literal(struct imap_reader *r, struct span *in)
{
	size_t n = in->n < r->literal ? in->n : (size_t)r->literal;

	if (r->state == IMAP_IN_LITERAL)
		buf_add(&r->text, in->p, n);
	*in = span_from(*in, n);
	if ((r->literal -= n) > 0)
		return;
	r->line = r->text.n;
	r->ntail = 0;
	r->state = r->state == IMAP_IN_LITERAL ? IMAP_AT_LINE : IMAP_SKIP_LINE;
}

/* Keeps the end of the line, where the head of a literal would stand. */
static void
skip_line(struct imap_reader *r, struct span *in)
{
	size_t n = span_find(*in, '\n'), drop;
	size_t keep = n < in->n ? n + 1 : n;
	struct span part = span_sub(*in, 0, keep);

	*in = span_from(*in, keep);
	if (part.n > sizeof r->tail)
		part = span_from(part, part.n - sizeof r->tail);
	drop = r->ntail + part.n > sizeof r->tail ?
	    r->ntail + part.n - sizeof r->tail : 0;
	memmove(r->tail, r->tail + drop, r->ntail - drop);
	memcpy(r->tail + r->ntail - drop, part.p, part.n);
	r->ntail = r->ntail - drop + part.n;
}

/* A line was thrown away.  1: so was the command. */
static int
skipped(struct imap_reader *r, enum imap_read *result)
{
	size_t at;
	int more = !r->line_only &&
	    head(span_mem(r->tail, r->ntail), r, &at) && !r->sync;

	r->ntail = 0;
	if (more) {
		r->state = IMAP_SKIP_LITERAL;
		return 0;
	}
	*result = done(r, r->refused ? IMAP_READ_REFUSED : IMAP_READ_BAD);
	return 1;
}

/* What is left of the command goes; a client that waits sends no more. */
static int
fail_literal(struct imap_reader *r, const char *bad, enum imap_read *result)
{
	r->bad = bad;
	if (!r->sync) {
		r->state = IMAP_SKIP_LITERAL;
		return 0;
	}
	*result = done(r, IMAP_READ_BAD);
	return 1;
}

static enum imap_read
done(struct imap_reader *r, enum imap_read result)
{
	r->state = IMAP_DONE;
	return result;
}
