/* names - mailbox names on their way to the client. */
#ifndef IMAPD_NAMES_H
#define IMAPD_NAMES_H

#include "imapd/box.h"

/* A name of the tree as the client reads it, as an astring. */
void	names_add(const struct box *, struct buf *, const char *name);
/* The same without quotes: UTF-8 for who said UTF8=ACCEPT, else modified
 * UTF-7; what is neither stays as it is.  It is NUL-terminated. */
enum { NAMES_TEXT = 1024 };
void	names_text(const struct box *, const char *name,
	    char out[NAMES_TEXT]);

#endif
