/*
 * charset_table - the charsets with a byte for each character, as tables that
 * iconv(3) has filled: all of them at hand where nothing can be loaded, at 512
 * bytes each and without a mapped module.
 */
#ifndef SYS_CHARSET_TABLE_H
#define SYS_CHARSET_TABLE_H

#include <stdint.h>

#include "base/span.h"

enum { CHARSET_TABLES = 256, CHARSET_KEY = 24 };

struct charset_table {
	char key[CHARSET_KEY];
	uint16_t code[256];		/* U+FFFD: no character */
};

/* Fills at most CHARSET_TABLES of t; how many. */
unsigned charset_table_fill(struct charset_table *t);
/* NULL: it is not among them.  "ISO_8859-5", "iso8859-5", "windows-1251" and
 * "CP1251" are names too. */
const struct charset_table *charset_table_find(const struct charset_table *t,
	    unsigned n, struct span name);

#endif
