/*
 * saslprep - the one form of a password that can be typed in several
 * (RFC 4013), so that what a Mac, a telephone and a terminal send is the same.
 *
 * As for a query (RFC 3454 section 7): code points that Unicode 3.2 did not
 * have are taken as they are.  Links utf8proc; ASCII does not reach it.  Pure.
 */
#ifndef WIRE_SASLPREP_H
#define WIRE_SASLPREP_H

#include "base/buf.h"
#include "base/span.h"

/* Adds the prepared form.  0, or -1: there is none, *why says the rule, or the
 * buf failed. */
int	saslprep(struct span, struct buf *, const char **why);

#endif
