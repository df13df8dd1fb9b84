/*
 * pop3_text - a stored message as POP3 sends it: each line end CR LF, a point
 * before each line that begins with one (RFC 1939 3), and at the end the lone
 * point.  Pure; the message comes in pieces of any size.
 */
#ifndef WIRE_POP3_TEXT_H
#define WIRE_POP3_TEXT_H

#include <stddef.h>
#include <stdint.h>

#include "base/span.h"

enum { POP3_TEXT_END = 5 };		/* bytes that the end may take */

/* All zero begins a message. */
struct pop3_text {
	int line;			/* how much of this line is out */
	int cr;				/* the byte before was CR */
	int body;			/* behind the header's empty line */
	int over;			/* TOP: all that was wanted is out */
	int top;			/* set by the caller: only so many … */
	uint64_t lines;			/* … lines of the body */
};

/* Takes from the front of *in what fits into out, at least one byte of input
 * where room is 4 or more.  Returns the bytes written. */
size_t	pop3_text_add(struct pop3_text *, struct span *in,
	    unsigned char *out, size_t room);
/* The end: 3 to 5 bytes, the number of which it returns. */
size_t	pop3_text_end(const struct pop3_text *, unsigned char *out);

#endif
