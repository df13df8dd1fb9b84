/*
 * charset - any charset to UTF-8, by iconv(3); UTF-8, US-ASCII, ISO-8859-1 and
 * windows-1252 without it.  ISO-8859-1 is windows-1252, as for browsers; and so
 * is US-ASCII, or no charset, where there is more in it and it is not UTF-8.
 *
 * iconv_open reads and maps modules of the C library: a process calls
 * charset_warm before it is confined, and may read where that says, or lives
 * with the four above.
 */
#ifndef SYS_CHARSET_H
#define SYS_CHARSET_H

#include "base/charset.h"

struct charset_cache;

/* A struct charset for encword_decode; keeps the last few converters open.
 * NULL: no memory. */
struct charset_cache *charset_new(void);
void	charset_free(struct charset_cache *);
struct charset charset_of(struct charset_cache *);

/* 1: we can read that charset. */
int	charset_known(struct charset_cache *, struct span name);
/* 1: text of that charset is UTF-8 as it stands, and need not be copied. */
int	charset_is_utf8(struct span name, struct span text);
/* Has the C library read its list of charsets.  The directory of its modules,
 * to be freed; NULL: it has none, or no memory. */
char	*charset_warm(void);

#endif
