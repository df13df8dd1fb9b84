/* utf8 - is it, and how long (RFC 3629). */
#ifndef BASE_UTF8_H
#define BASE_UTF8_H

#include "base/span.h"

/* Bytes of the character at the front, 1 to 4; 0 when it is not valid UTF-8
 * (overlong, surrogate, above U+10FFFF, cut off) or the span is empty. */
size_t	utf8_length(struct span);
int	utf8_valid(struct span);
/* How many ASCII bytes stand at the front. */
size_t	utf8_ascii(struct span);
int	utf8_is_ascii(struct span);

#endif
