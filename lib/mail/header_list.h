/*
 * header_list - the addresses of an address field (RFC 5322 3.4), found where
 * they stand: with phrases, comments, quotes, groups and old routes around
 * them.  No recursion; comments are counted.  Pure.
 */
#ifndef MAIL_HEADER_LIST_H
#define MAIL_HEADER_LIST_H

#include "base/span.h"

/* The next one off the front of *in, as a part of it: 1, or 0 at the end.
 * What stands there need not be a valid address. */
int	header_list_next(struct span *in, struct span *address);

#endif
