/*
 * idna - a domain as DNS knows it: labels that are not ASCII in Punycode (RFC
 * 3492, RFC 5890 2.3.2.1).  No mapping is done: what a client sent in an
 * address (RFC 6531) has to be in NFC and lower case already.  Pure.
 */
#ifndef MAIL_IDNA_H
#define MAIL_IDNA_H

#include <stddef.h>

#include "base/span.h"

/* With its NUL.  0, or -1: no UTF-8, or too long for DNS. */
int	idna_ascii(struct span domain, char *out, size_t size);

#endif
