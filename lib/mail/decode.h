/*
 * decode - transfer encodings undone, piece by piece (RFC 2045 6.7, 6.8): what
 * comes out does not depend on how the input is cut.
 *
 * Leniency: base64 skips what is not of its alphabet and ends at `=` only for
 * that group; a stray `=` of quoted-printable stays, and so does white space at
 * the end of a line beyond DECODE_HELD bytes.  decode.bad tells that something
 * of that kind was there.
 */
#ifndef MAIL_DECODE_H
#define MAIL_DECODE_H

#include "base/buf.h"
#include "base/span.h"

enum { DECODE_HELD = 80 };

enum decode_kind {
	DECODE_NONE,			/* 7bit, 8bit, binary: LF as CRLF */
	DECODE_BASE64, DECODE_QP,
	DECODE_UNKNOWN
};

struct decode {				/* begin with { .kind = … } */
	enum decode_kind kind;
	uint32_t bits;			/* base64: of a group */
	unsigned nbits;
	unsigned char held[DECODE_HELD];	/* QP: not decided yet */
	unsigned nheld;
	int cr;				/* NONE: the byte before was a CR */
	int bad;
};

/* By the value of Content-Transfer-Encoding; empty is DECODE_NONE. */
enum decode_kind decode_kind(struct span encoding);
/* Each 0, or -1 when the buf failed.  Out grows by at most twice in, and what
 * was held back. */
int	decode_add(struct decode *, struct span in, struct buf *out);
int	decode_end(struct decode *, struct buf *out);

#endif
