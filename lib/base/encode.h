/*
 * encode - bytes as text and back: hexadecimal, base32 (ids), base64, and the
 * escaping of outside text for a log line.
 */
#ifndef BASE_ENCODE_H
#define BASE_ENCODE_H

#include <stdint.h>

#include "base/buf.h"
#include "base/span.h"

int	encode_hex(struct buf *, struct span);		/* lower case */
/* The low digits*5 bits of v in 0-9a-v, most significant first. */
void	encode_base32(char *out, size_t digits, uint64_t v);

/* RFC 4648 section 4, with padding. */
int	encode_base64(struct buf *, struct span);
/* Strict: padding needed, no white space, unused bits zero.  0, or -1. */
int	decode_base64(struct buf *, struct span);

/*
 * For one log value: bytes from 0x21 to 0x7e but `"` and `\` as they are,
 * valid UTF-8 above 0x9f as it is, all else as \xHH.  With quoted != 0 spaces
 * stay as well.
 */
int	encode_log(struct buf *, struct span, int quoted);

#endif
