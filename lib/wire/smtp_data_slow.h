/*
 * smtp_data_slow - for the test and the fuzz target: the text of a message by
 * a reading of RFC 5321 4.5.2 that takes the whole input at once and looks at
 * one byte at a time; and the same by smtp_data in chunks of n bytes.
 */
#ifndef WIRE_SMTP_DATA_SLOW_H
#define WIRE_SMTP_DATA_SLOW_H

#include <stdlib.h>

#include "base/buf.h"
#include "wire/smtp_data.h"

struct slow {
	size_t end;			/* bytes up to the end, or SIZE_MAX */
	unsigned flaws, hops;
	uint64_t header, longest;	/* known only when the end is */
	struct buf text;
};

static inline void
slow_lines(struct slow *s)
{
	struct span t = buf_span(&s->text);
	size_t from = 0, to;

	s->header = t.n;
	for (; from < t.n; from = to + 2) {
		to = from + span_search(span_from(t, from), SPAN("\r\n"));
		if (to - from > s->longest)
			s->longest = to - from;
		if (to == from && s->header == t.n) {
			s->header = to + 2;
			break;
		}
		s->hops += (unsigned)span_case_starts(span_from(t, from),
		    SPAN("received:"));
	}
	for (; from < t.n; from = to + 2) {
		to = from + span_search(span_from(t, from), SPAN("\r\n"));
		if (to - from > s->longest)
			s->longest = to - from;
	}
}

static inline void
slow_read(struct span in, struct slow *s)
{
	size_t i;
	int start;

	*s = (struct slow){ .end = SIZE_MAX, .text.max = in.n + 1 };
	for (i = 0; i < in.n && s->end == SIZE_MAX; i++) {
		start = i == 0 || (i >= 2 && in.p[i - 2] == '\r' &&
		    in.p[i - 1] == '\n');
		if (start && span_starts(span_from(in, i), SPAN(".\r\n"))) {
			s->end = i + 3;
			break;
		}
		if (in.p[i] == 0)
			s->flaws |= SMTP_DATA_NUL;
		if (in.p[i] == '\n' && (i == 0 || in.p[i - 1] != '\r'))
			s->flaws |= SMTP_DATA_LF;
		if (in.p[i] == '\r' && i + 1 < in.n && in.p[i + 1] != '\n')
			s->flaws |= SMTP_DATA_CR;
		if (!start || in.p[i] != '.')
			buf_addc(&s->text, in.p[i]);
	}
	slow_lines(s);
}

/* Whether smtp_data, fed n bytes at a time, reads the same. */
static inline int
slow_same(struct span in, const struct slow *s, size_t n)
{
	struct buf text = { .max = in.n + 1 };
	enum smtp_data_end e = SMTP_DATA_MORE;
	struct smtp_data d;
	struct span part, piece;
	size_t at = 0;
	int same;

	smtp_data_start(&d, 0);
	while (at < in.n && e == SMTP_DATA_MORE) {
		part = span_sub(in, at, at + n);
		at += part.n;
		while ((e = smtp_data_next(&d, &part, &piece)) ==
		    SMTP_DATA_PIECE)
			buf_addspan(&text, piece);
		at -= part.n;
	}
	same = d.flaws == s->flaws &&
	    (e == SMTP_DATA_END) == (s->end != SIZE_MAX);
	if (e == SMTP_DATA_END && same)
		same = at == s->end && d.size == text.n &&
		    span_eq(buf_span(&text), buf_span(&s->text));
	if (e == SMTP_DATA_END && same && !d.flaws)
		same = d.hops == s->hops && d.header == s->header &&
		    d.longest == s->longest;
	buf_free(&text);
	return same;
}

#endif
