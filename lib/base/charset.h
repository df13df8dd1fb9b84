/*
 * charset - a way to make any charset UTF-8, for those who know no iconv: mail
 * is given one that sys has.
 */
#ifndef BASE_CHARSET_H
#define BASE_CHARSET_H

#include "base/buf.h"
#include "base/span.h"

struct charset {
	/* Adds in, of the charset of that name (empty: not said), to out as
	 * UTF-8: what is not valid as U+FFFD.  0; -1: unknown charset, or the
	 * buf failed. */
	int (*utf8)(void *arg, struct span name, struct span in,
	    struct buf *out);
	void *arg;
};

#endif
