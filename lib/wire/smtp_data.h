/*
 * smtp_data - the text of a message as it comes over SMTP, in any chunks.
 *
 * DATA ends at CR LF . CR LF and at nothing else (RFC 5321 4.1.1.4); a bare CR,
 * a bare LF or a NUL never ends anything, but makes the message refused at its
 * true end, so that client and server stay in step (no SMTP smuggling).  What
 * comes out are pieces of the caller's bytes without the stuffed dots.  BDAT
 * (RFC 3030) is the same text without dot rules, ended by the caller's count.
 * The result does not depend on how the bytes were cut.  Pure; linear; any
 * length of line in no memory.
 */
#ifndef WIRE_SMTP_DATA_H
#define WIRE_SMTP_DATA_H

#include <stdint.h>

#include "base/span.h"

enum smtp_data_end { SMTP_DATA_MORE, SMTP_DATA_PIECE, SMTP_DATA_END };

enum {					/* flaws */
	SMTP_DATA_CR = 1,		/* a CR without LF */
	SMTP_DATA_LF = 2,		/* an LF without CR */
	SMTP_DATA_NUL = 4
};

struct smtp_data {
	unsigned char state, column;	/* smtp_data.c */
	unsigned char bdat, in_body;
	unsigned flaws;
	unsigned hops;			/* Received fields */
	uint64_t size;			/* bytes of all pieces */
	uint64_t header;		/* of them: up to the empty line */
	uint64_t line, longest;		/* bytes of a line without CR LF */
};

void	smtp_data_start(struct smtp_data *, int bdat);

/*
 * Takes bytes off the front of *in.  PIECE: *piece is the next part of the
 * message (borrowed; call again); MORE: *in is empty; END: what is left in *in
 * comes after the message.  Flaws are known before a piece that shows them is
 * returned.  With bdat there is no END: see smtp_data_finish.
 */
enum smtp_data_end smtp_data_next(struct smtp_data *, struct span *in,
	    struct span *piece);

/* After the last byte of BDAT LAST: *piece is what completes the last line
 * (CR LF, or nothing). */
void	smtp_data_finish(struct smtp_data *, struct span *piece);

#endif
