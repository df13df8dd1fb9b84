/* utf8 - is it, how long, and which character (RFC 3629). */
#ifndef BASE_UTF8_H
#define BASE_UTF8_H

#include <stdint.h>

#include "base/span.h"

/* Bytes of the character at the front, 1 to 4; 0 when it is not valid UTF-8
 * (overlong, surrogate, above U+10FFFF, cut off) or the span is empty. */
size_t	utf8_length(struct span);
/* The same, and its code point (0 with 0). */
size_t	utf8_get(struct span, uint32_t *);
/* A code point's bytes, 1 to 4. */
size_t	utf8_put(uint32_t, unsigned char out[4]);
int	utf8_valid(struct span);
/* How many ASCII bytes stand at the front. */
size_t	utf8_ascii(struct span);
int	utf8_is_ascii(struct span);

#endif
