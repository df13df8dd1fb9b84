/*
 * idna - a domain as DNS knows it: labels that are not ASCII in Punycode (RFC
 * 3492, RFC 5890 2.3.2.1), after the mapping that people expect (RFC 5895, and
 * compatibility forms as UTS 46 has them): lower case, full width, NFC.  Sharp
 * s and final sigma are letters of their own, as RFC 5892 has them.  Links
 * utf8proc; ASCII does not reach it.  Pure.
 */
#ifndef MAIL_IDNA_H
#define MAIL_IDNA_H

#include <stddef.h>

#include "base/span.h"

/* With its NUL; ASCII stays as it is.  0, or -1: no UTF-8, a character that no
 * name may have, or longer than size. */
int	idna_ascii(struct span domain, char *out, size_t size);

#endif
