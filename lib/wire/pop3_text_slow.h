/* pop3_text_slow - the same, a byte at a time: the oracle of the test and of
 * the fuzz target. */
#ifndef WIRE_POP3_TEXT_SLOW_H
#define WIRE_POP3_TEXT_SLOW_H

#include "base/buf.h"
#include "wire/pop3_text.h"

/* top < 0: all of it. */
static inline void
slow_text(struct buf *b, struct span in, int top)
{
	size_t at, start = 0;
	int body = 0;

	for (at = 0; at < in.n && !(body && top == 0); at++) {
		if (at == start && in.p[at] == '.')
			buf_addc(b, '.');
		if (in.p[at] == '\n' && (at == 0 || in.p[at - 1] != '\r'))
			buf_addc(b, '\r');
		buf_addc(b, in.p[at]);
		if (in.p[at] != '\n')
			continue;
		if (body)
			top -= top > 0;
		else if (at == start || (at == start + 1 &&
		    in.p[start] == '\r'))
			body = 1;
		start = at + 1;
	}
	if (at > start && in.p[at - 1] == '\r')
		buf_adds(b, "\n.\r\n");
	else
		buf_adds(b, at > start ? "\r\n.\r\n" : ".\r\n");
}

/* In pieces of `piece` bytes, into rooms of `room` (4 or more). */
static inline void
text_in_pieces(struct buf *b, struct span in, int top, size_t piece,
    size_t room)
{
	struct pop3_text t = { .top = top >= 0,
	    .lines = top >= 0 ? (uint64_t)top : 0 };
	unsigned char out[256];
	struct span s;

	while (in.n) {
		s = span_sub(in, 0, piece);
		in = span_from(in, s.n);
		while (s.n)
			buf_add(b, out, pop3_text_add(&t, &s, out,
			    room > sizeof out ? sizeof out : room));
	}
	buf_add(b, out, pop3_text_end(&t, out));
}

#endif
